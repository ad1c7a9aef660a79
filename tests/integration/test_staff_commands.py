"""What a worker writes to their bot, from the link that lets them in to each command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.alerts import Move
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import Bot, InboundKind, Kind
from bot.core.people import ClientState, Language
from bot.errors import SafError
from bot.service import dates, staff
from bot.service.people import enrol
from bot.store import people
from bot.store.tables import Client, Counter, Inbox, Outbox, Worker
from tests.support.program import Program, build, client
from tests.support.staff import alert, last, looks, screen, unlock, worker


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Ana is active, Ben has her, Cora supervises, it is Monday noon."""
    return build(tmp_path)


@pytest.fixture
async def ben(program: Program) -> Program:
    """Ben has given his PIN."""
    await unlock(program, "Ben")
    return program


def link_for(program: Program, name: str) -> str:
    """Make a worker's one-time link and return its token."""
    with program.house.db.write() as s:
        found = people.worker_by_name(s, program.house.sealer, name)
        assert found is not None
        return enrol.invite(s, program.house, program.clock.now(), found, None)


async def test_a_link_lets_a_worker_in_once(program: Program) -> None:
    token = link_for(program, "Dev")
    await program.says("new phone", kind=InboundKind.START, token=token)
    said = [m.text for m in program.channel.sent if m.chat == "new phone"]
    assert said[0].startswith("You're in, Dev. Pages ring here")
    assert said[1].startswith("First choose a PIN")
    await program.says("third phone", kind=InboundKind.START, token=token)
    third = next(m.text for m in program.channel.sent if m.chat == "third phone")
    assert third.startswith("This bot is for the program's staff.")
    with program.house.db.read() as s:
        dev = people.worker_by_chat(s, program.house.sealer, "telegram", "new phone")
        assert dev is not None
        assert people.worker_by_chat(s, program.house.sealer, "telegram", "Dev") is None


async def test_a_new_link_drops_a_forgotten_pin(ben: Program) -> None:
    await ben.says("Ben", kind=InboundKind.START, token=link_for(ben, "Ben"))
    assert worker(ben, "Ben").pin is None
    assert last(ben, "Ben").startswith("First choose a PIN")


async def test_a_worker_with_a_dead_link_stays_who_they_are(program: Program) -> None:
    await program.says("Ben", kind=InboundKind.START, token="gone")
    assert last(program, "Ben").startswith("This link was used already")
    assert worker(program, "Ben").chat is not None


async def test_a_stranger_leaves_a_count_and_nothing_else(program: Program) -> None:
    await program.says("somebody", "who is this, my name is Zed")
    await program.says("somebody", kind=InboundKind.START)
    await program.says("somebody", kind=InboundKind.START, token="guess")
    await program.says("somebody", kind=InboundKind.BUTTON, token="guess")
    (answer,) = [m.text for m in program.channel.sent if m.chat == "somebody"]
    assert answer.startswith("This bot is for the program's staff.")
    with program.house.db.read() as s:
        assert s.get_one(Counter, "strangers").value == 4
        for row in s.scalars(sa.select(Inbox)):
            assert (row.text, row.chat, row.ref) == (None, None, None)


async def test_one_phone_may_be_a_workers_and_a_clients(program: Program) -> None:
    """Ben tries the client bot on his own phone; his pages still ring."""
    with program.house.db.write() as s:
        ana = people.client_by_alias(s, program.house.sealer, "Ana")
        assert ana is not None
        enrol.bind(s, program.house, ana, "telegram", "Ben")
    assert worker(program, "Ben").chat is not None


async def test_today_lists_what_is_open_and_what_to_know(ben: Program) -> None:
    await ben.says("Ana", "hmm the block is hot")
    await ben.taps("Ana", "Yes")
    await ben.says("Ana", "they outside my house rn")
    await ben.says("Ana", kind=InboundKind.PHOTO)
    await ben.taps("Ana", "No")
    await ben.says("Ben", "/today")
    lines = last(ben, "Ben").splitlines()
    assert lines[0] == "Open: 2"
    assert lines[1] == "#1 NOW: Ana, open, since 12:00 pm"
    assert lines[2] == "1. Ana: sent something the bot cannot open"
    assert lines[3].startswith("Before you next talk with Ana: tension or a beef")
    assert [b.label for b in ben.buttons("Ben")] == ["#1", "Done: 1"]
    await ben.taps("Ben", "Done: 1")
    assert last(ben, "Ben") == "Done, off your list."
    await ben.taps("Ben", "Done: 1")
    assert last(ben, "Ben") == "That one is off the list already."


async def test_after_a_contact_what_was_seen_before_is_old(ben: Program) -> None:
    await ben.says("Ana", "hmm the block is hot")
    await ben.taps("Ana", "Yes")
    await ben.wait(timedelta(minutes=1))
    await ben.says("Ana", "they outside my house rn")
    await ben.says("Ben", "reached her")
    await ben.says("Ben", "close, all good")
    await ben.says("Ben", "/today")
    assert last(ben, "Ben") == "Nothing is open, and nothing new to know."


async def test_a_supervisor_sees_what_is_open_for_everybody(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    await unlock(program, "Cora")
    await program.says("Cora", "/today")
    assert "#1 NOW: Ana, open" in last(program, "Cora")


async def test_checkin_asks_now_in_place_of_what_was_planned(ben: Program) -> None:
    await ben.says("Ben", "/checkin ana")
    assert last(ben, "Ben") == "Sent:\nAna is asked how the day is."
    assert len(ben.got("Ana", Kind.CHECKIN)) == 1
    await ben.says("Ben", "/checkin Ana")
    assert len(ben.got("Ana", Kind.CHECKIN)) == 2
    await ben.wait(timedelta(hours=30))
    assert client(ben).silences == 1
    assert "checkin_asked" in looks(ben, "Ben")


async def test_checkin_keeps_the_clients_quiet_hours(tmp_path: Path) -> None:
    night = build(tmp_path, start=datetime(2027, 3, 2, 5, 0, tzinfo=UTC))  # 11 in the evening
    await unlock(night, "Ben")
    await night.says("Ben", "/checkin Ana")
    assert last(night, "Ben").endswith("the question leaves at 9:00 am.")
    assert not night.got("Ana", Kind.CHECKIN)
    await night.wait(timedelta(hours=10))
    assert len(night.got("Ana", Kind.CHECKIN)) == 1


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ClientState.PAUSED, "Ana asked for a break"),
        (ClientState.LEFT, "Ana stopped the messages"),
        (ClientState.INVITED, "Ana has not said yes yet"),
    ],
)
async def test_checkin_says_why_not(ben: Program, state: ClientState, said: str) -> None:
    with ben.house.db.write() as s:
        s.execute(sa.update(Client).values(state=state))
    await ben.says("Ben", "/checkin Ana")
    assert said in last(ben, "Ben")
    assert not ben.got("Ana", Kind.CHECKIN)


async def test_a_date_is_kept_sealed(ben: Program) -> None:
    await ben.says("Ben", "/date Ana killing 2026-03-20 brother")
    assert "Kept:\nAna, 2026-03-20." in screen(ben, "Ben")
    with ben.house.db.read() as s:
        (found,) = dates.of_client(s, client(ben))
        assert dates.day_of(ben.house, client(ben), found).isoformat() == "2026-03-20"
        assert dates.what_of(ben.house, client(ben), found) == "brother"


@pytest.mark.parametrize(
    "words",
    ["Ana", "Ana killing", "Ana killing yesterday", "Ana wedding 2026-03-20", "Ana 2026-03-20"],
)
async def test_a_date_that_is_written_wrongly_shows_how(ben: Program, words: str) -> None:
    await ben.says("Ben", f"/date {words}")
    assert last(ben, "Ben").startswith("/date ALIAS KIND YYYY-MM-DD")
    with ben.house.db.read() as s:
        assert dates.of_client(s, client(ben)) == []


async def test_a_court_date_that_is_over_is_not_kept(ben: Program) -> None:
    await ben.says("Ben", "/date Ana court 2026-03-20")
    assert last(ben, "Ben").startswith("Not kept:")


async def test_an_invite_is_a_link_that_works_once(ben: Program) -> None:
    ben.house.bots = {Bot.CLIENT: "line_bot"}
    await ben.says("Ben", "/invite Ana")
    link = last(ben, "Ben").splitlines()[2]
    assert link.startswith("https://t.me/line_bot?start=")
    with ben.house.db.write() as s:
        now, token = ben.clock.now(), link.partition("start=")[2]
        assert enrol.redeem(s, ben.house, now, token, worker=True) is None
        assert enrol.redeem(s, ben.house, now, token, worker=False) is not None
        assert enrol.redeem(s, ben.house, now, token, worker=False) is None


async def test_too_many_open_links_are_refused_and_the_old_one_lives(ben: Program) -> None:
    with ben.house.db.write() as s:
        own = s.get_one(Worker, worker(ben, "Ben").id)
        for number in range(enrol.MOST_OPEN):
            other = people.add_client(
                s,
                ben.house.sealer,
                f"Client {number}",
                own,
                ben.clock.now(),
                language=Language.EN,
                zone="America/Chicago",
            )
            last_token = enrol.invite(s, ben.house, ben.clock.now(), other, own)
    await ben.says("Ben", "/invite Ana")
    assert last(ben, "Ben").startswith("You have 5 links that nobody has used yet.")
    with ben.house.db.write() as s:
        assert enrol.redeem(s, ben.house, ben.clock.now(), last_token, worker=False) is not None


async def test_an_alias_may_have_more_than_one_word(ben: Program) -> None:
    with ben.house.db.write() as s:
        own = s.get_one(Worker, worker(ben, "Ben").id)
        people.add_client(
            s,
            ben.house.sealer,
            "Big José",
            own,
            ben.clock.now(),
            language=Language.ES,
            zone="America/Chicago",
        )
    await ben.says("Ben", "/codeword big jose blue bird")
    assert "Big José" in last(ben, "Ben")
    found = client(ben, "Big José")
    box = people.box(ben.house.sealer, found)
    assert found.code_word is not None
    assert box.open("client.code_word", found.id, found.code_word) == "blue bird"


@pytest.mark.parametrize("words", ["/codeword Ana", "/codeword Ana ok", "/codeword Ana  yo "])
async def test_a_code_word_that_would_ring_by_mistake_is_not_kept(ben: Program, words: str) -> None:
    await ben.says("Ben", words)
    assert client(ben).code_word is None


@pytest.mark.parametrize(
    "kind", [InboundKind.VOICE, InboundKind.PHOTO, InboundKind.STICKER, InboundKind.LOCATION]
)
async def test_what_has_no_words_gets_help(program: Program, kind: InboundKind) -> None:
    await program.says("Ben", kind=kind)
    assert last(program, "Ben").startswith("/today")


@pytest.mark.parametrize("words", ["/", "/nonsense", "/restart", "/help@line_bot", "x" * 10_000])
async def test_what_is_no_command_gets_help(program: Program, words: str) -> None:
    await program.says("Ben", words)
    assert last(program, "Ben").startswith("/today")


async def test_a_worker_who_blocks_the_bot_is_told_to_the_supervisors(program: Program) -> None:
    await program.says("Ben", kind=InboundKind.BLOCKED)
    assert last(program, "Cora").startswith("Ben blocked the bot: pages cannot reach them.")


async def test_a_trial_rings_and_is_closed_with_the_answer(program: Program) -> None:
    from bot.service.alerting import alerts

    with program.house.db.write() as s:
        ana = people.client_by_alias(s, program.house.sealer, "Ana")
        assert ana is not None
        verdict = Verdict(Urgency.NOW, (Signal.CONTACT_REQUEST,), "")
        alerts.raise_alert(
            s, program.house, program.clock.now(), ana, verdict, inbox_id=None, trial=True
        )
    await program.settle()
    await program.says("Ben", "got it")
    assert last(program, "Ben").startswith("It rang.")
    assert alert(program).state == "closed"
    assert last(program, "Ana") == "Ben has seen it and is on it."
    await program.wait(timedelta(hours=2))
    assert not program.got("Cora")


async def test_words_and_pins_of_workers_are_not_kept(ben: Program) -> None:
    await ben.says("Ben", "/codeword Ana bluebird")
    await ben.says("Ben", "got it")
    with ben.house.db.read() as s:
        mine = sa.select(Inbox).where(Inbox.worker_id.is_not(None))
        assert all(row.text is None for row in s.scalars(mine))


async def test_handled_twice_is_handled_once(ben: Program) -> None:
    await ben.says("Ana", "they outside my house rn")
    await ben.says("Ben", "got it")
    with ben.house.db.read() as s:
        ids = list(s.scalars(sa.select(Inbox.id).where(Inbox.worker_id.is_not(None))))
        before = s.scalar(sa.select(sa.func.count()).select_from(Outbox))
    for id_ in ids:
        staff.handle(ben.house, id_)
    with ben.house.db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).select_from(Outbox)) == before


async def test_the_terminal_orders_a_move_and_the_answer_stands_in_the_outbox(
    program: Program,
) -> None:
    await program.says("Ana", "they outside my house rn")
    own = worker(program, "Ben").id
    said = staff.act(program.house, own, 1, Move.ACKNOWLEDGE)
    await program.settle()
    assert said == last(program, "Ben")
    assert said.startswith("You have #1.")
    assert staff.act(program.house, own, None, Move.CLOSE).endswith("closed: no outcome named.")
    assert staff.act(program.house, own, None, Move.CLOSE) == "Nothing is open for you."
    with pytest.raises(SafError, match="won is no outcome; use one of: reached_safe"):
        staff.act(program.house, own, 1, Move.CLOSE, "won")


async def test_the_terminal_has_no_order_for_dev(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    said = staff.act(program.house, worker(program, "Dev").id, 1, Move.ACKNOWLEDGE)
    assert said == "That is not yours, or it is from before. Nothing changed."
    assert alert(program).state == "triggered"


async def test_in_spanish_all_of_it_is_spanish(tmp_path: Path) -> None:
    spanish = build(tmp_path, language=Language.ES)
    await unlock_es(spanish)
    await spanish.says("Ana", "they outside my house rn")
    await spanish.taps("Ben", "Abrir")
    assert "Ana, sin verificar" in last(spanish, "Ben")
    await spanish.says("Ben", "yo voy")
    assert last(spanish, "Ben").startswith("Tienes el #1.")
    await spanish.says("Ben", "ya hablé con ella")
    await spanish.says("Ben", "cerrar, sin peligro")
    assert last(spanish, "Ben") == "#1 cerrado: Sin peligro."


async def unlock_es(program: Program) -> None:
    """Let Ben choose a PIN in Spanish."""
    await program.says("Ben", "/pin")
    await program.says("Ben", "482915")
    assert last(program, "Ben").startswith("PIN guardado.")
