"""Watching the staff's room: what they change is used at once, what they break is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from bot import content
from bot.errors import ContentError
from bot.service.house import House, in_thread
from bot.settings import Settings
from bot.wiring import load_triage

log = structlog.get_logger()
SECONDS = 2  # between two looks
# Not shown to people and not read by the service: the engine learns it, `train` makes it count.
_LEARNED = ("nlu", "rules", "stories")

Stamp = frozenset[tuple[str, int, int]]


class Watch:
    """Looks whether data/ has changed, and gives the house what stands there now."""

    def __init__(self, house: House, settings: Settings, say: Callable[[str], None]) -> None:
        """Begin with what the house has read."""
        self._house, self._settings, self._say = house, settings, say
        self._known = _stamp(settings.data)

    async def look(self) -> bool:
        """Read data/ again if it changed; tell whether the house has something new.

        A mistake keeps all of the old content and says file and line, once for each change.
        """
        found = await in_thread(_stamp, self._settings.data)
        if found == self._known:
            return False
        changed = {name for name, *_ in found ^ self._known}
        self._known = found
        try:
            fresh = await in_thread(content.load, self._settings.data)
            if any(name.startswith("danger/") for name in changed):
                triage = await in_thread(load_triage, self._settings.models, self._settings.data)
                self._house.triage = triage
        except ContentError as mistake:
            log.warning("content_refused", file=mistake.file, line=mistake.line)
            self._say(f"{mistake}. Until that is mended the old content is used.")
            return False
        if _questions(fresh) != _questions(self._house.content):
            self._say("data/flows asks other questions now: `saf train`, then start anew.")
            return False
        self._house.content = fresh
        self._say("data/ was read again")
        return True


def _stamp(data: Path) -> Stamp:
    """Return what tells whether a file of the room came, went or changed."""
    found = []
    for path in data.glob("*/*.y*ml"):
        if path.parent.name in _LEARNED or path.name.startswith("."):
            continue
        try:
            facts = path.stat()
        except OSError:
            continue  # it went while we looked; the next look sees it gone
        found.append((f"{path.parent.name}/{path.name}", facts.st_mtime_ns, facts.st_size))
    return frozenset(found)


def _questions(known: content.Content) -> set[tuple[str, str]]:
    """Return what the dialogue model must know of the flows: their questions."""
    return {
        (flow.name, step.id) for flow in known.flows.values() for step in flow.steps if step.collect
    }
