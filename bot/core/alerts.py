"""How an alert moves, who is paged next, and when a new message joins an open alert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count, islice
from typing import Any

from bot.core.danger import Signal, Urgency

MERGE_WINDOW = timedelta(minutes=60)  # after an acknowledgement the worker is still on it


class AlertState(StrEnum):
    """Where an alert stands."""

    TRIGGERED = "triggered"  # nobody has said "I've got it"
    ACKNOWLEDGED = "acknowledged"  # somebody has it and is trying to reach the client
    REACHED = "reached"  # a person has talked to the client
    CLOSED = "closed"  # somebody said what became of it

    @property
    def open(self) -> bool:
        """Tell whether somebody still has to do something."""
        return self is not AlertState.CLOSED


class LogEvent(StrEnum):
    """What can happen to an alert."""

    CREATED = "created"
    PAGED = "paged"  # a page was written for somebody
    PAGE_FAILED = "page_failed"  # a page will never arrive
    ESCALATED = "escalated"  # a later step was reached
    NO_ONE_ON_CALL = "no_one_on_call"  # a step reached nobody and was skipped at once
    ACKNOWLEDGED = "acknowledged"
    REACHED = "reached"
    RELEASED = "released"  # passed on by who had it
    CLOSED = "closed"
    MERGED = "merged"  # a later message joined


class Move(StrEnum):
    """What a worker can do with an alert."""

    ACKNOWLEDGE = "acknowledge"
    REACHED = "reached"
    RELEASE = "release"
    CLOSE = "close"


ALLOWED: dict[Move, frozenset[AlertState]] = {
    Move.ACKNOWLEDGE: frozenset({AlertState.TRIGGERED}),
    Move.REACHED: frozenset({AlertState.TRIGGERED, AlertState.ACKNOWLEDGED}),
    Move.RELEASE: frozenset({AlertState.ACKNOWLEDGED, AlertState.REACHED}),
    Move.CLOSE: frozenset({AlertState.TRIGGERED, AlertState.ACKNOWLEDGED, AlertState.REACHED}),
}


class Who(StrEnum):
    """Whom a step of the escalation policy pages, beside people by name."""

    WORKER = "worker"  # the client's own
    ON_CALL = "on_call"  # whoever is on call at that moment
    SUPERVISORS = "supervisors"  # all of them


@dataclass(frozen=True, slots=True)
class Named:
    """A person by name: as staff write it, and who that is once the policy is on an alert.

    Only the id is copied onto an alert; "" is a name that nobody has, and reaches nobody.
    """

    name: str
    worker_id: str = ""


Target = Who | Named


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a policy: whom to page, how long after the chain began, how often again.

    ``every`` zero: once. ``until``: no repeat later than this after the chain began; None: for
    ever. ``staffed``: the delay counts staffed hours only.
    """

    after: timedelta
    who: tuple[Target, ...]
    every: timedelta = timedelta(0)
    until: timedelta | None = None
    staffed: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the step as it is copied onto an alert."""
        return {
            "after": self.after.total_seconds(),
            "who": [
                {"worker": who.worker_id} if isinstance(who, Named) else who.value
                for who in self.who
            ],
            "every": self.every.total_seconds(),
            "until": None if self.until is None else self.until.total_seconds(),
            "staffed": self.staffed,
        }

    @classmethod
    def from_json(cls, step: dict[str, Any]) -> Step:
        """Return the step that ``as_json`` wrote."""
        until = step["until"]
        return cls(
            after=timedelta(seconds=step["after"]),
            who=tuple(
                Who(who) if isinstance(who, str) else Named("", who["worker"])
                for who in step["who"]
            ),
            every=timedelta(seconds=step["every"]),
            until=None if until is None else timedelta(seconds=until),
            staffed=step["staffed"],
        )


@dataclass(frozen=True, slots=True)
class Firing:
    """One moment at which a policy pages: how long after the chain began, and whom."""

    after: timedelta
    who: tuple[Target, ...]
    staffed: bool


def firings(policy: Sequence[Step]) -> Iterator[Firing]:
    """Yield every firing of a policy in order; endless when a step repeats for ever."""
    for step in policy:
        for again in count():
            after = step.after + again * step.every
            if again and (not step.every or (step.until is not None and after > step.until)):
                break
            yield Firing(after, step.who, step.staffed)


def firing(policy: Sequence[Step], number: int) -> Firing | None:
    """Return the firing with this number (0 is the first), None when the policy is over."""
    return next(islice(firings(policy), number, None), None)


class Join(StrEnum):
    """What a new danger message does to the client's alerts."""

    OPEN = "open"  # a first alert
    LINK = "link"  # a new alert that names the earlier one
    MERGE = "merge"  # it joins; who has it hears at once what it says
    MERGE_AND_RESTART = "merge_and_restart"  # it joins and the chain begins again


def join(
    at: datetime,
    urgency: Urgency,
    signals: Sequence[Signal],
    *,
    state: AlertState | None,
    had_urgency: Urgency = Urgency.NONE,
    had_signals: Sequence[str] = (),
    acknowledged_at: datetime | None = None,
) -> Join:
    """Decide whether a danger message joins the client's newest open alert.

    It joins while that alert is unacknowledged or within 60 minutes of its acknowledgement. The
    chain begins again when the urgency rises or a new signal comes, and when the client was reached
    already: nobody is on it any more, so somebody has to say again that they are.
    """
    if state is None or not state.open:
        return Join.OPEN
    if acknowledged_at is not None and at - acknowledged_at > MERGE_WINDOW:
        return Join.LINK
    rises = urgency.rank > had_urgency.rank
    new = any(signal.value not in had_signals for signal in signals)
    again = state is AlertState.REACHED and acknowledged_at is not None
    return Join.MERGE_AND_RESTART if rises or new or again else Join.MERGE
