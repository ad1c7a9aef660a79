"""Who the people are and in which state they and their phones can be."""

from __future__ import annotations

from enum import StrEnum

# The channel of the self-check's two people, who do not exist: whoever lists or counts people or
# alerts leaves them out (bot/service/self_check.py).
SYNTHETIC = "synthetic"


class Role(StrEnum):
    """Who somebody is to the program."""

    CLIENT = "client"  # checks in, builds a plan, may ask for a person at any time
    OUTREACH_WORKER = "outreach_worker"  # gets alerts and reaches out
    SUPERVISOR = "supervisor"  # next in line when nobody acknowledges
    OPERATOR = "operator"  # installs, runs, backs up; never sees a client


class Language(StrEnum):
    """A language in which every text of ours exists."""

    EN = "en"
    ES = "es"


class ClientState(StrEnum):
    """Where a client stands with the program."""

    INVITED = "invited"  # a link was made, nothing was agreed yet
    ACTIVE = "active"  # agreed; check-ins and reminders come
    PAUSED = "paused"  # a break until a date; danger is still answered
    LEFT = "left"  # silence, but for an answer to a danger message just sent


class PhoneState(StrEnum):
    """What a worker knows about the client's phone."""

    OK = "ok"  # the client holds it
    STOLEN = "stolen"  # somebody else may hold it
    SEIZED = "seized"  # police hold it
    JAILED = "jailed"  # the client is inside, the phone is not with them
    DECEASED = "deceased"  # the client died; nothing is ever sent again

    @property
    def reachable(self) -> bool:
        """Tell whether anything may be sent to this phone."""
        return self is PhoneState.OK


def may_become(now: PhoneState, then: PhoneState) -> bool:
    """Tell whether a phone may change state; deceased is never undone."""
    return now is not PhoneState.DECEASED and now is not then


class Situation(StrEnum):
    """What a client's life is like right now; it decides what a plan asks."""

    RECENTLY_SHOT = "recently_shot"
    LOST_SOMEONE = "lost_someone"
    GROUP_CONFLICT = "group_conflict"
    THREATENED = "threatened"
    COMING_HOME = "coming_home"
    PARTNER_VIOLENCE = "partner_violence"
