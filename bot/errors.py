"""The errors that people read; the lowest room, which imports nothing of ours."""


class SafError(Exception):
    """A command cannot do its work; the message is one sentence: what, where, what to do."""

    exit_code = 2
