"""A safety plan: its sections, what may become of a need, which step comes next in a hard moment.

A plan is the client's own: nothing here decides for them, it only orders what they said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from bot.core.danger import Signal
from bot.core.people import Situation


class Section(StrEnum):
    """The six parts of every plan, in the order in which they are shown."""

    WARNING_SIGNS = "warning_signs"  # how I notice that it gets bad
    MYSELF = "myself"  # what I do by myself
    CALM = "calm"  # places and people that keep me calm
    PEOPLE = "people"  # whom I can ask for help
    PROFESSIONALS = "professionals"  # professionals and the program
    SURROUNDINGS = "surroundings"  # making my surroundings safer


class Term(StrEnum):
    """For when an item is meant."""

    SHORT = "short"  # now and in the next days
    LONG = "long"  # the coming months


class ItemState(StrEnum):
    """Where one item of a plan stands."""

    OFFERED = "offered"  # the client said it in passing; not kept unless they place it
    PROPOSED = "proposed"  # the worker proposes it; the client has not answered
    ACTIVE = "active"
    REFUSED = "refused"  # proposed, and the client said no
    DROPPED = "dropped"  # its words are erased


class By(StrEnum):
    """Who brought an item."""

    CLIENT = "client"
    WORKER = "worker"


class Did(StrEnum):
    """What changed from one version of a plan to the next; never the words themselves."""

    ADDED = "added"
    CHANGED = "changed"
    DROPPED = "dropped"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    HIDDEN = "hidden"  # marked "only me"
    SHOWN = "shown"  # and unmarked
    COMMENTED = "commented"
    REVIEWED = "reviewed"  # gone through; what changed on the way stands before it


class NeedKind(StrEnum):
    """What a client can ask the program for."""

    HOTEL = "hotel"  # some nights away, from the discretionary fund
    FUND = "fund"  # another request to the discretionary fund
    SHELTER = "shelter"
    RIDE = "ride"
    LEGAL = "legal"
    ORDER = "order"  # a restraining order
    JOB = "job"  # another job, or a transfer
    SCHOOL = "school"  # a transfer, for the client or their children
    HOUSING = "housing"  # permanent supportive housing
    PAPERS = "papers"  # ID and other documents
    COMPENSATION = "compensation"  # the state's fund for victims
    STEP_IN = "step_in"  # somebody who can step in between


# What costs the program money: a yes or a no comes from a person.
MONEY = frozenset({NeedKind.HOTEL, NeedKind.FUND, NeedKind.RIDE})


class NeedState(StrEnum):
    """What became of a need; the worker changes it by button."""

    ASKED = "asked"
    APPROVED = "approved"
    ARRANGED = "arranged"
    DECLINED = "declined"  # with a reason; the client hears it from a person first


class SituationState(StrEnum):
    """What became of a situation that was seen or set."""

    SUGGESTED = "suggested"  # seen; not proposed yet
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    NOT_NOW = "not_now"


BECOMES = {
    NeedState.ASKED: (NeedState.APPROVED, NeedState.ARRANGED, NeedState.DECLINED),
    NeedState.APPROVED: (NeedState.ARRANGED, NeedState.DECLINED),
    NeedState.ARRANGED: (),
    NeedState.DECLINED: (NeedState.APPROVED, NeedState.ARRANGED),
}

# What a signal may mean for the plan. An injury may be anybody's, so it suggests nothing by itself
# but at the question "is somebody hurt": the worker records who was shot.
_SUGGESTS = {
    Signal.PARTNER_VIOLENCE: Situation.PARTNER_VIOLENCE,
    Signal.LOSS: Situation.LOST_SOMEONE,
    Signal.THREAT_RECEIVED: Situation.THREATENED,
    Signal.RETALIATION: Situation.GROUP_CONFLICT,
    Signal.CONFLICT: Situation.GROUP_CONFLICT,
}

# What weighs more is offered first, whichever was spoken of last.
_WEIGHTS = (
    Situation.RECENTLY_SHOT,
    Situation.PARTNER_VIOLENCE,
    Situation.LOST_SOMEONE,
    Situation.THREATENED,
    Situation.GROUP_CONFLICT,
    Situation.COMING_HOME,
)

# A hard moment goes from what one can do alone to whom one can ask.
_HARD = (
    (Section.MYSELF, Term.SHORT),
    (Section.CALM, Term.SHORT),
    (Section.PEOPLE, Term.SHORT),
    (Section.SURROUNDINGS, Term.SHORT),
    (Section.PROFESSIONALS, Term.SHORT),
)
# In danger: whom to call and where to go.
_DANGER = (
    (Section.PEOPLE, Term.SHORT),
    (Section.SURROUNDINGS, Term.SHORT),
    (Section.CALM, Term.SHORT),
)


class Placed(Protocol):
    """An item as far as its order goes."""

    section: Section
    term: Term


T = TypeVar("T", bound=Placed)


def suggested(signal: Signal) -> Situation | None:
    """Return the situation that a signal points to, None when it points to none."""
    return _SUGGESTS.get(signal)


def weightiest(situations: Iterable[Situation]) -> Situation | None:
    """Return the situation that is offered before the others, None when there is none."""
    return min(situations, key=_WEIGHTS.index, default=None)


def for_hard_moment(items: Sequence[T]) -> list[T]:
    """Return the items that help now, in the order in which they are tried."""
    return _ordered(items, _HARD)


def can_be_done(needs: Iterable[NeedState]) -> bool:
    """Tell whether what the program was asked for stands: no step leads to a bed nobody has paid.

    ``needs``: what became of it each time it was asked for.
    """
    return NeedState.ARRANGED in needs


def for_danger(items: Sequence[T]) -> list[T]:
    """Return whom to call and where to go, in that order."""
    return _ordered(items, _DANGER)


def _ordered(items: Sequence[T], order: Sequence[tuple[Section, Term]]) -> list[T]:
    return [item for place in order for item in items if (item.section, item.term) == place]


def may_become(now: NeedState, then: NeedState) -> bool:
    """Tell whether a need may change its state so; arranged is the end of it."""
    return then in BECOMES[now]


def stale(
    reviewed: datetime, incidents: Iterable[datetime], at: datetime, every: timedelta
) -> bool:
    """Tell whether a plan was not looked at for too long, or not since something happened."""
    return at - reviewed >= every or any(reviewed < happened <= at for happened in incidents)
