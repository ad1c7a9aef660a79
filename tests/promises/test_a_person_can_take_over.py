"""A worker writes with Ana themselves: both see who speaks, the assistant is silent and not deaf,
and it is back by a word, by a tap, or when nobody has said anything for a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.base import OutcomeUnknown
from bot.core.messages import InboundKind, Kind
from bot.core.people import PhoneState
from bot.service import checkins, retain
from bot.service.people import consent, enrol, leaving
from bot.service.receive import Lines
from bot.settings import Sensitive, Settings
from bot.store import dues
from bot.store.tables import Audit, ButtonRow, Client, DueKind, Inbox, OnCall, Outbox, Worker
from bot.wiring import open_house
from tests.support import program as support
from tests.support.program import BLOCKED, Program, client
from tests.support.staff import PIN, alert, last, screen, tap_again, unlock, worker

MIN = timedelta(minutes=1)
DANGER = "they outside my house rn"


@pytest.fixture
async def talk(program: Program) -> Program:
    """Ben writes with Ana."""
    await unlock(program, "Ben")
    await program.says("Ben", "/write Ana")
    return program


def texts(program: Program, who: str) -> list[str]:
    """Return what somebody got, whole."""
    return [h.text for h in program.got(who)]


def writes(program: Program) -> bool:
    return client(program).writer_id is not None


@pytest.mark.both_databases
async def test_both_see_who_speaks_and_lines_go_as_they_stand(talk: Program) -> None:
    assert last(talk, "Ana").startswith("Ben is writing here now, a person.")
    assert last(talk, "Ben").splitlines()[0] == "Writing:"
    for line in ("hey, you home?", "got it", "close", "cerrar", "77"):
        await talk.says("Ben", line)
        assert last(talk, "Ana") == f"Ben: {line}"
    await talk.says("Ana", "yea im ok, who dis")
    assert last(talk, "Ben") == "They write:\nAna: yea im ok, who dis"
    assert len(talk.got("Ana")) == 6  # the assistant said nothing to it
    await talk.says("Ben", "/back")
    assert last(talk, "Ana") == "Ben is done writing. From here on it's the bot again."
    assert last(talk, "Ben").startswith("The bot is back with them.")
    await talk.says("Ben", "got it")
    assert last(talk, "Ben") == "Nothing is open for you."


async def test_what_she_writes_shows_on_no_lock_screen(talk: Program) -> None:
    before = len(screen(talk, "Ben"))
    await talk.says("Ana", "my secret")
    assert screen(talk, "Ben")[before:].strip() == "News, open\nOpen"
    await talk.taps("Ben", "Open")
    assert "Ana: my secret" in screen(talk, "Ben")


async def test_who_found_the_phone_cannot_write_as_ben(talk: Program) -> None:
    await talk.wait(16 * MIN)
    before = len(talk.got("Ana"))
    await talk.says("Ben", "come outside")
    await talk.says("Ben", "now")
    assert last(talk, "Ben").startswith("Your PIN, please.")
    assert len(talk.got("Ana")) == before
    await talk.says("Ben", PIN)
    assert texts(talk, "Ana")[before:] == ["Ben: come outside", "Ben: now"]


async def test_the_pin_never_goes_to_her(talk: Program) -> None:
    before = len(talk.got("Ana"))
    await talk.says("Ben", PIN)
    assert len(talk.got("Ana")) == before


@pytest.mark.both_databases
async def test_danger_in_the_middle_rings_as_ever(talk: Program) -> None:
    await talk.says("Ana", DANGER)
    assert alert(talk).urgency == "now"
    assert talk.got("Ben", Kind.PAGE)
    assert "I'm paging Ben now" in talk.got("Ana", Kind.SAFETY)[0].text
    assert last(talk, "Ben") == f"They write:\nAna: {DANGER}\nThat rang as #1."
    await talk.wait(6 * MIN)
    assert talk.got("Cora", Kind.ESCALATION)
    await talk.says("Ana", "he threatened me again")
    assert "That rang as" in last(talk, "Ben")
    assert writes(talk)
    await talk.taps("Ben", "Open")
    await talk.says("Ben", "on my way to a phone")
    assert last(talk, "Ana") == "Ben: on my way to a phone"


async def test_a_code_word_and_a_tap_ring_too(program: Program) -> None:
    with program.house.db.write() as s:
        ana, at = s.get_one(Client, client(program).id), program.clock.now()
        due = dues.put(s, DueKind.CHECKIN, ana, at, key="now")
        assert due is not None and checkins.ask(s, program.house, at, ana, due) == ""
    await program.settle()
    await unlock(program, "Ben")
    await program.says("Ben", "/write Ana")
    await program.taps("Ana", "Call me")
    assert alert(program).signals == ["contact_request"]
    assert "Call me" in last(program, "Ben")
    await program.taps("Ana", "I'm good")
    assert "(a tap on an earlier question)" in last(program, "Ben")


async def test_what_is_unclear_rings_unless_ben_writes_back(talk: Program) -> None:
    await talk.says("Ana", "hmm")
    assert "I can't tell if that is danger" in last(talk, "Ben")
    assert talk.got("Ana", Kind.ASK) == []
    await talk.says("Ben", "you safe?")
    await talk.wait(10 * MIN)
    with talk.house.db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).select_from(Inbox)) is not None
    assert talk.got("Ben", Kind.PAGE) == []
    await talk.says("Ana", "hmm")
    await talk.says("Ana", "yeah")  # to Ben; she was asked nothing
    await talk.wait(6 * MIN)
    assert talk.got("Ben", Kind.PAGE)


@pytest.mark.parametrize("back", [False, True])
async def test_a_word_to_ben_does_not_say_that_she_is_safe(program: Program, back: bool) -> None:
    await unlock(program, "Ben")
    if back:
        await program.says("Ben", "/write Ana")
        await program.says("Ana", "hmm")
        await program.says("Ben", "/back")  # she has not been asked
    else:
        await program.says("Ana", "hmm")
        await program.says("Ben", "/write Ana")
    await program.says("Ana", "yeah")
    await program.wait(6 * MIN)
    assert program.got("Ben", Kind.PAGE)


async def test_nothing_unasked_comes_meanwhile_and_all_of_it_after(talk: Program) -> None:
    with talk.house.db.write() as s:
        ana, at = s.get_one(Client, client(talk).id), talk.clock.now()
        dues.put(s, DueKind.CHECKIN, ana, at + MIN, key="soon")
    for _ in range(4):
        await talk.wait(20 * MIN)
        await talk.says("Ana", "still here")
        await talk.says("Ben", "me too")
        await talk.says("Ben", PIN)
    assert talk.got("Ana", Kind.CHECKIN, Kind.QUESTION, Kind.NUDGE, Kind.HOLDING) == []
    await talk.says("Ben", "/back")
    await talk.wait(timedelta(hours=1))
    assert len(talk.got("Ana", Kind.CHECKIN)) == 1


@pytest.mark.both_databases
async def test_without_a_word_it_is_handed_back_with_a_word_to_both(talk: Program) -> None:
    await talk.wait(29 * MIN)
    assert writes(talk)
    await talk.says("Ana", "ok")
    await talk.wait(29 * MIN)
    assert writes(talk)
    await talk.wait(2 * MIN)
    assert not writes(talk)
    assert last(talk, "Ana").startswith("Ben is done writing.")
    assert "no word from you to Ana" in last(talk, "Ben")


@pytest.mark.both_databases
async def test_who_writes_and_writes_to_nobody_gets_the_assistant_back(talk: Program) -> None:
    await talk.says("Ben", "hey im here")
    for _ in range(3):
        await talk.wait(19 * MIN)
        await talk.says("Ana", "you there?")
    assert not writes(talk)
    assert any(text.startswith("Ben is done writing.") for text in texts(talk, "Ana"))


@pytest.mark.both_databases
async def test_what_cannot_reach_who_writes_reaches_the_others(talk: Program) -> None:
    await talk.says("Ben", "hey im here")
    with talk.house.db.write() as s:
        s.add(
            OnCall(
                worker_id=worker(talk, "Dev").id,
                starts=talk.clock.now(),
                ends=talk.clock.now() + 600 * MIN,
            )
        )
    talk.channel.fail("Ben", *[BLOCKED] * 9)
    await talk.says("Ana", "you there?")
    assert not writes(talk)
    assert alert(talk).signals == ["contact_request"]
    assert len(talk.got("Dev", Kind.PAGE)) == 1
    assert any(text.startswith("Ben is done writing.") for text in texts(talk, "Ana"))


@pytest.mark.both_databases
async def test_two_workers_do_not_write_over_each_other(talk: Program) -> None:
    await unlock(talk, "Cora")
    await talk.says("Cora", "/write Ana")
    assert last(talk, "Cora").startswith("Not now:\nBen is writing with Ana.")
    await talk.says("Cora", "hello?")
    assert "hello?" not in last(talk, "Ana")
    await talk.says("Ben", "/back")
    await talk.says("Cora", "/write Ana")
    assert last(talk, "Ana").startswith("Cora is writing here now")
    assert "Cora is writing with Ana now." in last(talk, "Ben")
    await talk.says("Ben", "/write Ana")
    assert "Cora is writing with Ana" in last(talk, "Ben")


async def test_only_who_may_see_her_writes(program: Program) -> None:
    await unlock(program, "Dev")
    await program.says("Dev", "/write Ana")
    assert last(program, "Dev") == "You have no client of that name. Nothing changed."
    assert not writes(program)


async def test_on_call_with_her_alert_dev_writes_from_its_button(program: Program) -> None:
    now = program.clock.now()
    with program.house.db.write() as s:
        dev = worker(program, "Dev").id
        s.add(OnCall(worker_id=dev, starts=now, ends=now + timedelta(hours=9)))
    await unlock(program, "Dev")
    await program.says("Ana", DANGER)
    await program.says("Dev", "got it")
    await program.taps("Dev", "Write to them")
    await program.says("Dev", "Dev here, with you")
    assert last(program, "Ana") == "Dev: Dev here, with you"


async def test_she_can_say_not_now_and_stop(talk: Program) -> None:
    await talk.taps("Ana", "Not now")
    assert not writes(talk)
    assert "would rather not write now" in last(talk, "Ben")
    await talk.says("Ben", "/write Ana")
    await talk.says("Ana", "stop")
    await talk.taps("Ana", "Stop")
    assert not writes(talk)
    assert client(talk).state == "left"
    assert any("stopped the messages or takes a break" in text for text in texts(talk, "Ben"))
    await talk.says("Ben", "/write Ana")
    assert last(talk, "Ben").startswith("Not sent:\nAna stopped the messages.")


@pytest.mark.parametrize("how", ["says so", "fails"])
async def test_she_blocks_the_bot(talk: Program, how: str) -> None:
    if how == "fails":
        talk.channel.fail("Ana", BLOCKED)
        await talk.says("Ben", "you there?")
    else:
        await talk.says("Ana", kind=InboundKind.BLOCKED)
    assert not writes(talk)
    assert any("cannot be written to any more" in text for text in texts(talk, "Ben"))


async def test_a_line_that_may_not_have_arrived_is_said_and_not_doubled(talk: Program) -> None:
    talk.channel.fail("Ana", OutcomeUnknown("time-out"))
    await talk.says("Ben", "you there?")
    assert "nobody knows if your last line reached Ana" in last(talk, "Ben")
    assert [m.text for m in talk.channel.sent if m.chat == "Ana"].count("Ben: you there?") == 1


async def test_ben_leaves_or_loses_her_in_the_middle(talk: Program) -> None:
    with talk.house.db.write() as s:
        ana = s.get_one(Client, client(talk).id)
        dev = s.get_one(Worker, worker(talk, "Dev").id)
        enrol.hand_over(s, talk.house, talk.clock.now(), ana, dev)
    await talk.settle()
    assert not writes(talk)
    assert any(text.startswith("Ben is done writing.") for text in texts(talk, "Ana"))
    await unlock(talk, "Dev")
    await talk.says("Dev", "/write Ana")
    with talk.house.db.write() as s:
        leaving.leave(s, talk.house, talk.clock.now(), s.get_one(Worker, worker(talk, "Dev").id))
    await talk.settle()
    assert not writes(talk)


@pytest.mark.parametrize("state", [one for one in PhoneState if not one.reachable])
async def test_her_phone_is_gone_in_the_middle(talk: Program, state: PhoneState) -> None:
    before = len(talk.got("Ana"))
    with talk.house.db.write() as s:
        ana = s.get_one(Client, client(talk).id)
        enrol.set_phone(s, talk.house, talk.clock.now(), ana, state, "operator")
    await talk.says("Ben", "hello?")
    assert not writes(talk)
    assert len(talk.got("Ana")) == before


@pytest.mark.both_databases
async def test_a_restart_in_the_middle_loses_no_line(talk: Program, tmp_path: Path) -> None:
    house = talk.house
    again = open_house(
        Settings(home=tmp_path, database_url=Sensitive(support.database_url)),
        clock=talk.clock,
        channels=house.channels,
        triage=house.triage,
        room=house.content,
    )
    again.heard = house.heard
    talk.house, talk.lines = again, Lines(again)
    await talk.says("Ben", "still here")
    assert last(talk, "Ana") == "Ben: still here"
    await talk.says("Ana", "me too")
    assert "Ana: me too" in last(talk, "Ben")
    await talk.wait(31 * MIN)
    assert not writes(talk)


async def test_what_was_said_has_an_end_on_his_phone_and_here(talk: Program) -> None:
    await talk.says("Ben", "a line")
    await talk.says("Ana", "her line")
    await talk.taps("Ben", "Open")
    place = len(talk.channel.sent)
    assert f"Ben:{place}" not in talk.channel.deleted
    await talk.says("Ben", "/back")
    assert f"Ben:{place}" in talk.channel.deleted
    with talk.house.db.read() as s:
        said = s.scalars(sa.select(Outbox).where(Outbox.key.startswith("writing:"))).all()
        assert len(said) == 2
        assert [row.text for row in said] == [None, None]
    shown = next(m for m in talk.channel.sent if "Ana: her line" in m.text)
    assert shown.protect


async def test_it_is_recorded_without_a_word_of_it(talk: Program) -> None:
    await talk.says("Ben", "a line")
    await talk.says("Ben", "/back")
    with talk.house.db.read() as s:
        did = s.scalars(sa.select(Audit.did).order_by(Audit.id)).all()
    assert [one for one in did if one.startswith("writing")] == [
        "writing_began",
        "writing_line",
        "writing_handed_back",
    ]


async def test_on_a_covered_phone_his_lines_wait_behind_a_harmless_one(program: Program) -> None:
    with program.house.db.write() as s:
        s.get_one(Client, client(program).id).cover = True
    await unlock(program, "Ben")
    await program.says("Ben", "/write Ana")
    assert "Somebody else may read that phone" in last(program, "Ben")
    await program.says("Ben", "is he home?")
    assert last(program, "Ana") == "The office left you a note."
    assert "home" not in screen(program, "Ana")
    with program.house.db.read() as s:
        kept = s.scalars(sa.select(ButtonRow.value).where(ButtonRow.does == "writing_note")).all()
        assert "home" not in "".join(kept)
    opened = program.buttons("Ana")[0].token
    await program.taps("Ana", "Open")
    assert last(program, "Ana") == "Ben: is he home?"
    await program.says("Ben", "call me when you can")
    await program.says("Ben", "/back")
    assert last(program, "Ana") == "That's all from the office for now."
    await tap_again(program, "Ana", opened)
    assert "home" not in last(program, "Ana")
    await program.taps("Ana", "Open")  # the one that she had not read yet
    assert last(program, "Ana") == "Ben: call me when you can"
    program.clock.move_by(timedelta(days=8))
    retain.tick(program.house)
    with program.house.db.read() as s:
        assert not s.scalars(sa.select(ButtonRow).where(ButtonRow.does == "writing_note")).all()


class Late:
    """An engine that comes back and has something to say."""

    async def turn(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        state = {"flow": None, "step": None, "asked_again": False}
        return {"replies": [{"response": "utter_help", "text": "late"}], "state": state}

    async def up(self) -> bool:
        return True


async def test_an_answer_that_comes_late_does_not_speak_over_him(program: Program) -> None:
    await program.says("Ana", "you there?")  # no engine yet: told that we are slow
    await unlock(program, "Ben")
    await program.says("Ben", "/write Ana")
    before = len(program.got("Ana"))
    program.house.engine = Late()
    await program.wait(5 * MIN)
    assert len(program.got("Ana")) == before


async def test_before_a_yes_and_on_a_break_nobody_writes(program: Program) -> None:
    await unlock(program, "Ben")
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        consent.pause(s, program.house, program.clock.now(), ana, timedelta(days=7))
    await program.says("Ben", "/write Ana")
    assert last(program, "Ben").startswith("Not sent:\nAna asked for a break.")
    await program.says("Ana", DANGER)
    await program.says("Ben", "/write Ana")
    assert writes(program)
