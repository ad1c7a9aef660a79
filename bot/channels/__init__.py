"""The edge of the service: how people's messages come in and ours go out."""
