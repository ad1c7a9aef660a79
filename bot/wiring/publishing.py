"""Publishing: from an edit in data/ to what clients are asked and told, and back again.

A version goes live in one step, after everything that could stop it; nothing that is live is ever
changed in place.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from bot import content
from bot.clock import Clock
from bot.danger.models import MANIFEST, NAMES, NUMBERS
from bot.danger.train import price_in_place
from bot.errors import ContentError, SafError, StoreTrouble
from bot.settings import Settings
from bot.store import people
from bot.store.session import Database
from bot.wiring import examining, load_triage, models, open_database, published
from bot.wiring.losses import missing_phrases
from bot.wiring.published import FACTS, LIVE, TEXTS, Version

Say = Callable[[str], None]
_MODELS = (MANIFEST, models.MODEL, NUMBERS, NAMES)


class Refused(SafError):
    """A version may not go live; each reason is one sentence."""

    def __init__(self, reasons: Sequence[str]) -> None:
        """Keep the reasons."""
        super().__init__("\n".join(reasons))
        self.reasons = tuple(reasons)


class School(Protocol):
    """Trains the models, and tries out a trained dialogue."""

    def train(self, settings: Settings, say: Say) -> None:
        """Train what is missing or was trained on something else."""
        ...

    def play_stories(self, settings: Settings, say: Say) -> str:
        """Play the test stories; return what goes wrong, empty when nothing does."""
        ...


class OurSchool:
    """The real one."""

    def train(self, settings: Settings, say: Say) -> None:
        """Train what is missing or was trained on something else."""
        models.danger(settings, say)
        models.dialogue(settings, say)

    def play_stories(self, settings: Settings, say: Say) -> str:
        """Play the test stories; return what goes wrong, empty when nothing does."""
        return models.play_stories(settings, say)


@dataclass(frozen=True, slots=True)
class Press:
    """What publishing works with; ``who`` and ``note`` are kept with the version."""

    settings: Settings
    clock: Clock
    school: School
    say: Say
    who: str
    note: str = ""


def who() -> str:
    """Return the name under which somebody is logged in."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def publish(press: Press, drop: frozenset[str] = frozenset()) -> Version | None:
    """Make data/ the live version; None when nothing has changed since the last one.

    1. Every file is examined; a mistake ends it.
    2. The models are trained where something that decides them has changed.
    3. What loses a danger phrase (unless named in ``drop``), judges worse, or fails the test
       stories is refused, each with its sentence.
    4. Content and models are copied, compared with what was examined, and go live in one step.
    """
    settings = press.settings
    with _alone(settings.home):
        before = published.live_version(settings.home)
        if before is not None:
            published.check_whole(before)  # else there is nothing to compare with
        examined = published.content_files(settings.data)
        press.say("checking data/")
        if found := examining.mistakes(settings.data):
            raise Refused([str(one) for one in found])
        press.school.train(settings, press.say)
        made = {f"models/{name}": published.digest(settings.models / name) for name in _MODELS}
        files = {f"data/{name}": value for name, value in examined.items()} | made
        if before is not None and dict(before.files) == files:
            return None
        dropped = _refuse_losses(press, before, made, drop)
        kept = Version(
            number=max(published.numbers(settings.home), default=0) + 1,
            folder=Path(),
            at=press.clock.now().isoformat(timespec="seconds"),
            who=press.who,
            note=press.note,
            before=before.number if before else None,
            files=files,
            dropped=dropped,
        )
        kept = _write(settings, kept)
        _go_live(press, kept, f"content_published_{kept.number}")
        return kept


def roll_back(press: Press, number: int | None = None) -> tuple[Version, list[str]]:
    """Make an earlier version live again: the one before, or a named one.

    Returns it, and a sentence for each danger phrase that it does not have.
    """
    home = press.settings.home
    with _alone(home):
        now = _live_or_none(home)
        if number is None:
            if now is None:
                raise SafError("Nothing is published yet, so there is nothing to go back to.")
            if now.before is None:
                raise SafError(f"Version {now.number} is the first; nothing was live before it.")
            number = now.before
        target = published.version(home, number)
        if now is not None and now.number == target.number:
            raise SafError(f"Version {number} is live already.")
        published.check_whole(target)
        content.load(target.data)
        load_triage(target.models, target.data)
        missing: dict[str, str] = {}
        if now is not None:
            with suppress(ContentError):  # what cannot be read is gone back from all the same
                missing = missing_phrases(now, target.data)
        _go_live(press, target, f"content_rolled_back_to_{number}")
        return target, list(missing.values())


def _live_or_none(home: Path) -> Version | None:
    """Return the live version; None also when what is live cannot be read: going back mends it."""
    try:
        return published.live_version(home)
    except SafError:
        return None


def _refuse_losses(
    press: Press, before: Version | None, made: dict[str, str], drop: frozenset[str]
) -> tuple[str, ...]:
    """Raise Refused with every reason why this may not follow the live version; return what was
    given up by name."""
    settings, reasons = press.settings, []
    missing = missing_phrases(before, settings.data) if before is not None else {}
    near_danger = examining.near_by(settings.data / "danger")
    reasons += [
        f"{near_danger}/{sentence}; put it back, or give it up with --drop {phrase}"
        for phrase, sentence in missing.items()
        if phrase not in drop
    ]
    if unknown := sorted(drop - missing.keys()):
        reasons.append(f"--drop {', '.join(unknown)}: no such phrase is lost; leave it out")
    was = dict(before.files) if before is not None else {}

    def changed(*names: str) -> bool:
        return any(was.get(f"models/{name}") != made[f"models/{name}"] for name in names)

    if before is not None and changed(NUMBERS, NAMES):
        press.say("comparing the danger models")
        new = price_in_place(settings.data, settings.models)
        old = price_in_place(settings.data, before.models)
        if new is None or (old is not None and new > old + 1e-9):
            costs = "cannot be used" if new is None else f"costs {new:.2f}"
            reasons.append(
                f"the new danger model {costs} a development message and the live one "
                f"{old or 0:.2f}; add messages of the kind that it judges wrong to "
                "data/danger/messages_*.yml"
            )
    if changed(models.MODEL) and (wrong := press.school.play_stories(settings, press.say)):
        reasons.append(wrong)
    if reasons:
        raise Refused(reasons)
    return tuple(sorted(drop))


def _write(settings: Settings, kept: Version) -> Version:
    """Copy content and models into a folder of their own; SafError when they changed meanwhile."""
    place = published.folder(settings.home)
    with tempfile.TemporaryDirectory(dir=place, prefix=".new-") as made:
        beside = Path(made) / "version"
        for name in kept.files:
            room, _, rest = name.partition("/")
            source = (settings.data if room == "data" else settings.models) / rest
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(source, beside / name)
            except OSError as error:
                raise SafError(
                    f"{source} cannot be copied ({error.strerror}); publish again"
                ) from None
        try:
            published.check_whole(replace(kept, folder=beside))
        except SafError:
            raise SafError(
                "data/ or the models were changed while they were checked; publish again"
            ) from None
        facts: dict[str, Any] = {
            "at": kept.at,
            "who": kept.who,
            "note": kept.note,
            "before": kept.before,
            "files": dict(kept.files),
            "dropped": list(kept.dropped),
        }
        _write_json(beside / FACTS, facts)
        final = place / f"{kept.number:04}"
        os.rename(beside, final)
        return replace(kept, folder=final)


def _go_live(press: Press, target: Version, did: str) -> None:
    """Point at a version, for services that run and those that start; then record who did it."""
    home = press.settings.home
    texts = {**published.said_ever(home), **content.load(target.data).texts.by_name}
    place = published.folder(home)
    _write_json(place / TEXTS, {name: dict(said) for name, said in texts.items()})
    since = press.clock.now().isoformat(timespec="seconds")
    _write_json(
        place / LIVE,
        {"version": target.number, "since": since, "who": press.who, "note": press.note},
    )
    _record(press, did)


def _record(press: Press, did: str) -> None:
    """Write the row of the audit, where there is a database; what is live stays so without it."""
    try:
        if not Database(press.settings.url).exists():
            return
        database, _ = open_database(press.settings)
        with database.write() as s:
            people.audit(s, press.clock.now(), "operator", did)
        database.close()
    except (SafError, StoreTrouble, sa.exc.SQLAlchemyError) as trouble:
        press.say(f"it is live, and could not be recorded in the audit ({trouble})")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Let one publish or roll-back at a time; SafError when another one is at it."""
    place = published.folder(home)
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (place / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError:
        raise SafError("Somebody is publishing right now; wait until they are done.") from None
    except PermissionError as error:
        raise SafError(
            f"{error.filename} cannot be written; ask the operator, or name another --home."
        ) from None


def _write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a file that is whole or as it was before, also after a power cut."""
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, sort_keys=True, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
