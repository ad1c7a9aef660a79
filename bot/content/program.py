"""The program's own numbers: calendar, escalation, hours; from data/program/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from bot.content.texts import Texts
from bot.content.yaml import Reader
from bot.core.alerts import Named, Step, Target, Who
from bot.core.cadence import Cadence, Stretch
from bot.core.danger import Signal, Urgency
from bot.core.dates import DateKind, DateStep
from bot.core.hours import Span, Staffed

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d+)\s*(s|m|h|d)")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def span(text: object) -> timedelta:
    """Read ``90s``, ``15m``, ``2h``, ``7d``; ValueError when it is nothing of the kind."""
    match = _SPAN.fullmatch(str(text).strip())
    if not match:
        raise ValueError(f"{text!r} is no time span")
    return timedelta(**{_UNIT[match[2]]: int(match[1])})


@dataclass(frozen=True, slots=True)
class PlanTimes:
    """When a plan is offered and looked at again."""

    offer_again: timedelta  # after "not now"
    review_every: timedelta
    review_after_incident: timedelta
    answers_stand: timedelta  # so long an answer is not asked for again by another plan


@dataclass(frozen=True, slots=True)
class Calendar:
    """How often clients are asked, and what happens around a date."""

    cadence: Cadence
    date_steps: tuple[DateStep, ...]
    plan: PlanTimes


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is paged when, and what the client hears meanwhile."""

    policies: dict[Urgency, tuple[Step, ...]]
    tell_client: timedelta  # "nobody has answered yet" comes this long after the chain began
    tell_again: timedelta  # and again this long after each time promised
    ask_deadline: timedelta  # an ask without an answer becomes an alert
    not_reached: timedelta  # acknowledged, but not reached: it starts again
    night: Span  # `today` makes no sound in these hours
    wakes_on_call: frozenset[Signal]  # `today` signals that sound at night for who is on call
    outcomes: tuple[str, ...]
    staffed: Staffed
    second_after: timedelta  # nobody acknowledged so long: the second way to reach a worker, too


def load_calendar(path: Path, texts: Texts) -> Calendar:
    """Read calendar.yml; every step around a date must have its words among the texts."""
    reader = Reader(path)
    reader.only(reader.root, {"checkin", "dates", "plan"})
    checkin = reader.get(reader.root, "checkin", dict, "add `checkin:`")
    reader.only(checkin, _CHECKIN)
    dates = reader.get(reader.root, "dates", dict, "add `dates:`")
    reader.only(dates, {"steps"})
    stretches = tuple(
        Stretch(reader.get(s, "until_day", int, "write a day"), _some(reader, s, "every"))
        for s in reader.get(checkin, "after_incident", list, "list the stretches")
    )
    cadence = Cadence(
        usual=_some(reader, checkin, "usual"),
        less_often=_some(reader, checkin, "less_often"),
        after_incident=stretches,
        nudge_after=_span(reader, checkin, "nudge_after"),
        missed_after=_some(reader, checkin, "missed_after"),
        silences=reader.get(checkin, "silences", int, "write a number"),
    )
    steps: dict[str, DateStep] = {}
    for node in reader.get(dates, "steps", list, "list the days around a date"):
        step = _date_step(reader, node, texts)
        if step.id in steps:
            raise reader.wrong(node, "id", f"`{step.id}` stands here twice", "rename one")
        steps[step.id] = step
    times = reader.get(reader.root, "plan", dict, "add `plan:`")
    known = {"offer_again", "review_every", "review_after_incident", "answers_stand"}
    reader.only(times, known)
    plan = PlanTimes(
        offer_again=_some(reader, times, "offer_again"),
        review_every=_some(reader, times, "review_every"),
        review_after_incident=_span(reader, times, "review_after_incident"),
        answers_stand=_span(reader, times, "answers_stand"),
    )
    return Calendar(cadence, tuple(steps.values()), plan)


_CHECKIN = {
    *("usual", "less_often", "after_incident", "nudge_after", "missed_after"),
    "silences",
}


def _date_step(reader: Reader, node: Any, texts: Texts) -> DateStep:
    reader.only(node, {"id", "day", "months", "to", "kinds", "text", "review"})
    id_ = reader.get(node, "id", str, "give it a name")
    step = DateStep(
        id=id_,
        offset=reader.get(node, "day", int, "write -7 for seven days before"),
        to_worker=_one_of(reader, node, "to", {"worker": True, "client": False}),
        months=reader.get(node, "months", int, "write 3 for three months after", 0),
        kinds=frozenset(_one_of_list(reader, node, "kinds", {k.value: k for k in DateKind}))
        if "kinds" in node
        else frozenset(),
        text=reader.get(node, "text", str, "name a text without its utter_date_", id_),
        review=reader.get(node, "review", bool, "write true", False),
    )
    name = f"utter_date_{step.text}"
    if not texts.has(name):
        raise reader.wrong(
            node,
            "text" if "text" in node else "id",
            f"there is no text {name}",
            "write it in data/responses/dates.yml",
        )
    return step


def load_escalation(path: Path) -> Escalation:
    """Read escalation.yml."""
    reader = Reader(path)
    root = reader.root
    reader.only(
        root,
        {"policies", "client_hears", "ask", "acknowledged", "night", "outcomes", "staffed"}
        | {"second_contact"},
    )
    policies = reader.get(root, "policies", dict, "add `policies:`")
    hears = reader.get(root, "client_hears", dict, "add `client_hears:`")
    night = reader.get(root, "night", dict, "add `night:`")
    staffed = reader.get(root, "staffed", dict, "add `staffed:`")
    # Versions that were published before there was a second way live on.
    second = reader.get(root, "second_contact", dict, "write {after: 2m}", {"after": "2m"})
    reader.only(second, {"after"})
    return Escalation(
        policies={
            urgency: tuple(_step(reader, s) for s in reader.get(policies, urgency, list, "list"))
            for urgency in (Urgency.NOW, Urgency.TODAY)
        },
        tell_client=_span(reader, hears, "nobody_yet"),
        tell_again=_span(reader, hears, "again_every"),
        ask_deadline=_span(reader, reader.get(root, "ask", dict, "add `ask:`"), "deadline"),
        not_reached=_span(
            reader, reader.get(root, "acknowledged", dict, "add `acknowledged:`"), "not_reached"
        ),
        night=_hours(reader, night, "silent"),
        wakes_on_call=frozenset(
            _one_of_list(reader, night, "wakes_on_call", {s.value: s for s in Signal})
        ),
        outcomes=tuple(str(o) for o in reader.get(root, "outcomes", list, "list the outcomes")),
        staffed=Staffed(
            reader.get(staffed, "timezone", str, "write a name like America/Chicago"),
            {n: _hours(reader, staffed, day) for n, day in enumerate(DAYS) if day in staffed},
        ),
        second_after=_span(reader, second, "after"),
    )


def _step(reader: Reader, node: Any) -> Step:
    reader.only(node, {"after", "who", "every", "until", "counts"})
    return Step(
        after=_span(reader, node, "after"),
        who=_targets(reader, node),
        every=_span(reader, node, "every") if "every" in node else timedelta(0),
        until=_span(reader, node, "until") if "until" in node else None,
        staffed=_one_of(reader, node, "counts", {"staffed_hours": True, "all_hours": False})
        if "counts" in node
        else False,
    )


def _targets(reader: Reader, node: Any) -> tuple[Target, ...]:
    """Return whom a step pages: roles, and people as {name: Dev}."""
    known = {who.value: who for who in Who}
    mend = "use any of: " + ", ".join(known) + ", or {name: Dev} for one person"
    found: list[Target] = []
    values = reader.get(node, "who", list, mend)
    for place, value in enumerate(values):
        if isinstance(value, dict):
            reader.only(value, {"name"})
            found.append(Named(reader.get(value, "name", str, "write the worker's name")))
        elif value in known:
            found.append(known[value])
        else:
            raise reader.wrong(values, place, f"`{value}` is not known", mend)
    return tuple(found)


def _span(reader: Reader, node: Any, key: str) -> timedelta:
    mend = "write a number with s, m, h or d, such as 15m"
    value = reader.get(node, key, object, mend)
    try:
        return span(value)
    except ValueError as error:
        raise reader.wrong(node, key, str(error), mend) from None


def _some(reader: Reader, node: Any, key: str) -> timedelta:
    found = _span(reader, node, key)
    if not found:
        raise reader.wrong(node, key, f"`{key}` is no time at all", "write at least 1s")
    return found


def _hours(reader: Reader, node: Any, key: str) -> Span:
    mend = 'write hours such as "22:00-07:00"'
    try:
        return Span.parse(reader.get(node, key, str, mend))
    except ValueError:
        raise reader.wrong(node, key, "these are no hours", mend) from None


def _one_of(reader: Reader, node: Any, key: str, choices: dict[str, Any]) -> Any:
    mend = "use one of: " + ", ".join(choices)
    value = reader.get(node, key, str, mend)
    if value not in choices:
        raise reader.wrong(node, key, f"`{value}` is not known", mend)
    return choices[value]


def _one_of_list(reader: Reader, node: Any, key: str, choices: dict[str, Any]) -> list[Any]:
    mend = "use any of: " + ", ".join(choices)
    values = reader.get(node, key, list, mend)
    for place, value in enumerate(values):
        if value not in choices:
            raise reader.wrong(values, place, f"`{value}` is not known", mend)
    return [choices[value] for value in values]


def clock_time(text: str) -> time:
    """Read ``10:00``; ValueError when it is no time."""
    return time.fromisoformat(text.strip())
