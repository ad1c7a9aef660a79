"""The program's numbers about its own people: from data/program/staff.yml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.content.values import DAY, MINUTE, YEAR, any_of, length
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
    situations = {one.value: one for one in Situation}
    return Staff(
        hands_back=length(reader, writing, "hands_back", least=MINUTE, most=DAY),
        settled_within=_or(reader, tasks, "settled_within", BEFORE.settled_within),
        day_0_within=_or(reader, tasks, "day_0_within", BEFORE.day_0_within),
        care_within=length(reader, hard, "within", least=MINUTE, most=YEAR),
        hard_situations=frozenset(any_of(reader, hard, "situations", situations)),
        hard_signals=frozenset(any_of(reader, hard, "signals", {s.value: s for s in Signal})),
    )


def _or(reader: Reader, node: Any, key: str, before: timedelta) -> timedelta:
    """Return a length of time, the one from before there was such a section without it."""
    return length(reader, node, key, least=MINUTE, most=YEAR) if node else before
