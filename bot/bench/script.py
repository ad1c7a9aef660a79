"""What is played: the same check-ins on both sides, word for word and tap for tap."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

FLOW = "checkin"
MOST_CLIENTS = 8  # at once; more only wait longer, two cores are busy already


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a client, words or a tap on a choice, and the answer that is saved of it."""

    text: str = ""
    tap: str = ""
    saved: str = ""


Checkin = tuple[Line, ...]


def _tap(value: str) -> Line:
    return Line(tap=value, saved=value)


# Half of the lines are taps and half are words; a question of the client's stands in the middle.
CHECKINS: dict[str, tuple[Checkin, ...]] = {
    "en": (
        (Line("can we do the check in"), _tap("good")),
        (Line("start the check in"), Line("all good", saved="good")),
        (
            Line("i want to check in"),
            Line("its been rough", saved="not_good"),
            _tap("safe"),
            Line("nah nobody bothering me", saved="nobody"),
            _tap("nobody"),
            Line("need a ride", saved="ride"),
        ),
        (
            Line("lets do the check in"),
            _tap("not_good"),
            Line("who can read my messages"),
            Line("yea im safe", saved="safe"),
            _tap("not_sure"),
            Line("everybody fine", saved="nobody"),
            Line("groceries", saved="food"),
        ),
    ),
    "es": (
        (Line("podemos hacer el chequeo"), _tap("good")),
        (Line("empezar el chequeo"), Line("ando bien", saved="good")),
        (
            Line("quiero hacer mi chequeo"),
            Line("ha estado dificil", saved="not_good"),
            _tap("safe"),
            Line("nadie me molesta", saved="nobody"),
            _tap("nobody"),
            Line("un aventon", saved="ride"),
        ),
        (
            Line("hazme las preguntas"),
            _tap("not_good"),
            Line("cómo funciona esto"),
            Line("estoy bien donde estoy", saved="safe"),
            _tap("not_sure"),
            Line("gracias a dios todos bien", saved="nobody"),
            Line("despensa", saved="food"),
        ),
    ),
}
SHORT = 0  # of each language's check-ins: one tap when all is well
ROUND_TURNS = sum(len(checkin) for checkin in CHECKINS["en"])


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is played: so many rounds, in each of which every client has four check-ins."""

    clients: int
    rounds: int

    @property
    def turns(self) -> int:
        """Return the number of turns of all rounds."""
        return self.clients * self.rounds * ROUND_TURNS


def plan(turns: int) -> Plan:
    """Return the smallest plan with at least so many turns."""
    clients = min(MOST_CLIENTS, max(1, ceil(turns / ROUND_TURNS)))
    return Plan(clients, max(1, ceil(turns / (clients * ROUND_TURNS))))


def language(client: int) -> str:
    """Return the language of a client: every second one writes Spanish."""
    return ("en", "es")[client % 2]


def round_of(client: int) -> tuple[Checkin, ...]:
    """Return a client's check-ins of one round; not everybody begins with the same."""
    checkins = CHECKINS[language(client)]
    first = client // 2 % len(checkins)
    return checkins[first:] + checkins[:first]


def answers(checkin: Checkin) -> list[str]:
    """Return what is saved of a check-in, in order."""
    return [line.saved for line in checkin if line.saved]
