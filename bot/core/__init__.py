"""Decide: pure rules of the mission; nothing here reads a clock, a file or a database."""
