"""A quarter's figures: how soon somebody was there, for the program and never by worker; what
funders get is counts, small ones hidden, and nothing in it is about a person, a place or a day."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.commands.report import command
from bot.core.alerts import Move
from bot.core.plan import NeedKind, NeedState
from bot.core.quarters import Days, last_quarter, shown
from bot.service import staff
from bot.service.figures import figures
from bot.store import people
from bot.store.tables import Alert, Need, Plan
from tests.support.program import Program, build, run
from tests.support.staff import worker

DANGER = "they outside my house rn"
# Minutes until Ben has it; the last one nobody ever had.
WAITS = (1, 2, 3, 4, 4, 6, 8, 10, 20, 30, 90, None)
QUARTER = Days(date(2027, 1, 1), date(2027, 3, 31))


class _Undone(Exception):
    """Leaves the quarter as it was."""


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A quarter in which an alert came each week, two of them for nothing, and one after it."""
    program = build(tmp_path_factory.mktemp("quarter"), start=datetime(2027, 1, 4, 18, tzinfo=UTC))
    run(live(program))
    return program


async def live(program: Program) -> None:
    for number, wait in enumerate(WAITS, start=1):
        await program.says("Ana", DANGER)
        if wait is not None:
            await program.wait(timedelta(minutes=wait))
            await program.says("Ben", "got it")
        outcome = "no_danger" if number in (2, 5) else "reached_safe"
        staff.act(program.house, worker(program, "Ben").id, number, Move.CLOSE, outcome)
        await program.settle()
        await program.wait(timedelta(days=7))
    await program.wait(timedelta(days=7))
    await program.says("Ana", DANGER)
    assert program.clock.now().date() > QUARTER.last


def report(program: Program, days: Days = QUARTER) -> dict[str, Any]:
    with program.house.db.read() as s:
        return figures(s, days, "America/Chicago")


def test_how_soon_somebody_was_there(quarter: Program) -> None:
    response = report(quarter)["response"]
    assert response["alerts"] == len(WAITS)
    assert response["acknowledged"] == len(WAITS) - 1
    assert response["median_minutes"] == 6
    assert response["p95_minutes"] == 90
    assert response["under_5_minutes_percent"] == round(5 / len(WAITS) * 100)
    # Two pages of one person each were false; who else was paged for the others is in the pages.
    assert response["false_pages_a_week"] == round(2 / QUARTER.weeks, 1)
    assert response["pages_a_week"] > response["false_pages_a_week"]


def test_a_trial_and_what_lies_outside_the_span_count_for_nothing(quarter: Program) -> None:
    before = report(quarter)["response"]["alerts"]
    with pytest.raises(_Undone), quarter.house.db.write() as s:
        s.get_one(Alert, 1).trial = True
        s.flush()
        assert figures(s, QUARTER, "America/Chicago")["response"]["alerts"] == before - 1
        raise _Undone
    empty = report(quarter, Days(date(2026, 1, 1), date(2026, 3, 31)))["response"]
    assert empty["alerts"] == 0 and empty["median_minutes"] is None


def test_small_counts_are_hidden_and_nothing_names_anybody(quarter: Program) -> None:
    found = report(quarter)
    assert found["funders"] == {
        "clients_served": "<10",
        "plans_made": "<10",
        "alerts_answered": 11,
        "referrals": "<10",
    }
    text = json.dumps(found)
    for word in ("Ana", "Ben", "Cora", "weapon", "retaliation", "immediate_threat", "worker"):
        assert word not in text


def test_ten_of_something_are_shown(quarter: Program) -> None:
    house, at = quarter.house, datetime(2027, 2, 1, 18, 0, tzinfo=UTC)
    with pytest.raises(_Undone), house.db.write() as s:
        ben = people.worker_by_name(s, house.sealer, "Ben")
        assert ben is not None
        for number in range(10):
            one = people.add_client(
                s, house.sealer, f"c{number}", ben, at, language=ben.language, zone=ben.timezone
            )
            s.add(Plan(client_id=one.id, version=0, made_at=at, changed_at=at, reviewed_at=at))
            for state in (NeedState.ARRANGED, NeedState.DECLINED):
                s.add(
                    Need(
                        client_id=one.id, kind=NeedKind.RIDE, state=state, made_at=at, changed_at=at
                    )
                )
        s.flush()
        found = figures(s, QUARTER, "America/Chicago")["funders"]
        assert (found["clients_served"], found["plans_made"], found["referrals"]) == (11, 10, 10)
        raise _Undone


def test_the_last_quarter_is_the_one_that_is_over() -> None:
    assert last_quarter(date(2027, 4, 1)) == QUARTER
    assert last_quarter(date(2027, 3, 31)) == Days(date(2026, 10, 1), date(2026, 12, 31))
    assert (shown(9), shown(10), shown(0)) == ("<10", 10, "<10")


def test_the_command_prints_a_table_and_json(tmp_path: Path) -> None:
    program = build(tmp_path)
    program.house.db.close()
    invoke = CliRunner().invoke
    span = ["--home", str(tmp_path), "--from", "2027-01-01", "--to", "2027-03-31"]
    table = invoke(command, span)
    assert table.exit_code == 0, table.output
    assert "minutes to acknowledge, median" in table.output and "<10" in table.output
    as_json = invoke(command, [*span, "--json"])
    assert json.loads(as_json.output)["to"] == "2027-03-31"
    wrong = invoke(command, [*span[:-1], "2026-01-01"])
    assert wrong.exit_code != 0 and "is before" in str(wrong.exception)
