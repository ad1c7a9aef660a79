"""Of two workers at once one has it; whoever comes later, taps twice, or taps what is over hears
how it stands, and nothing changes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.alerts import LogEvent
from bot.core.messages import Kind
from bot.store.tables import AlertLog, OnCall, Worker
from tests.support.program import Program
from tests.support.staff import alert, last, tap_again, unlock, worker

pytestmark = pytest.mark.both_databases

MIN = timedelta(minutes=1)


def taken(program: Program) -> int:
    """Return how often the alert was acknowledged."""
    with program.house.db.read() as s:
        asked = sa.select(sa.func.count()).where(AlertLog.event == LogEvent.ACKNOWLEDGED)
        return s.scalar(asked) or 0


@pytest.fixture
async def both(program: Program) -> Program:
    """Ana is in danger; after five minutes Ben and Cora are both paged and have looked."""
    await unlock(program, "Ben")
    await unlock(program, "Cora")
    await program.says("Ana", "they outside my house rn")
    await program.wait(5 * MIN)
    await program.taps("Ben", "Open")
    await program.taps("Cora", "Open")
    return program


async def test_of_two_at_once_one_has_it(both: Program) -> None:
    await asyncio.gather(both.says("Ben", "got it"), both.says("Cora", "got it"))
    assert taken(both) == 1
    has_it = alert(both).acknowledged_by
    first, second = ("Ben", "Cora") if has_it == worker(both, "Ben").id else ("Cora", "Ben")
    assert any(h.text.startswith("You have #1.") for h in both.got(first))
    assert not any(h.text.startswith("You have #1.") for h in both.got(second))
    assert last(both, second) == f"{first} has #1."
    notices = [h.text for h in both.got("Ana", Kind.NOTICE) if "has seen it" in h.text]
    assert notices == [f"{first} has seen it and is on it."]


async def test_who_takes_back_what_they_said_is_asked_and_the_page_goes_on(both: Program) -> None:
    await both.says("Ben", "got it but im out of town")
    asked = both.got("Ben")[-1]
    assert asked.text == "Not sure what you mean for #1. Nothing changed. Tap one:"
    assert [label for label, _ in asked.buttons] == ["I've got it", "Reached", "Pass on", "Close"]
    assert taken(both) == 0
    pages = len(both.got("Ben", Kind.PAGE, Kind.ESCALATION))
    await both.wait(10 * MIN)
    assert len(both.got("Ben", Kind.PAGE, Kind.ESCALATION)) > pages
    assert not any("has seen it" in h.text for h in both.got("Ana", Kind.NOTICE))


async def test_a_double_tap_changes_nothing_and_says_so(both: Program) -> None:
    button = next(b for b in both.buttons("Ben") if b.label == "I've got it")
    await tap_again(both, "Ben", button.token)
    await tap_again(both, "Ben", button.token)
    assert taken(both) == 1
    assert last(both, "Ben") == "#1 is taken already; nothing changed."
    assert len([h for h in both.got("Ana", Kind.NOTICE) if "has seen it" in h.text]) == 1


async def test_the_same_update_twice_is_one_tap(both: Program) -> None:
    await both.says("Ben", "got it", update_id="same")
    before = len(both.heard)
    await both.says("Ben", "got it", update_id="same")
    assert len(both.heard) == before


async def test_who_comes_later_hears_who_has_it(both: Program) -> None:
    await both.says("Ben", "yo voy")
    await both.taps("Cora", "I've got it")
    assert last(both, "Cora") == "Ben has #1."
    await both.taps("Cora", "Pass on")
    assert last(both, "Cora") == "Ben has #1."
    assert alert(both).acknowledged_by == worker(both, "Ben").id


async def test_a_supervisor_may_close_it_and_who_has_it_hears_that(both: Program) -> None:
    await both.says("Ben", "got it")
    await both.says("Cora", "close #1, no danger")
    assert last(both, "Cora") == "#1 is closed: No danger."
    assert last(both, "Ben") == "#1: Cora marked it closed."


async def test_a_closed_alert_opens_to_nothing(both: Program) -> None:
    opener = next(m for m in both.channel.sent if m.chat == "Cora" and m.text == "#1, open")
    await both.says("Ben", "close, no danger")
    await tap_again(both, "Cora", opener.buttons[0][0].token)
    assert last(both, "Cora") == "#1 is closed already; nothing changed."


async def test_closing_asks_how_it_ended(both: Program) -> None:
    await both.says("Ben", "got it")
    await both.says("Ben", "reached her")
    await both.taps("Ben", "Close")
    assert last(both, "Ben") == "#1: how did it end?"
    assert alert(both).state == "reached"
    await both.taps("Ben", "Reached, safe")
    assert (alert(both).state, alert(both).outcome) == ("closed", "reached_safe")


async def test_how_it_ended_may_be_written(both: Program) -> None:
    await both.says("Ben", "close")
    await both.says("Ben", "Not reached")
    assert (alert(both).state, alert(both).outcome) == ("closed", "not_reached")


async def test_who_cannot_go_brings_the_next_person_sooner(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    assert not program.got("Cora")
    await program.says("Ben", "can't")
    assert last(program, "Ben") == "#1: okay, not you. The next person is paged."
    assert program.got("Cora")
    assert not any("can't be the one" in h.text for h in program.got("Ana"))


async def test_passed_on_it_rings_for_the_others_and_the_client_hears_it(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "got it")
    await program.says("Ben", "can't")
    assert alert(program).state == "triggered"
    assert last(program, "Ana") == "Ben can't be the one right now. I'm asking the others."
    assert program.got("Cora")


def rings(program: Program, who: str) -> int:
    """Return how often somebody's phone was paged."""
    return len(program.got(who, Kind.PAGE, Kind.ESCALATION))


def on_call(program: Program, who: str) -> None:
    """Give somebody the shift."""
    now = program.clock.now()
    with program.house.db.write() as s:
        s.add(OnCall(worker_id=worker(program, who).id, starts=now, ends=now + 600 * MIN))


async def test_passed_on_by_the_supervisor_it_rings_for_all_who_were_told_that_she_has_it(
    program: Program,
) -> None:
    on_call(program, "Dev")
    await program.says("Ana", "they outside my house rn")
    await program.wait(6 * MIN)
    await program.says("Cora", "got it")
    assert last(program, "Dev") == "Cora has #1."
    before = {who: rings(program, who) for who in ("Ben", "Cora", "Dev")}
    await program.wait(2 * MIN)
    await program.says("Cora", "can't")
    rang = {who for who, count in before.items() if rings(program, who) > count}
    assert rang == {"Ben", "Dev"}
    assert last(program, "Ana") == "Cora can't be the one right now. I'm asking the others."


async def test_who_cannot_and_would_be_next_is_passed_over(program: Program) -> None:
    on_call(program, "Cora")
    await program.says("Ana", "they outside my house rn")
    before = {who: rings(program, who) for who in ("Ben", "Cora")}
    await program.says("Cora", "can't")
    assert last(program, "Cora") == "#1: okay, not you. The next person is paged."
    assert rings(program, "Cora") == before["Cora"]
    assert rings(program, "Ben") == before["Ben"] + 1


async def test_where_nobody_else_is_left_nobody_is_told_otherwise(program: Program) -> None:
    with program.house.db.write() as s:
        for name in ("Cora", "Dev"):
            s.get_one(Worker, worker(program, name).id).active = False
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "can't")
    assert last(program, "Ben").startswith("#1: okay. But nobody else can be paged")
    assert rings(program, "Ben") == 2
    await program.says("Ben", "got it")
    await program.says("Ben", "can't")
    assert "can't get through to anybody else yet" in last(program, "Ana")
    await program.wait(15 * MIN)
    assert rings(program, "Ben") >= 3


async def test_still_trying_changes_nothing(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "got it")
    await program.says("Ben", "can't reach her")
    assert alert(program).state == "acknowledged"
    assert last(program, "Ben").startswith("#1 is taken, Ben; nothing changed.")


async def test_with_two_at_hand_words_without_a_number_choose_none(program: Program) -> None:
    """Marking the wrong one as reached would silence the other."""
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "got it")
    await program.wait(timedelta(minutes=59))
    await program.says("Ben", "reached her")
    await program.wait(timedelta(minutes=10))
    await program.says("Ana", "they outside again")
    await program.says("Ben", "got it")
    await program.says("Ben", "close, no danger")
    assert last(program, "Ben") == "Which one? Nothing changed yet."
    assert (alert(program, 1).state, alert(program, 2).state) == ("reached", "acknowledged")
    await program.taps("Ben", "#1")
    assert (alert(program, 1).state, alert(program, 2).state) == ("closed", "acknowledged")


async def test_what_is_not_understood_gets_help_and_changes_nothing(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "who is that?")
    assert last(program, "Ben").startswith("/today")
    assert alert(program).state == "triggered"


async def test_eli_who_left_is_a_stranger(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.says("Eli", "got it #1")
    sent = [m.text for m in program.channel.sent if m.chat == "Eli"]
    assert len(sent) == 1
    assert sent[0].startswith("This bot is for the program's staff.")
    assert alert(program).state == "triggered"


async def test_closed_at_once_the_client_hears_who_saw_it_and_the_others_may_rest(
    both: Program,
) -> None:
    await both.says("Ben", "close, no danger")
    assert last(both, "Ana").startswith("Ben has seen it.")
    assert last(both, "Cora") == "#1: Ben marked it closed."
    await both.wait(timedelta(hours=3))
    assert not [h for h in both.got("Cora", Kind.ESCALATION) if h.at > alert(both).closed_at]


async def test_two_taps_on_pass_on_skip_nobody(both: Program) -> None:
    await both.says("Ben", "got it")
    await both.taps("Ben", "Pass on")
    rang = len(both.got("Cora", Kind.PAGE, Kind.ESCALATION))
    await both.taps("Ben", "Pass on")
    assert last(both, "Ben") == "#1: okay, not you. The next person is paged."
    assert len(both.got("Cora", Kind.PAGE, Kind.ESCALATION)) == rang
    assert alert(both).state == "triggered"


async def test_who_passed_it_on_may_take_it_after_all(both: Program) -> None:
    await both.says("Ben", "got it")
    await both.taps("Ben", "Pass on")
    await both.says("Ben", "yo voy")
    assert alert(both).acknowledged_by == worker(both, "Ben").id
    assert last(both, "Cora") == "Ben has #1."


async def test_an_old_page_after_it_rang_again_is_as_good_as_the_new_one(both: Program) -> None:
    old = next(b for b in both.buttons("Ben") if b.label == "I've got it")
    await both.says("Ben", "got it")
    await both.wait(timedelta(minutes=61))
    assert alert(both).state == "triggered"
    await tap_again(both, "Cora", old.token)
    assert alert(both).state == "triggered"
    await tap_again(both, "Ben", old.token)
    assert last(both, "Ben").startswith("You have #1.")
