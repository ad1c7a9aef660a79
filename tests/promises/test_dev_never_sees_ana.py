"""Dev is a worker of the same program, and never gets to see Ana: not by a tap, a command or a
number, not even that she is there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.people import Role
from bot.service.people import enrol
from bot.store import people
from bot.store.tables import OnCall
from tests.support.program import Program, client
from tests.support.staff import alert, last, looks, screen, tap_again, unlock, worker

NO = "You have no client of that name. Nothing changed."


@pytest.fixture
async def alarmed(program: Program) -> Program:
    """Ana is in danger; Dev has given a PIN."""
    await unlock(program, "Dev")
    await program.says("Ana", "they outside my house rn")
    return program


@pytest.mark.parametrize(
    "command",
    [
        "/checkin Ana",
        "/date Ana killing 2026-03-01",
        "/invite Ana",
        "/phone Ana",
        "/codeword Ana bluebird",
    ],
)
async def test_a_command_about_ana_says_what_it_says_about_nobody(
    alarmed: Program, command: str
) -> None:
    await alarmed.says("Dev", command)
    about_ana = last(alarmed, "Dev")
    await alarmed.says("Dev", command.replace("Ana", "Zoe"))
    assert about_ana == last(alarmed, "Dev") == NO
    assert client(alarmed).code_word is None


async def test_her_alert_is_not_his_to_open_or_to_take(alarmed: Program) -> None:
    page = alarmed.buttons("Ben")[0]
    await tap_again(alarmed, "Dev", page.token)
    for words in ("got it", "got it #1", "reached #1", "close #1, no danger", "/today"):
        await alarmed.says("Dev", words)
    assert alert(alarmed).state == "triggered"
    assert "Ana" not in screen(alarmed, "Dev")
    assert "outside" not in screen(alarmed, "Dev")
    assert "alert_opened" not in looks(alarmed, "Dev")


async def test_on_call_he_gets_what_this_page_needs_and_nothing_after(alarmed: Program) -> None:
    """Whoever is on call is paged for anybody's client; that opens one alert, not the client."""
    now = alarmed.clock.now()
    with alarmed.house.db.write() as s:
        dev = worker(alarmed, "Dev").id
        s.add(OnCall(worker_id=dev, starts=now, ends=now + timedelta(hours=12)))
    await alarmed.says("Ana", "they got a gun outside, they outside")
    await alarmed.says("Ben", "can't")
    await alarmed.wait(timedelta(minutes=15))
    await alarmed.says("Dev", "got it")
    assert alert(alarmed).acknowledged_by == dev
    await unlock(alarmed, "Dev")
    await alarmed.says("Dev", "/checkin Ana")
    assert last(alarmed, "Dev") == NO


async def test_given_to_another_worker_the_old_pages_open_nothing(alarmed: Program) -> None:
    await unlock(alarmed, "Ben")
    opener = next(m for m in alarmed.channel.sent if m.chat == "Ben" and m.text == "#1, open")
    with alarmed.house.db.write() as s:
        ana = people.client_by_alias(s, alarmed.house.sealer, "Ana")
        assert ana is not None
        cora = s.get_one(type(worker(alarmed, "Cora")), worker(alarmed, "Cora").id)
        enrol.hand_over(s, alarmed.house, alarmed.clock.now(), ana, cora)
    await alarmed.settle()
    before = screen(alarmed, "Ben")
    await tap_again(alarmed, "Ben", opener.buttons[0][0].token)
    await alarmed.says("Ben", "got it #1")
    await alarmed.says("Ben", "/today")
    assert "Ana" not in screen(alarmed, "Ben")[len(before) :]
    assert alert(alarmed).state == "triggered"


async def test_an_operator_sees_no_client_at_all(alarmed: Program) -> None:
    with alarmed.house.db.write() as s:
        dev = s.get_one(type(worker(alarmed, "Dev")), worker(alarmed, "Dev").id)
        dev.role = Role.OPERATOR
    for words in ("/today", "/phone Ana", "got it #1"):
        await alarmed.says("Dev", words)
    assert "Ana" not in screen(alarmed, "Dev")
    assert alert(alarmed).state == "triggered"
