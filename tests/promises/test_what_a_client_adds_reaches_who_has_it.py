"""Later messages join the alert, and whoever acknowledged reads them at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.alerts import AlertState, Move
from bot.core.messages import Kind
from bot.service.alerting import moves
from bot.store import people
from bot.store.tables import Alert
from tests.support.program import Program

pytestmark = pytest.mark.both_databases

MIN = timedelta(minutes=1)


def move(program: Program, what: Move, who: str = "Ben") -> bool:
    with program.house.db.write() as s:
        worker = people.worker_by_name(s, program.house.sealer, who)
        assert worker is not None
        alert = s.scalars(sa.select(Alert).order_by(Alert.id.desc())).first()
        assert alert is not None
        return moves.move(s, program.house, program.clock.now(), alert, worker, what)


def alerts(program: Program) -> list[Alert]:
    with program.house.db.read() as s:
        return list(s.scalars(sa.select(Alert).order_by(Alert.id)))


async def test_acknowledged_is_told_and_stops_the_chain(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    assert move(program, Move.ACKNOWLEDGE)
    await program.settle()
    assert program.got("Ana", Kind.NOTICE)[-1].text == "Ben has seen it and is on it."
    await program.wait(30 * MIN)
    assert not program.got("Cora")


async def test_only_one_of_two_workers_has_it(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    assert move(program, Move.ACKNOWLEDGE, "Ben")
    assert not move(program, Move.ACKNOWLEDGE, "Cora")


async def test_more_of_the_same_pages_only_who_has_it(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    move(program, Move.ACKNOWLEDGE)
    await program.says("Ana", "they outside still")
    assert len(program.got("Ben", Kind.PAGE)) == 2
    assert len(alerts(program)) == 1
    assert alerts(program)[0].state is AlertState.ACKNOWLEDGED
    assert "Ben has it" in program.got("Ana", Kind.SAFETY)[-1].text


async def test_a_new_signal_starts_the_chain_again(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    move(program, Move.ACKNOWLEDGE)
    await program.says("Ana", "he threatened me too")
    assert alerts(program)[0].state is AlertState.TRIGGERED
    await program.wait(6 * MIN)
    assert program.got("Cora", Kind.ESCALATION)


async def test_an_hour_after_the_acknowledgement_it_is_a_new_alert(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    move(program, Move.ACKNOWLEDGE)
    move(program, Move.REACHED)
    await program.wait(61 * MIN)
    await program.says("Ana", "they outside again")
    first, second = alerts(program)
    assert second.linked_id == first.id


async def test_not_marked_reached_it_rings_again(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    move(program, Move.ACKNOWLEDGE)
    await program.wait(59 * MIN)
    assert len(program.got("Ben", Kind.PAGE)) == 1
    await program.wait(1 * MIN)
    assert len(program.got("Ben", Kind.PAGE, Kind.ESCALATION)) == 2


async def test_passed_on_it_goes_to_the_next_step_at_once(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    move(program, Move.ACKNOWLEDGE)
    move(program, Move.RELEASE)
    await program.settle()
    assert program.got("Cora")
    assert "asking the others" in program.got("Ana", Kind.NOTICE)[-1].text
