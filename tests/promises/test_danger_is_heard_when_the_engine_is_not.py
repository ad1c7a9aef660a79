"""Whatever the dialogue engine does, a message is read for danger, answered once, and taken up
again; and words answer only the question that stood when they were written."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.alerts import LogEvent
from bot.core.messages import Bot, Inbound, InboundKind, Kind
from bot.service import checkins, deliver, set_back
from bot.service.judge import judge
from bot.service.receive import write_down
from bot.store import dues
from bot.store.tables import Alert, AlertLog, Answer, DueKind, Inbox, InboxState
from tests.support import plans
from tests.support.fake_engine import FakeEngine, Mood, fake_engine
from tests.support.program import Program, Rules, build, client

ILL = [mood for mood in Mood if mood not in (Mood.WELL, Mood.SLOW)]
QUICK = [mood for mood in ILL if mood is not Mood.HANGING]
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
NIGHT = datetime(2027, 3, 2, 4, 50, tzinfo=UTC)  # 22:50 in Chicago, in Ana's quiet hours


@dataclass
class Talk:
    """A program with an engine that can fall ill."""

    program: Program
    engine: FakeEngine

    @property
    def answers(self) -> dict[str, str]:
        house = self.program.house
        with house.db.read() as s:
            ana = client(self.program)
            box = house.sealer.client(ana.id, ana.key)
            return {
                row.step: box.open("answer.value", row.id, row.value)
                for row in s.scalars(sa.select(Answer))
                if row.value
            }

    @property
    def open(self) -> int:
        with self.program.house.db.read() as s:
            mine = Inbox.state.in_((InboxState.JUDGED, InboxState.WAITING, InboxState.RECEIVED))
            return s.scalar(sa.select(sa.func.count()).select_from(Inbox).where(mine)) or 0

    def texts(self, *kinds: Kind) -> list[str]:
        return [heard.text for heard in self.program.got("Ana", *kinds)]


async def begin(folder: Path, at: datetime | None = None) -> Program:
    program = build(folder, **({"start": at} if at else {}))
    house, now = program.house, program.clock.now()
    with house.db.write() as s:
        ana = s.merge(client(program))
        due = dues.put(s, DueKind.CHECKIN, ana, now, key="first")
        assert due is not None and dues.take(s, due.id)
        checkins.ask(s, house, now, ana, due)
    await program.settle()
    return program


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """Ana was asked how her day is."""
    program = await begin(tmp_path)
    async with fake_engine(program.house.turns) as (engine, http):
        program.house.engine = http
        yield Talk(program, engine)


@pytest.mark.parametrize("mood", ILL)
async def test_danger_pages_at_once_whatever_the_engine_does(talk: Talk, mood: Mood) -> None:
    talk.engine.mood = mood
    await talk.program.says("Ana", "they outside my house rn")
    assert talk.program.got("Ben", Kind.PAGE)
    assert "I'm paging Ben now" in talk.texts(Kind.SAFETY)[0]
    assert not talk.texts(Kind.HOLDING)


@pytest.mark.parametrize("mood", QUICK)
async def test_an_outage_is_said_once_and_the_turn_taken_up_afterwards(
    talk: Talk, mood: Mood
) -> None:
    talk.engine.mood = mood
    await talk.program.taps("Ana", "Not good")
    await talk.program.wait(MINUTE)
    await talk.program.says("Ana", "you there")
    assert len(talk.texts(Kind.HOLDING)) == 1
    assert talk.answers == {}
    assert talk.open == 2
    talk.engine.mood = Mood.WELL
    await talk.program.wait(MINUTE)
    assert talk.answers == {"day": "not_good"}
    assert talk.open == 0
    assert len(talk.texts(Kind.HOLDING)) == 1
    talk.engine.mood = mood
    await talk.program.says("Ana", "im safe here")
    assert len(talk.texts(Kind.HOLDING)) == 2  # another outage


async def test_a_hanging_engine_is_given_up_after_three_seconds(talk: Talk) -> None:
    talk.engine.mood = Mood.HANGING
    await talk.program.taps("Ana", "Not good")
    assert len(talk.texts(Kind.HOLDING)) == 1
    talk.engine.mood = Mood.WELL
    await talk.program.wait(2 * SECOND)
    assert talk.answers == {"day": "not_good"}


async def test_the_same_words_never_become_the_next_answer(talk: Talk) -> None:
    talk.engine.mood = Mood.FAILING  # the action was staged before the turn failed
    await talk.program.says("Ana", "not good at my aunts")
    await talk.program.says("Ana", "hello? not good")
    await talk.program.taps("Ana", "Not good")
    talk.engine.mood = Mood.WELL
    await talk.program.wait(2 * MINUTE)
    assert talk.answers == {"day": "not good at my aunts"}
    assert talk.open == 0
    assert [request["state"]["step"] for request in talk.engine.heard[-2:]] == ["day", None]


async def test_a_burst_answers_one_question(talk: Talk) -> None:
    lines, program = talk.program.lines, talk.program
    for number, words in enumerate(("nah", "not really", "rough")):
        await lines.receive(
            Inbound(
                *("telegram", Bot.CLIENT, f"b{number}", "Ana", InboundKind.TEXT),
                at=program.clock.now(),
                text=words,
            )
        )
        await lines.idle() if number == 0 else None
    talk.engine.mood = Mood.WELL
    await program.settle()
    assert talk.answers["day"] == "nah"
    assert talk.open == 0


async def test_a_repeated_turn_changes_nothing(talk: Talk) -> None:
    await talk.program.says("Ana", "not good", update_id="77")
    await talk.program.says("Ana", "not good", update_id="77")
    assert talk.answers == {"day": "not_good"}
    assert len(talk.engine.heard) == 1


async def test_danger_today_gets_its_sentence_once_although_the_turn_waits(talk: Talk) -> None:
    talk.engine.mood = Mood.GONE
    await talk.program.says("Ana", "he threatened me")
    assert len(talk.texts(Kind.SAFETY)) == 1
    assert not talk.texts(Kind.HOLDING)
    talk.engine.mood = Mood.WELL
    await talk.program.wait(MINUTE)
    assert "sounds serious" in " ".join(talk.texts(Kind.SAFETY))
    assert "sounds serious" not in " ".join(talk.texts(Kind.QUESTION, Kind.REPLY))
    assert len(talk.texts(Kind.SAFETY)) == 1
    assert "safe" in talk.texts(Kind.QUESTION)[-1]  # the talk goes on
    with talk.program.house.db.read() as s:
        assert len(s.scalars(sa.select(Alert)).all()) == 1


async def test_danger_behind_a_turn_that_waits_is_answered_at_once(talk: Talk) -> None:
    talk.engine.mood = Mood.GONE
    await talk.program.says("Ana", "hows it going")
    for words in ("he threatened me", "i got put out", "he threatened me again"):
        before = len(talk.texts(Kind.SAFETY))
        await talk.program.wait(MINUTE)
        await talk.program.says("Ana", words)
        assert len(talk.texts(Kind.SAFETY)) == before + 1, words
    said = talk.texts(Kind.SAFETY)
    assert "sounds serious" in said[0] and "sounds serious" in said[1]
    assert said[2] == "I'm adding that for Ben."
    await talk.program.wait(40 * MINUTE)
    talk.engine.mood = Mood.WELL
    await talk.program.wait(10 * MINUTE)
    assert talk.open == 0
    assert talk.texts(Kind.SAFETY) == said  # and once each
    assert len(talk.texts(Kind.HOLDING)) == 2


async def test_a_night_without_an_engine_says_the_hour(tmp_path: Path) -> None:
    program = await begin(tmp_path, NIGHT)
    await program.says("Ana", "hows it going")
    await program.wait(40 * MINUTE)
    await program.says("Ana", "i got put out")
    (said,) = program.got("Ana", Kind.SAFETY)
    assert "Nobody is on shift until 9:00 am" in said.text


async def test_after_half_an_hour_nothing_is_replayed_but_one_offer_to_go_on(talk: Talk) -> None:
    talk.engine.mood = Mood.GONE
    await talk.program.says("Ana", "not good")
    await talk.program.says("Ana", "you there")
    await talk.program.wait(31 * MINUTE)
    assert len(talk.texts(Kind.HOLDING)) == 1  # still down: nobody may say that we are back
    talk.engine.mood = Mood.WELL
    await talk.program.wait(6 * MINUTE)
    assert talk.answers == {} and talk.open == 0
    assert len(talk.texts(Kind.HOLDING)) == 2
    assert "back" in talk.texts(Kind.HOLDING)[-1]
    await talk.program.taps("Ana", "Go on")
    assert "How's today?" in talk.texts()[-1]


async def test_after_a_day_it_is_looked_at_each_hour_and_when_she_writes(talk: Talk) -> None:
    program = talk.program
    talk.engine.mood = Mood.GONE
    await program.says("Ana", "not good")
    program.clock.move_by(timedelta(hours=25))
    await program.settle()
    set_back.tick(program.house)  # this is no clock that was set back
    with program.house.db.read() as s:
        moment = s.scalars(sa.select(Inbox.next_try_at)).one()
    assert moment == program.clock.now() + timedelta(hours=1)
    talk.engine.mood = Mood.WELL
    await program.says("Ana", "you there")
    assert talk.open == 0


async def test_the_offer_to_go_on_waits_for_the_end_of_quiet_hours(tmp_path: Path) -> None:
    program = await begin(tmp_path, NIGHT)
    await program.says("Ana", "not good")  # there is no engine
    await program.wait(40 * MINUTE)
    assert len(program.got("Ana", Kind.HOLDING)) == 1
    async with fake_engine(program.house.turns) as (_, program.house.engine):
        await program.wait(timedelta(hours=10))
    offers = [heard for heard in program.got("Ana", Kind.HOLDING) if heard.buttons]
    assert [heard.at.astimezone(UTC).hour for heard in offers] == [15]  # nine in the morning


async def test_two_judges_of_one_message_open_one_alert(talk: Talk) -> None:
    house, both = talk.program.house, threading.Barrier(2)
    at = talk.program.clock.now()
    inbound = Inbound(
        *("telegram", Bot.CLIENT, "2j", "Ana", InboundKind.TEXT),
        at=at,
        text="they outside my house rn",
    )
    row = write_down(house, inbound)
    assert row is not None
    # Two processes of the service share a database; both have read before either writes.
    house.fault = lambda point: _meet(both) if point == "before judging is written" else None
    await asyncio.gather(*(asyncio.to_thread(judge, house, row.id) for _ in range(2)))
    house.fault = lambda point: None
    await talk.program.settle()
    assert len(talk.program.got("Ben", Kind.PAGE)) == 1
    assert len(talk.texts(Kind.SAFETY)) == 1
    with house.db.read() as s:
        assert LogEvent.MERGED not in s.scalars(sa.select(AlertLog.event)).all()


async def test_danger_does_not_wait_for_the_turn_before_it(talk: Talk) -> None:
    talk.engine.mood = Mood.SLOW
    program = talk.program
    for number, words in enumerate(("struggling", "they outside my house rn")):
        kind, at = InboundKind.TEXT, program.clock.now()
        inbound = Inbound("telegram", Bot.CLIENT, f"s{number}", "Ana", kind, at, words)
        await program.lines.receive(inbound)
    async with asyncio.timeout(10):
        while not program.got("Ben", Kind.PAGE):
            await asyncio.sleep(0)
            await deliver.tick(program.house)
    assert talk.answers == {}
    talk.engine.go_on.set()
    await program.settle()
    assert talk.answers == {"day": "struggling"}
    assert not talk.texts(Kind.QUESTION)  # none on top of the safety answer
    await program.taps("Ana", "I'm okay now")
    assert "safe" in talk.texts(Kind.QUESTION)[-1]


def _meet(both: threading.Barrier) -> None:
    both.wait(10)


async def test_what_triage_breaks_on_is_read_by_a_person(talk: Talk) -> None:
    class Broken:
        def judge(self, text: str, context: object = None) -> object:
            raise ZeroDivisionError(text)

    talk.program.house.triage = Broken()  # type: ignore[assignment]
    await talk.program.says("Ana", "something nobody foresaw")
    assert talk.program.got("Ben", Kind.PAGE)


async def test_a_listed_answer_is_the_flows_and_the_same_words_elsewhere_are_judged(
    talk: Talk,
) -> None:
    rules = talk.program.house.triage
    assert isinstance(rules, Rules)
    rules.verdicts["could be better"] = rules.verdicts["threatened"]
    await talk.program.says("Ana", "Could be better")
    assert not talk.program.got("Ben", Kind.PAGE)
    assert talk.answers == {"day": "Could be better"}
    await talk.program.says("Ana", "could be better")  # something else is asked now
    assert talk.program.got("Ben", Kind.PAGE)


async def test_what_is_changed_later_is_read_again_and_answers_nothing(talk: Talk) -> None:
    program = talk.program
    await program.says("Ana", "not good")
    said = len(program.got("Ana"))
    for words in ("not good, really", "Call me", "1"):
        await program.says("Ana", words, edited=True)
    for _ in range(3):  # a place that is shared for an hour
        await program.says("Ana", kind=InboundKind.LOCATION, edited=True)
    assert talk.answers == {"day": "not_good"} and talk.open == 0
    assert len(program.got("Ana")) == said
    await program.says("Ana", "hmm", edited=True)
    assert len(program.got("Ana", Kind.ASK)) == 1
    await program.says("Ana", "yes", edited=True)
    await program.says("Ana", "not good, he threatened me", edited=True)
    assert program.got("Ben", Kind.PAGE)
    assert len(talk.texts(Kind.SAFETY)) == 1
    assert talk.answers == {"day": "not_good"} and talk.open == 0


DANGER_IN_ANSWERS = [
    (("Call me",), "contact_request"),
    (("Not good", "Not safe"), "unsafe_shelter"),
    (("Not good", "Not sure"), "unsafe_shelter"),
    (("Not good", "Safe tonight", "Somebody is"), "threat_received"),
    (("Not good", "Safe tonight", "Nobody", "We lost somebody"), "loss"),
    (("Not good", "Safe tonight", "Nobody", "Everybody's okay", "A talk"), "contact_request"),
    (("Not good", "Safe tonight", "Nobody", "Somebody's hurt"), "injury"),
]


async def gone_after(program: Program, *labels: str) -> None:
    """Let Ana tap these answers while there is an engine, and none be there then."""
    plans.listening(program)
    for label in labels:
        await program.taps("Ana", label)
    program.house.engine = None


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize(("labels", "signal"), DANGER_IN_ANSWERS)
async def test_danger_in_a_tapped_answer_rings_in_that_moment_and_once(
    talk: Talk, labels: tuple[str, ...], signal: str, typed: bool
) -> None:
    *before, last = labels
    program = talk.program
    await gone_after(program, *before)
    await (program.says if typed else program.taps)("Ana", last)
    assert len(program.got("Ben", Kind.PAGE)) == 1
    assert len(talk.texts(Kind.SAFETY)) == 1
    assert not talk.texts(Kind.HOLDING)
    plans.listening(program)
    await program.wait(MINUTE)
    assert talk.open == 0 and len(talk.answers) == len(labels)
    assert len(program.got("Ben", Kind.PAGE)) == 1
    assert len(talk.texts(Kind.SAFETY)) == 1
    with program.house.db.read() as s:
        assert [alert.signals for alert in s.scalars(sa.select(Alert))] == [[signal]]


async def test_danger_in_an_answer_rings_once_where_the_engine_is_well(talk: Talk) -> None:
    await talk.program.taps("Ana", "Not good")
    await talk.program.taps("Ana", "Not safe")
    assert len(talk.program.got("Ben", Kind.PAGE)) == 1
    assert len(talk.texts(Kind.SAFETY)) == 1 and "after you" in talk.texts(Kind.SAFETY)[0]


async def test_a_tap_that_was_overtaken_has_rung_and_is_not_called_old(talk: Talk) -> None:
    program = talk.program
    await gone_after(program)
    await program.taps("Ana", "Not good")
    await program.taps("Ana", "Call me")
    assert len(program.got("Ben", Kind.PAGE)) == 1
    plans.listening(program)
    await program.wait(MINUTE)
    assert len(talk.texts(Kind.SAFETY)) == 1
    assert not [one for one in talk.texts() if "button is from before" in one]
