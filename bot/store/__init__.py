"""Save: the tables, what seals them, and the questions that the service asks of them."""
