"""Safety plans: built with a client, kept alive, theirs; and the needs that come out of them."""
