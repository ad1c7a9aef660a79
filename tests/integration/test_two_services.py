"""Two services on one PostgreSQL: each thing is done once, each client is heard in their order, one
process polls Telegram, and what one leaves behind when it dies the other does."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import OutcomeUnknown, Reason, SendFailed
from bot.core.alerts import LogEvent
from bot.core.messages import Bot, Inbound, InboundKind, Kind, Outgoing
from bot.core.people import Language
from bot.service import deliver, speak, ticks
from bot.service.house import Heard, House
from bot.service.people import consent, enrol
from bot.service.receive import Lines, write_down
from bot.settings import Sensitive, Settings
from bot.store import dues, people
from bot.store.outbox import LEASE
from bot.store.postgresql import Claims
from bot.store.session import Database
from bot.store.tables import (
    Alert,
    AlertLog,
    Due,
    DueKind,
    DueState,
    Inbox,
    InboxState,
    Outbox,
    OutboxState,
    Worker,
)
from bot.wiring import open_house
from bot.wiring.standing_by import alone
from tests.support import program as programs
from tests.support.postgresql import Server
from tests.support.program import ZONE, Program, Rules, build, room
from tests.support.waiting import eventually

MINUTE = timedelta(minutes=1)
DANGER = "they outside my house rn"
CLIENTS = tuple(f"client {number}" for number in range(8))


@pytest.fixture
def shared(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Program, House]]:
    """A program with many clients, and a second service of its own on the same database."""
    name = postgresql.fresh()
    url = postgresql.url(name)
    monkeypatch.setattr(programs, "database_url", url)
    program = build(tmp_path)
    with program.house.db.write() as s:
        ben = s.scalars(sa.select(Worker).where(Worker.active)).first()
        assert ben is not None
        for alias in CLIENTS:
            one = people.add_client(
                s,
                program.house.sealer,
                alias,
                ben,
                program.clock.now(),
                language=Language.EN,
                zone=ZONE,
            )
            enrol.bind(s, program.house, one, program.channel.name, alias)
            consent.agree(s, program.house, program.clock.now(), one)
    other = open_house(
        Settings(home=tmp_path, database_url=Sensitive(url)),
        clock=program.clock,
        channels=program.house.channels,
        triage=Rules(),
        room=room(),
    )
    other.heard = program.house.heard
    yield program, other
    program.house.db.close()
    other.db.close()
    postgresql.drop(name)


def both(*steps: Callable[[], None]) -> None:
    """Do what two services do, each in a thread of its own, beginning at the same moment."""
    start, broke = threading.Barrier(len(steps)), list[BaseException]()

    def run(step: Callable[[], None]) -> None:
        start.wait()
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread below
            broke.append(error)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broke, broke


def settle(*houses: House) -> None:
    """Let all services do what is due, at the same time, until nothing is left."""
    both(*(lambda h=house: asyncio.run(ticks.settle(h, Lines(h))) for house in houses))


def comes_in(house: House, who: str, number: str, text: str) -> None:
    """Write a message down as a service does that dies right after it."""
    at = house.clock.now()
    write_down(house, Inbound("telegram", Bot.CLIENT, number, who, InboundKind.TEXT, at, text))


def sent(program: Program, *kinds: Kind) -> Counter[tuple[str, str]]:
    """Return how often each message was delivered, by receiver and text."""
    heard: list[Heard] = [h for h in program.heard if not h.skipped and h.kind in kinds]
    return Counter((h.to, h.text) for h in heard)


def test_what_one_leaves_unread_both_take_up_once(shared: tuple[Program, House]) -> None:
    program, other = shared
    for number, alias in enumerate(CLIENTS):
        comes_in(program.house, alias, f"{number}", DANGER)
    settle(program.house, other)
    pages = sent(program, Kind.PAGE)
    assert Counter(who for who, _ in pages)["Ben"] == len(CLIENTS)
    assert set(pages.values()) == {1}
    assert Counter(who for who, _ in sent(program, Kind.SAFETY)) == Counter(CLIENTS)
    with other.db.read() as s:
        assert len(s.scalars(sa.select(Alert)).all()) == len(CLIENTS)
        log = Counter(s.scalars(sa.select(AlertLog.event)))
        states = set(s.scalars(sa.select(Outbox.state)))
        tries = set(s.scalars(sa.select(Outbox.tries)))
    assert log[LogEvent.CREATED] == len(CLIENTS) and not log[LogEvent.MERGED]
    assert states == {OutboxState.SENT} and tries == {1}


def test_escalation_goes_on_once_at_each_step(shared: tuple[Program, House]) -> None:
    program, other = shared
    for number, alias in enumerate(CLIENTS):
        comes_in(program.house, alias, f"{number}", DANGER)
    settle(program.house, other)
    for minutes in (5, 15, 25):
        program.clock.move_to(programs.MONDAY_NOON + minutes * MINUTE)
        settle(program.house, other)
    rings = sent(program, Kind.ESCALATION)
    for alert in range(1, len(CLIENTS) + 1):
        assert rings["Cora", f"#{alert}, open"] == 3
    assert set(sent(program, Kind.NOTICE).values()) == {1}


def test_who_has_it_too_long_is_rung_again_once(shared: tuple[Program, House]) -> None:
    program, other = shared
    for number, alias in enumerate(CLIENTS):
        comes_in(program.house, alias, f"{number}", DANGER)
    settle(program.house, other)
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        changes = {"state": "acknowledged", "acknowledged_by": ben.id}
        now = program.clock.now()
        s.execute(sa.update(Alert).values(acknowledged_at=now, told_at=None, **changes))
    before = sum(sent(program, Kind.PAGE).values())
    program.clock.move_by(60 * MINUTE)
    settle(program.house, other)
    with other.db.read() as s:
        again = s.scalars(sa.select(AlertLog.id).where(AlertLog.detail == "not reached")).all()
    assert len(again) == len(CLIENTS)
    assert sum(sent(program, Kind.PAGE).values()) - before == len(CLIENTS)


def test_a_check_in_is_asked_once_and_its_day_planned_once(shared: tuple[Program, House]) -> None:
    program, other = shared
    now = program.clock.now()
    with program.house.db.write() as s:
        for alias in CLIENTS:
            one = people.client_by_alias(s, program.house.sealer, alias)
            assert one is not None
            dues.skip(s, one, now, "others in this test")
            dues.put(s, DueKind.CHECKIN, one, now, key=f"today:{alias}")
    settle(program.house, other)
    asked = sent(program, Kind.CHECKIN)
    assert {who for who, _ in asked} == set(CLIENTS) and set(asked.values()) == {1}
    program.clock.move_by(300 * MINUTE)
    settle(program.house, other)
    assert set(sent(program, Kind.NUDGE).values()) <= {1}
    with other.db.read() as s:
        today = sa.select(Due.state).where(Due.key.like("today:%"))
        assert s.scalars(today).all() == [DueState.DONE] * len(CLIENTS)


def test_two_deliveries_of_the_same_messages_send_each_once(
    shared: tuple[Program, House],
) -> None:
    program, other = shared
    with program.house.db.write() as s:
        now = program.clock.now()
        for number in range(20):
            for alias in CLIENTS:
                one = people.client_by_alias(s, program.house.sealer, alias)
                assert one is not None
                speak.to_client(s, program.house, now, one, Kind.REPLY, f"line {number:02}")
    both(
        lambda: asyncio.run(_beside(program.house)),
        lambda: asyncio.run(_beside(other)),
    )
    texts = Counter((message.chat, message.text) for message in program.channel.sent)
    assert len(texts) == 20 * len(CLIENTS) and set(texts.values()) == {1}
    for alias in CLIENTS:
        got = [message.text for message in program.channel.sent if message.chat == alias]
        assert got == [f"line {number:02}" for number in range(20)]


class TooLate:
    """A channel that says how a send ended when its lease was over and another service sent it."""

    name = "telegram"

    def __init__(self, program: Program, other: House, said: Exception) -> None:
        self._program, self._other, self._said = program, other, said

    async def send(self, message: Outgoing) -> str:
        self._program.clock.move_by(LEASE + timedelta(seconds=1))
        await deliver.tick(self._other)
        raise self._said

    async def delete(self, bot: Bot, ref: str) -> None:
        raise AssertionError("nothing is deleted here")


@pytest.mark.parametrize(
    "said",
    [
        SendFailed("", permanent=False, reason=Reason.SERVER),
        SendFailed("", permanent=True, reason=Reason.BLOCKED),
        OutcomeUnknown(),
    ],
)
def test_what_one_hears_after_the_other_has_sent_it_changes_nothing(
    shared: tuple[Program, House], said: Exception
) -> None:
    program, other = shared
    program.house.channels = {"telegram": TooLate(program, other, said)}
    with program.house.db.write() as s:
        one = people.client_by_alias(s, program.house.sealer, CLIENTS[0])
        assert one is not None
        speak.to_client(s, program.house, program.clock.now(), one, Kind.SAFETY, "once")
    asyncio.run(deliver.tick(program.house))
    program.clock.move_by(MINUTE)
    asyncio.run(deliver.tick(other))
    assert [message.text for message in program.channel.sent] == ["once"]
    with other.db.read() as s:
        assert s.scalars(sa.select(Outbox.state)).all() == [OutboxState.SENT]


async def _beside(house: House) -> None:
    while await deliver.tick(house, beside=True):
        pass


class Slow:
    """An engine that takes its time, so that two services could meet at one turn."""

    def __init__(self, at: list[str], heard: list[str]) -> None:
        self._at, self._heard = at, heard

    async def turn(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        who = request["text"].partition(":")[0]
        assert who not in self._at, "two services take turns of one client"
        self._at.append(who)
        await asyncio.sleep(0.01)
        self._at.remove(who)
        self._heard.append(request["text"])
        reply = {"response": "", "text": f"you said {request['text']}"}
        return {"replies": [reply], "state": dict(request["state"]), "intent": {"name": "x"}}


def test_a_client_is_heard_in_order_and_by_one_service_at_a_time(
    shared: tuple[Program, House],
) -> None:
    program, other = shared
    at: list[str] = []
    heard: list[str] = []
    for house in (program.house, other):
        house.engine = Slow(at, heard)
    numbers = {alias: iter(range(100)) for alias in CLIENTS}

    async def speak_up(house: House, parity: int) -> None:
        """Take every second message of everybody, as a balancer before two webhooks gives them."""
        lines = Lines(house)
        for round_ in range(10):
            for place, alias in enumerate(CLIENTS):
                if (round_ + place) % 2 == parity:
                    text = f"{alias}: {next(numbers[alias]):02}"
                    inbound = Inbound(
                        "telegram",
                        Bot.CLIENT,
                        text,
                        alias,
                        InboundKind.TEXT,
                        house.clock.now(),
                        text,
                    )
                    await lines.receive(inbound)
        await lines.idle()

    both(
        lambda: asyncio.run(speak_up(program.house, 0)),
        lambda: asyncio.run(speak_up(other, 1)),
    )
    settle(program.house, other)
    with other.db.read() as s:
        came = s.execute(sa.select(Inbox.update_id, Inbox.state).order_by(Inbox.place)).all()
        places = s.scalars(sa.select(Inbox.place)).all()
    assert {state for _, state in came} == {InboxState.HANDLED}
    assert len(set(places)) == len(places) == 10 * len(CLIENTS)
    for alias in CLIENTS:
        wrote = [text for text, _ in came if text.startswith(f"{alias}:")]
        assert [text for text in heard if text.startswith(f"{alias}:")] == wrote
        got = [message.text for message in program.channel.sent if message.chat == alias]
        assert got == [f"you said {text}" for text in wrote]


@pytest.fixture
def claims(postgresql: Server) -> Iterator[tuple[Callable[[], None], Claims, Claims]]:
    """How the database hangs up, and what two processes have to themselves."""
    name = postgresql.empty()
    one, two = Database(postgresql.url(name)), Database(postgresql.url(name))
    yield partial(postgresql.hang_up, name), one.claims, two.claims
    one.close()
    two.close()
    postgresql.drop(name)


def test_a_claim_is_one_processs_until_it_lets_go_or_is_gone(
    claims: tuple[Callable[[], None], Claims, Claims],
) -> None:
    hang_up, one, two = claims
    assert one.take("a") and one.holds("a")
    assert not one.take("a") and not two.take("a") and two.take("b")
    one.release("a")
    assert two.take("a") and not one.take("a")
    hang_up()
    assert not two.holds("a") and not two.holds("b")
    assert one.take("a")
    two.release("a")
    assert one.holds("a")


async def test_one_polls_and_the_other_takes_over(
    claims: tuple[Callable[[], None], Claims, Claims],
) -> None:
    hang_up, *both_ = claims
    polling: list[int] = []
    said: list[str] = []
    stops = [asyncio.Event(), asyncio.Event()]

    def poll(number: int) -> Callable[[asyncio.Event], Any]:
        async def run(ending: asyncio.Event) -> None:
            polling.append(number)
            await ending.wait()
            polling.remove(number)

        return run

    tasks = [
        asyncio.create_task(alone(each, Bot.CLIENT, poll(number), stops[number], said.append, 0.02))
        for number, each in enumerate(both_)
    ]
    await eventually(lambda: len(polling) == 1 and said)
    first = polling[0]
    # The database is gone for a moment: whoever polls then, it is one.
    await asyncio.to_thread(hang_up)
    await eventually(lambda: len(polling) == 1)
    stops[first].set()
    await eventually(lambda: polling == [1 - first])
    stops[1 - first].set()
    await asyncio.gather(*tasks)
    assert polling == [] and said[0].startswith("another process takes the client bot's messages")
