"""Who takes part: coming, consenting, changing workers, being away, leaving, being forgotten."""
