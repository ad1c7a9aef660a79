"""What a turn of the dialogue brings about: staged by the actions, committed with the turn."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.danger import Signal


@dataclass(frozen=True, slots=True)
class SaveAnswer:
    """The client answered a step; for a choice ``value`` is its value or ``unclear``.

    ``own``: the value is the client's words, though the step has choices. ``need``: what those
    words ask the program for.
    """

    flow: str
    step: str
    value: str
    own: bool = False
    need: str | None = None


@dataclass(frozen=True, slots=True)
class RaiseSignal:
    """An answer carries a danger signal; its usual urgency stands in data/danger/signals.yml."""

    signal: Signal
    step: str


@dataclass(frozen=True, slots=True)
class AskForPerson:
    """The client wants a person."""


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """The client said yes to going on, after the onboarding's four screens."""


@dataclass(frozen=True, slots=True)
class DeclineConsent:
    """The client said not now."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The client wants a break of so many days."""

    days: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The client wants no more messages."""


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """The client wants to be talked to in this language (``en`` or ``es``)."""

    language: str


@dataclass(frozen=True, slots=True)
class SetPreference:
    """The client said how contact is good: ``name`` is checkin_hour, cadence or code_word."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class WantHelp:
    """The client said what would help; ``what`` is the choice's value, such as ride or food."""

    what: str


@dataclass(frozen=True, slots=True)
class PageOnTrial:
    """The client pressed help with the worker beside them, to see the worker's phone ring."""


@dataclass(frozen=True, slots=True)
class StartFlow:
    """Another flow begins when this turn is committed (``link`` in a flow, or an intent)."""

    flow: str


@dataclass(frozen=True, slots=True)
class FinishFlow:
    """The run came to its end; ``abandoned`` when the client broke it off."""

    flow: str
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class LeaveForLater:
    """The client wants to go on with a flow at another time."""

    flow: str


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """The client wants their plan: ``how`` is open, use or make."""

    how: str


@dataclass(frozen=True, slots=True)
class OfferItem:
    """The client said something that could stand in their plan; they are asked where."""


Effect = (
    SaveAnswer
    | RaiseSignal
    | AskForPerson
    | GiveConsent
    | DeclineConsent
    | Pause
    | Stop
    | SetLanguage
    | SetPreference
    | WantHelp
    | PageOnTrial
    | StartFlow
    | FinishFlow
    | LeaveForLater
    | OpenPlan
    | OfferItem
)
