"""What is said about hours and days is true all week long, by the client's own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.hours import Span, Staffed
from bot.core.messages import InboundKind
from bot.core.people import Language
from bot.service.people import consent
from bot.store.tables import Client
from tests.support.program import MONDAY_NOON, Program, build

WEEK = (
    "Somebody reads Mon to Thu 9 am to 9 pm, Fri 9 am to 11 pm, Sat 11 am to 11 pm, "
    "Sun 11 am to 7 pm; other times nobody does. Telegram keeps"
)
SEMANA = (
    "Alguien lee lun a jue de 9 am a 9 pm, vie de 9 am a 11 pm, sáb de 11 am a 11 pm, "
    "dom de 11 am a 7 pm; a otras horas nadie. Telegram guarda"
)


async def hello(program: Program) -> str:
    await program.says("Ana", kind=InboundKind.START)
    return program.got("Ana")[-1].text


def staffed(program: Program, *shifts: tuple[int, str]) -> None:
    room = program.house.content
    spans = {weekday: Span.parse(span) for weekday, span in shifts}
    hours = Staffed(room.escalation.staffed.zone, spans)
    program.house.content = replace(room, escalation=replace(room.escalation, staffed=hours))


@pytest.mark.parametrize("day", range(7))
async def test_the_hello_names_the_whole_week_on_any_day(tmp_path: Path, day: int) -> None:
    program = build(tmp_path, consented=False, start=MONDAY_NOON + timedelta(days=day))
    assert WEEK in await hello(program)


async def test_in_spanish_too(tmp_path: Path) -> None:
    assert SEMANA in await hello(build(tmp_path, consented=False, language=Language.ES))


async def test_by_the_clients_own_clock(tmp_path: Path) -> None:
    program = build(tmp_path, consented=False)
    with program.house.db.write() as s:
        s.scalars(sa.select(Client)).one().timezone = "America/New_York"
    staffed(program, (2, "09:30-17:00"), (4, "22:00-06:00"))
    assert "reads Wed 10:30 am to 6 pm, Fri 11 pm to 7 am; other" in await hello(program)


async def test_without_shifts_no_hours_are_named(tmp_path: Path) -> None:
    program = build(tmp_path, consented=False)
    staffed(program)
    assert "Nobody reads at fixed hours. Telegram" in await hello(program)


@pytest.mark.parametrize(
    ("language", "said"),
    [(Language.EN, "a break until March 8."), (Language.ES, "descanso hasta el 8 de marzo.")],
)
async def test_the_end_of_a_break_is_a_day_with_its_month(
    tmp_path: Path, language: Language, said: str
) -> None:
    program = build(tmp_path, language=language)
    with program.house.db.write() as s:
        ana, at = s.scalars(sa.select(Client)).one(), program.clock.now()
        consent.pause(s, program.house, at, ana, timedelta(days=7))
    await program.settle()
    assert said in program.got("Ana")[-1].text


async def test_in_spanish_an_hour_has_its_article(tmp_path: Path) -> None:
    night = MONDAY_NOON + timedelta(hours=14)
    program = build(tmp_path, language=Language.ES, start=night)
    await program.says("Ana", "they outside")
    assert "hasta las 9:00 am" in program.got("Ana")[-1].text
