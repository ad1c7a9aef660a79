"""Understand: what a message says about danger; it never sends, stores or reads a clock."""
