"""The program's numbers about its own people: from data/program/staff.yml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.content.program import span
from bot.content.yaml import Reader
from bot.core.danger import Signal
from bot.core.people import Situation


@dataclass(frozen=True, slots=True)
class Staff:
    """How long a talk through the bot and a task wait, and after what workers are looked after."""

    hands_back: timedelta  # no word from who writes for so long: the assistant is back
    settled_within: timedelta  # of shift time; then the supervisors hear of an open task
    day_0_within: timedelta  # the same for the call on the day that something happened
    care_within: timedelta  # cover and a debrief at the latest
    hard_situations: frozenset[Situation]
    hard_signals: frozenset[Signal]


# Versions that were published before there was such a file live on.
BEFORE = Staff(
    hands_back=timedelta(minutes=30),
    settled_within=timedelta(hours=24),
    day_0_within=timedelta(hours=4),
    care_within=timedelta(hours=48),
    hard_situations=frozenset({Situation.RECENTLY_SHOT}),
    hard_signals=frozenset({Signal.SUICIDE_RISK, Signal.INJURY}),
)


def load(path: Path) -> Staff:
    """Read staff.yml; ContentError names the first mistake's line."""
    if not path.exists():
        return BEFORE
    reader = Reader(path)
    reader.only(reader.root, {"writing", "tasks", "after_hard_things"})
    writing = reader.get(reader.root, "writing", dict, "add `writing:`")
    reader.only(writing, {"hands_back"})
    # A version published before there were such numbers lives on too.
    tasks = reader.root.get("tasks", {})
    if "tasks" in reader.root:
        tasks = reader.get(reader.root, "tasks", dict, "add `tasks:`")
        reader.only(tasks, {"settled_within", "day_0_within"})
    hard = reader.get(reader.root, "after_hard_things", dict, "add `after_hard_things:`")
    reader.only(hard, {"within", "situations", "signals"})
    return Staff(
        hands_back=_some(reader, writing, "hands_back"),
        settled_within=_some(reader, tasks, "settled_within") if tasks else BEFORE.settled_within,
        day_0_within=_some(reader, tasks, "day_0_within") if tasks else BEFORE.day_0_within,
        care_within=_some(reader, hard, "within"),
        hard_situations=frozenset(
            Situation(one) for one in _known(reader, hard, "situations", Situation)
        ),
        hard_signals=frozenset(Signal(one) for one in _known(reader, hard, "signals", Signal)),
    )


def _some(reader: Reader, node: Any, key: str) -> timedelta:
    mend = "write a number with s, m, h or d, such as 30m"
    try:
        found = span(reader.get(node, key, object, mend))
    except ValueError as error:
        raise reader.wrong(node, key, str(error), mend) from None
    if not found:
        raise reader.wrong(node, key, f"`{key}` is no time at all", "write at least 1m")
    return found


def _known(reader: Reader, node: Any, key: str, kinds: type[StrEnum]) -> list[str]:
    known = [one.value for one in kinds]
    mend = "use any of: " + ", ".join(known)
    values = reader.get(node, key, list, mend)
    for place, value in enumerate(values):
        if value not in known:
            raise reader.wrong(values, place, f"`{value}` is not known", mend)
    return [str(value) for value in values]
