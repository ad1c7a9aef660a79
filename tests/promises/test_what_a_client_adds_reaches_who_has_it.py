"""Later messages join the alert, and whoever acknowledged reads them at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.alerts import AlertState, Move
from bot.core.messages import Kind
from bot.service.alerting import moves
from bot.store import people
from bot.store.tables import Alert, OnCall
from tests.support.program import Program, build
from tests.support.staff import worker

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


async def test_danger_again_after_they_talked_asks_again_for_somebody_who_has_it(
    program: Program,
) -> None:
    await program.says("Ana", "they outside my house rn")
    move(program, Move.ACKNOWLEDGE)
    move(program, Move.REACHED)
    await program.wait(40 * MIN)
    await program.says("Ana", "they outside again")
    assert len(alerts(program)) == 1
    assert alerts(program)[0].state is AlertState.TRIGGERED
    assert program.got("Ana", Kind.SAFETY)[-1].text.startswith("I'm paging Ben now.")
    await program.wait(6 * MIN)
    assert program.got("Cora", Kind.ESCALATION)
    assert any("Nobody has answered yet" in h.text for h in program.got("Ana", Kind.NOTICE))


async def test_what_comes_at_night_on_top_rings_as_it_would_by_itself(tmp_path: Path) -> None:
    evening = datetime(2027, 3, 2, 2, 50, tzinfo=UTC)  # Monday 20:50
    program = build(tmp_path, start=evening)
    await program.says("Ana", "he threatened me on here today")
    assert len(program.got("Ben", Kind.PAGE)) == 1
    with program.house.db.write() as s:
        shift = {"starts": evening + 10 * MIN, "ends": evening + 600 * MIN}
        s.add(OnCall(worker_id=worker(program, "Dev").id, **shift))
    await program.wait(timedelta(hours=4, minutes=40))
    assert not program.got("Dev")
    await program.says("Ana", "he threatened me again")
    pages = [m for m in program.channel.sent if m.chat == "Dev"]
    assert [m.silent for m in pages] == [False]
    assert len(program.got("Ben", Kind.PAGE)) == 1  # silent by itself, and it stands there
    for _ in range(3):
        await program.wait(5 * MIN)
        await program.says("Ana", "he threatened me again")
    assert len(program.got("Dev")) == 1


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
