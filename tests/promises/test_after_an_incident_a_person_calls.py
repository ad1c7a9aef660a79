"""On the day something happened the first word is a person's call; the assistant is silent that
day, asks daily from the next, and nothing ties the client to anybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.messages import Kind
from bot.core.people import PhoneState, Situation
from bot.service import incidents
from bot.service.people import enrol
from bot.store.tables import Base, Client, Incident
from tests.support.days import happens, when
from tests.support.program import Program, client

CALL = "a call by a person"


@pytest.mark.parametrize("kind", list(Situation))
async def test_the_worker_is_asked_to_call_and_the_client_hears_nothing_that_day(
    program: Program, kind: Situation
) -> None:
    happens(program, kind)
    await program.wait(timedelta(hours=12))
    (_,) = (task for task in program.got("Ben", Kind.TASK) if CALL in task.text)
    assert program.got("Ana") == []
    assert client(program).situation is kind
    await program.wait(timedelta(hours=12))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-02 10:00"]


async def test_a_client_whom_we_stopped_asking_is_asked_again(program: Program) -> None:
    await program.wait(timedelta(days=40))
    asked = len(program.got("Ana", Kind.CHECKIN))
    happens(program)
    await program.wait(timedelta(days=1))
    assert len(program.got("Ana", Kind.CHECKIN)) == asked + 1


async def test_one_that_is_long_past_sets_the_pace_but_asks_for_no_call_today(
    program: Program,
) -> None:
    with program.house.db.write() as s:
        now = program.clock.now()
        ana = s.scalars(sa.select(Client)).one()
        past = now - timedelta(days=20)
        incidents.record(s, program.house, now, ana, Situation.RECENTLY_SHOT, past)
    await program.wait(timedelta(days=5))
    assert not [task for task in program.got("Ben", Kind.TASK) if CALL in task.text]
    assert when(program, "Ana", Kind.CHECKIN)[0] == "2027-03-02 10:00"


async def test_after_a_death_nobody_is_asked_to_call_the_dead(program: Program) -> None:
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        enrol.set_phone(s, program.house, program.clock.now(), ana, PhoneState.DECEASED, "Ben")
    happens(program)
    await program.wait(timedelta(days=30))
    assert program.got("Ana") == []
    # The worker who lost a client is looked after all the same.
    assert program.got("Ben") and not [h for h in program.heard if CALL in h.text]


async def test_after_violence_at_home_a_phone_shows_harmless_lines_only(program: Program) -> None:
    happens(program, Situation.PARTNER_VIOLENCE)
    await program.wait(timedelta(days=1))
    assert client(program).cover
    assert "How's today?" not in program.got("Ana", Kind.CHECKIN)[-1].text


def test_no_row_ties_a_client_to_another_person() -> None:
    assert set(Incident.__table__.columns.keys()) == {"id", "client_id", "kind", "at", "made_at"}
    for table in Base.metadata.tables.values():
        clients = [key for key in table.foreign_keys if key.column.table.name == "client"]
        assert len(clients) <= 1, table.name
