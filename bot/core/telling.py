"""Who may be told about a client: a never-tell list binds, and who is away has a substitute.

Nobody here is looked up; whoever asks hands in ids and gets ids back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def stand_in(meant: str, never: Mapping[str, str], away: Mapping[str, str]) -> str | None:
    """Return who is told instead of who was meant, themselves if nothing stands against it.

    ``never``: who must not be told -> the fallback named for them, "" for none.
    ``away``: who is on leave -> their substitute. Where the way ends at nobody, or in a ring of
    people who are all away, who was meant is told after all; None when they must not be told.
    """
    seen: set[str] = set()
    now = meant
    while now and now not in seen:
        seen.add(now)
        if now in never:
            now = never[now]
        elif now in away:
            now = away[now]
        else:
            return now
    return None if meant in never else meant


def receivers(meant: Iterable[str], never: Mapping[str, str], away: Mapping[str, str]) -> list[str]:
    """Return who is told when these are meant, each once, in their order."""
    found = (stand_in(one, never, away) for one in meant)
    return list(dict.fromkeys(one for one in found if one is not None))
