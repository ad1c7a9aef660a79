"""Watching what is live: a new version is used at once, a broken one is not.

Until something is published that is the checkout's data/, so that a new program can be set up.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from bot import content
from bot.content import Content
from bot.errors import ContentError, SafError
from bot.service.house import House, Judge, in_thread
from bot.service.renew import put_down
from bot.settings import Settings
from bot.wiring import load_triage, published
from bot.wiring.dialogue import Dialogue
from bot.wiring.models import MODEL
from bot.wiring.published import Version

log = structlog.get_logger()
SECONDS = 2  # between two looks
# Not shown to people and not read by the service: the engine learns it, `train` makes it count.
_LEARNED = ("nlu", "rules", "stories")

Stamp = frozenset[tuple[str, int, int]]


class Watch:
    """Looks what is live, and gives the house what stands there now."""

    def __init__(
        self,
        house: House,
        settings: Settings,
        say: Callable[[str], None],
        engine: Dialogue | None = None,
    ) -> None:
        """Begin with what the house has read."""
        self._house, self._settings, self._say, self._engine = house, settings, say, engine
        self._in_use = published.live(settings)
        self._refused: object = None  # what was said to be broken already
        self._known = _stamp(self._in_use.data)
        self._begun = False

    async def look(self) -> bool:
        """Take over what is new; tell whether the house has something new.

        A mistake keeps all of the old, and is said once.
        """
        try:
            version = await in_thread(published.live_version, self._settings.home)
        except SafError as trouble:
            self._refuse(str(trouble), str(trouble))
            return False
        if version is None:
            return await self._look_at_data()
        if not self._begun:
            self._begun = True  # a version may have come while no service ran
            await in_thread(put_down, self._house)
        if version.data == self._in_use.data or version.number == self._refused:
            return False
        return await self._take_over(version)

    async def _take_over(self, version: Version) -> bool:
        """Use another published version: content, danger model and dialogue, or nothing of it."""
        chosen = published.live(self._settings)
        try:
            room, triage = await in_thread(_read, version, chosen)
        except SafError as trouble:
            self._refuse(version.number, f"{trouble}. The version before goes on")
            return False

        def swap() -> None:
            self._house.content, self._house.triage = room, triage
            self._in_use, self._refused = chosen, None

        hindrance = await self._swap(version, swap)
        if hindrance:
            why = f"the dialogue of version {version.number} does not start ({hindrance})"
            self._refuse(version.number, f"{why}. The version before goes on")
            return False
        left = await in_thread(put_down, self._house)
        self._say(f"version {version.number} is live" + (f"; {left}" if left else ""))
        log.info("version_taken_over", version=version.number)
        return True

    async def _swap(self, version: Version, swap: Callable[[], None]) -> str:
        """Swap with another engine, where the dialogue is another one; return what stops it."""
        if self._engine is None or self._engine.learned == version.files.get(f"models/{MODEL}"):
            swap()
            return ""
        new = version.models / MODEL
        if self._engine.elsewhere:
            self._say(f"start the engine anew with {new}: it runs elsewhere and has the old one")
        return await self._engine.renew(new, swap)

    async def _look_at_data(self) -> bool:
        """Read data/ again if it changed, as long as nothing is published."""
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
            self._say("data/flows asks other questions now: `saf publish` makes them live.")
            return False
        self._house.content = fresh
        self._say("data/ was read again")
        return True

    def _refuse(self, what: object, why: str) -> None:
        if what != self._refused:
            self._refused = what
            log.warning("version_refused")
            self._say(f"{why}.")


def _read(version: Version, chosen: Settings) -> tuple[Content, Judge]:
    published.check_whole(version)
    return published.load_room(chosen), load_triage(chosen.models, chosen.data)


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
