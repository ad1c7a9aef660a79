"""What a message can say about danger, and how soon somebody must act on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.core.people import Language


class Urgency(StrEnum):
    """What must happen because of a message."""

    NONE = "none"  # nothing
    WATCH = "watch"  # shown to the worker before the next contact
    TODAY = "today"  # a person must reach out today
    NOW = "now"  # page the person on call this minute

    @property
    def rank(self) -> int:
        """Order urgencies: none 0, watch 1, today 2, now 3."""
        return list(Urgency).index(self)

    @property
    def pages(self) -> bool:
        """Tell whether this urgency opens an alert and pages somebody."""
        return self in (Urgency.NOW, Urgency.TODAY)


def most_urgent(*urgencies: Urgency) -> Urgency:
    """Return the highest of the given urgencies, ``none`` when there are none."""
    return max(urgencies, key=lambda urgency: urgency.rank, default=Urgency.NONE)


class Signal(StrEnum):
    """What kind of danger a message speaks of; meanings stand in data/danger/signals.yml."""

    IMMEDIATE_THREAT = "immediate_threat"
    INJURY = "injury"
    SUICIDE_RISK = "suicide_risk"
    RETALIATION = "retaliation"
    THREAT_RECEIVED = "threat_received"
    WEAPON = "weapon"
    UNSAFE_SHELTER = "unsafe_shelter"
    PARTNER_VIOLENCE = "partner_violence"
    LOSS = "loss"
    CONTACT_REQUEST = "contact_request"
    CONFLICT = "conflict"
    ANNIVERSARY_DISTRESS = "anniversary_distress"
    DISTRESS = "distress"


@dataclass(frozen=True, slots=True)
class Context:
    """What is known when a message is judged.

    ``asked``: the question it may answer, as ``flow.step`` (``checkin.safe_tonight``), or
    ``ask`` for our own "are you safe right now?"; empty when nothing was asked.
    ``situation``: the client's plan situation, or None.
    ``recent``: signals of the last days, newest first.
    ``language``: in which the worker reads why.
    """

    asked: str = ""
    situation: str | None = None
    recent: tuple[Signal, ...] = ()
    language: Language = Language.EN


@dataclass(frozen=True, slots=True)
class Verdict:
    """What triage found in one message.

    ``signals``: at most three, the weightiest first, empty when urgency is none.
    ``why``: what was seen, in words a worker understands; may quote the client, so it is sealed
    wherever it is kept. ``ask``: unsure, so the client is asked once; only with watch or none.
    ``first_911``: where somebody is hurt this minute, 911 comes before all else; False where what
    was said (a beating, a bare tap) leaves it to the client.
    """

    urgency: Urgency = Urgency.NONE
    signals: tuple[Signal, ...] = ()
    why: str = ""
    ask: bool = False
    first_911: bool = True
