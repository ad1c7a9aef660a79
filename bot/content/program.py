"""The program's own numbers: calendar, escalation, hours; from data/program/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any

from bot.content.texts import Texts
from bot.content.values import DAY, MINUTE, YEAR, any_of, hours, length, number, one_of, zone
from bot.content.yaml import Reader
from bot.core.alerts import Named, Step, Target, Who
from bot.core.cadence import Cadence, Stretch
from bot.core.danger import Signal, Urgency
from bot.core.dates import DateKind, DateStep
from bot.core.hours import Span, Staffed, wall_clock

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NO_DANGER = "no_danger"  # the outcome that a trial ends with, and that counts as a false page
WEEK = 7 * DAY  # nobody who is paged later than that can help


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
    cadence = _cadence(reader, reader.get(reader.root, "checkin", dict, "add `checkin:`"))
    dates = reader.get(reader.root, "dates", dict, "add `dates:`")
    reader.only(dates, {"steps"})
    steps: dict[str, DateStep] = {}
    for node in reader.entries(dates, "steps", "write {id: the_day, day: 0, to: client}"):
        step = _date_step(reader, node, texts)
        if step.id in steps:
            raise reader.wrong(node, "id", f"`{step.id}` stands here twice", "rename one")
        steps[step.id] = step
    times = reader.get(reader.root, "plan", dict, "add `plan:`")
    known = {"offer_again", "review_every", "review_after_incident", "answers_stand"}
    reader.only(times, known)
    plan = PlanTimes(
        offer_again=length(reader, times, "offer_again", least=MINUTE),
        review_every=length(reader, times, "review_every", least=MINUTE),
        review_after_incident=length(reader, times, "review_after_incident"),
        answers_stand=length(reader, times, "answers_stand"),
    )
    return Calendar(cadence, tuple(steps.values()), plan)


def _cadence(reader: Reader, node: Any) -> Cadence:
    known = {"usual", "less_often", "after_incident", "nudge_after", "missed_after", "silences"}
    reader.only(node, known)
    usual, less_often = (_whole_days(reader, node, key) for key in ("usual", "less_often"))
    if less_often < usual:
        what = "`less_often` would ask more often than `usual`"
        raise reader.wrong(node, "less_often", what, "write a longer time")
    stretches: list[Stretch] = []
    for one in reader.entries(node, "after_incident", "write {until_day: 15, every: 1d}"):
        reader.only(one, {"until_day", "every"})
        until = number(reader, one, "until_day", 1, YEAR.days * 10)
        if stretches and until <= stretches[-1].until_day:
            what = "this stretch is over before it begins"
            raise reader.wrong(one, "until_day", what, "write the stretches in order of their days")
        stretches.append(Stretch(until, length(reader, one, "every", least=DAY, most=YEAR)))
    nudge_after = length(reader, node, "nudge_after", least=MINUTE, most=WEEK)
    missed_after = length(reader, node, "missed_after", least=MINUTE, most=WEEK)
    if nudge_after >= missed_after:
        what = "the check-in counts as missed before the reminder"
        raise reader.wrong(node, "nudge_after", what, "write less than `missed_after`")
    silences = number(reader, node, "silences", 1, 100)
    return Cadence(usual, less_often, tuple(stretches), nudge_after, missed_after, silences)


def _whole_days(reader: Reader, node: Any, key: str) -> timedelta:
    found = length(reader, node, key, least=DAY, most=YEAR)
    if found % DAY:
        raise reader.wrong(node, key, "only whole days are counted here", "write days, such as 7d")
    return found


def _date_step(reader: Reader, node: Any, texts: Texts) -> DateStep:
    reader.only(node, {"id", "day", "months", "to", "kinds", "text", "review"})
    id_ = reader.get(node, "id", str, "give it a name")
    step = DateStep(
        id=id_,
        offset=number(reader, node, "day", -YEAR.days, YEAR.days),
        to_worker=one_of(reader, node, "to", {"worker": True, "client": False}),
        months=number(reader, node, "months", 1, 12) if "months" in node else 0,
        kinds=frozenset(any_of(reader, node, "kinds", {k.value: k for k in DateKind}))
        if "kinds" in node
        else frozenset(),
        text=reader.get(node, "text", str, "name a text without its utter_date_", id_),
        review=reader.get(node, "review", bool, "write true", False),
    )
    if "kinds" in node and not any(not step.months or kind.yearly for kind in step.kinds):
        what = "no date has this day"
        mend = "name " + ("dates that come every year" if step.kinds else "kinds of dates")
        raise reader.wrong(node, "kinds", what, f"{mend}, or take `kinds` out")
    name = f"utter_date_{step.text}"
    if not texts.has(name):
        raise reader.wrong(
            node,
            "text" if "text" in node else "id",
            f"there is no text {name}",
            "write it in data/responses/dates.yml",
        )
    return step


def load_escalation(path: Path, texts: Texts | None = None) -> Escalation:
    """Read escalation.yml; ``texts``: among them must be the words of every outcome."""
    reader = Reader(path)
    root = reader.root
    reader.only(
        root,
        {"policies", "client_hears", "ask", "acknowledged", "night", "outcomes", "staffed"}
        | {"second_contact"},
    )

    def section(name: str, *keys: str) -> Any:
        node = reader.get(root, name, dict, f"add `{name}:`")
        reader.only(node, set(keys))
        return node

    policies = section("policies", Urgency.NOW, Urgency.TODAY)
    hears = section("client_hears", "nobody_yet", "again_every")
    ask, acknowledged = section("ask", "deadline"), section("acknowledged", "not_reached")
    night = section("night", "silent", "wakes_on_call")
    staffed = section("staffed", "timezone", *DAYS)
    # Versions that were published before there was a second way live on.
    second = reader.get(root, "second_contact", dict, "write {after: 2m}", {"after": "2m"})
    reader.only(second, {"after"})
    return Escalation(
        policies={
            urgency: _policy(reader, policies, urgency) for urgency in (Urgency.NOW, Urgency.TODAY)
        },
        tell_client=length(reader, hears, "nobody_yet", least=MINUTE, most=DAY),
        tell_again=length(reader, hears, "again_every", least=MINUTE, most=DAY),
        ask_deadline=length(reader, ask, "deadline", least=MINUTE / 2, most=DAY),
        not_reached=length(reader, acknowledged, "not_reached", least=MINUTE, most=WEEK),
        night=hours(reader, night, "silent"),
        wakes_on_call=frozenset(
            any_of(reader, night, "wakes_on_call", {s.value: s for s in Signal})
        ),
        outcomes=_outcomes(reader, texts),
        staffed=Staffed(
            zone(reader, staffed, "timezone"),
            {n: _shift(reader, staffed, day) for n, day in enumerate(DAYS) if day in staffed},
        ),
        second_after=length(reader, second, "after", most=DAY),
    )


def _shift(reader: Reader, node: Any, key: str) -> Span:
    found = hours(reader, node, key)
    if found.start == found.end:
        mend = 'write "00:00-23:59" for the whole day, or take the line out'
        raise reader.wrong(node, key, "these hours are over when they begin", mend)
    return found


def _outcomes(reader: Reader, texts: Texts | None) -> tuple[str, ...]:
    """Return how an alert can end."""
    values = reader.get(reader.root, "outcomes", list, "list the outcomes")
    for place, value in enumerate(values):
        if not isinstance(value, str) or value in values[:place]:
            what = f"`{value}` is no outcome, or stands here twice"
            raise reader.wrong(values, place, what, "write each once, such as reached_safe")
        if texts is not None and not texts.has(f"utter_outcome_{value}"):
            mend = "write it in data/responses/buttons.yml"
            raise reader.wrong(values, place, f"there is no text utter_outcome_{value}", mend)
    if NO_DANGER not in values:
        what, mend = f"`{NO_DANGER}` is missing", "add it: a trial ends with it"
        raise reader.wrong(reader.root, "outcomes", what, mend)
    return tuple(values)


def _policy(reader: Reader, policies: Any, urgency: Urgency) -> tuple[Step, ...]:
    """Return the steps of one urgency; the first pages at once, each other later than the last."""
    mend = "write a step such as {after: 0m, who: [worker, on_call]}"
    nodes = reader.entries(policies, urgency, mend)
    if not nodes:
        raise reader.wrong(policies, urgency, "nobody would be paged", mend)
    steps: list[Step] = []
    for node in nodes:
        step = _step(reader, node)
        if not steps and step.after:
            mend = "write 0m in the first step"
            raise reader.wrong(node, "after", "nobody would be paged at first", mend)
        if steps and (what := _too_soon(steps[-1], step)):
            raise reader.wrong(node, "after", what, "write the steps in order of their time")
        steps.append(step)
    return tuple(steps)


def _too_soon(before: Step, step: Step) -> str:
    """Say why a step cannot come after the one before it, empty when it can."""
    if before.every and before.until is None:
        return "the step before this one goes on for ever"
    alike = before.staffed == step.staffed or not before.after
    over = max(before.after, before.until or before.after) if before.every else before.after
    return "this is not later than the step before" if alike and step.after <= over else ""


def _step(reader: Reader, node: Any) -> Step:
    reader.only(node, {"after", "who", "every", "until", "counts"})
    after = length(reader, node, "after", most=WEEK)
    every = length(reader, node, "every", least=MINUTE, most=WEEK) if "every" in node else None
    until = length(reader, node, "until", most=4 * WEEK) if "until" in node else None
    if until is not None and (every is None or until < after + every):
        what = "`until` ends what is never repeated"
        raise reader.wrong(node, "until", what, "write `every: 10m`, and an `until` after that")
    counts = {"staffed_hours": True, "all_hours": False}
    return Step(
        after=after,
        who=_targets(reader, node),
        every=every or timedelta(0),
        until=until,
        staffed=one_of(reader, node, "counts", counts) if "counts" in node else False,
    )


def _targets(reader: Reader, node: Any) -> tuple[Target, ...]:
    """Return whom a step pages: roles, and people as {name: Dev}."""
    known = {who.value: who for who in Who}
    mend = "use any of: " + ", ".join(known) + ", or {name: Dev} for one person"
    values = reader.get(node, "who", list, mend)
    if not values:
        raise reader.wrong(node, "who", "this step would page nobody", mend)
    return tuple(_target(reader, values, place, known, mend) for place in range(len(values)))


def _target(
    reader: Reader, values: Sequence[Any], place: int, known: dict[str, Who], mend: str
) -> Target:
    value = values[place]
    if isinstance(value, dict):
        reader.only(value, {"name"})
        name = reader.get(value, "name", str, "write the worker's name")
        if name.strip():
            return Named(name)
    if not isinstance(value, str) or value not in known:
        raise reader.wrong(values, place, f"`{value}` is not known", mend)
    return known[value]


def clock_time(text: str) -> time:
    """Read ``10:00``; ValueError when it is no time."""
    return wall_clock(text)
