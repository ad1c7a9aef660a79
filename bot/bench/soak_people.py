"""The people of a soak: how many write and what, and the program that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot import wiring
from bot.core.messages import Bot
from bot.core.people import ClientState, Language, Role
from bot.errors import SafError
from bot.service.house import House
from bot.settings import Settings
from bot.store import people
from bot.store.tables import Worker

ZONE = "America/Chicago"
DANGER = (
    "they outside my house rn",
    "somebody just shot at us",
    "i got shot",
    "he has a gun and hes at my door",
    "im gonna kill myself tonight",
    "me estan siguiendo ahorita con una pistola",
)
CALM = (
    "im good",
    "not good",
    "at work till six",
    "my sister is here with me",
    "thanks",
    "who reads this",
    "todo bien",
    "no muy bien",
    "en casa de mi tía",
    "what is this",
)
OF_WORKER = 15  # clients of one worker, as in a program
FIRST_CLIENT, FIRST_WORKER = 100_000, 900_000  # chats


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is played; ``faults``: the share of calls to Telegram that go wrong."""

    messages: int = 10_000
    danger: int = 500
    kills: int = 50
    faults: float = 0.2
    seed: int = 1

    @property
    def clients(self) -> int:
        """Return how many write; each so often that many danger messages join an open alert."""
        return max(self.messages // 20, OF_WORKER)


def begin(settings: Settings, wanted: Wanted) -> House:
    """Make the program: workers, one supervisor, clients who have agreed."""
    house = wiring.open_house(settings)
    mild = [text for text in DANGER if not house.triage.judge(text).urgency.pages]
    if mild:
        raise SafError(
            f"Triage hears no danger in {mild[0]!r}: write another in bot/bench/soak_people.py"
        )
    at = house.clock.now()
    with house.db.write() as s:
        made: list[Worker] = []
        for number in range(workers(wanted)):
            role = Role.OUTREACH_WORKER if number else Role.SUPERVISOR
            worker = people.add_worker(
                s, house.sealer, f"worker {number}", role, at, language=Language.EN, zone=ZONE
            )
            people.bind_chat(house.sealer, worker, "telegram", str(FIRST_WORKER + number))
            made.append(worker)
        for number in range(wanted.clients):
            language = Language.ES if number % 2 else Language.EN
            worker = made[1 + number % (len(made) - 1)]
            client = people.add_client(
                s, house.sealer, f"client {number}", worker, at, language=language, zone=ZONE
            )
            people.bind_chat(house.sealer, client, "telegram", str(FIRST_CLIENT + number))
            client.state, client.consented_at = ClientState.ACTIVE, at
    return house


def workers(wanted: Wanted) -> int:
    """Return how many have phones: supervisor, and one worker for so many clients."""
    return 2 + wanted.clients // OF_WORKER


def chats_of(wanted: Wanted) -> dict[Bot, Sequence[int]]:
    """Return everybody's chat, by bot."""
    return {
        Bot.CLIENT: range(FIRST_CLIENT, FIRST_CLIENT + wanted.clients),
        Bot.WORKER: range(FIRST_WORKER, FIRST_WORKER + workers(wanted)),
    }
