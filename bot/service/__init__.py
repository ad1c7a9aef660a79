"""The path of a message, one verb each; only here is decided and saved together."""
