"""A scenario is played on the real path: what it prints is what people would get, when, and why
not; the same file gives the same rows; a mistake in it gets its line."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.commands.simulate import command
from tests.support.rehearsal import PEOPLE, at, got, play

SENT = {"at", "to", "role", "channel", "kind", "text", "buttons", "about", "alert"}
SKIPPED = {"at", "to", "role", "kind", "skipped"}
THE_CONTRACTS_OWN = """
start: "2027-03-01T09:00:00-06:00"
until: "2027-03-08T09:00:00-06:00"
program: {timezone: America/Chicago}
workers:
  - {name: Ben, role: outreach_worker, email: ben@example.org}
  - {name: Cora, role: supervisor}
clients:
  - name: Ana
    worker: Ben
    language: en
    timezone: America/Chicago
    quiet_hours: "21:00-09:00"
    checkin_time: "10:00"
oncall: [{worker: Cora, from: "2027-03-01T18:00:00-06:00", to: "2027-03-02T08:00:00-06:00"}]
dates: [{client: Ana, kind: anniversary, what: brother, date: "2024-03-05", wants: messages}]
incidents: [{client: Ana, kind: lost_someone, at: "2027-03-01T08:00:00-06:00"}]
events:
  - {at: "2027-03-01T23:05:00-06:00", from: Ana, says: "they outside my house rn"}
  - {at: "2027-03-01T23:09:00-06:00", from: Ben, does: acknowledge}
  - {at: "2027-03-01T23:30:00-06:00", from: Ben, says: "reached"}
  - {at: "2027-03-02T12:00:00-06:00", fault: telegram_down, for: 2h}
"""


def test_the_contracts_own_scenario_gives_the_contracts_rows(tmp_path: Path) -> None:
    rows = play(THE_CONTRACTS_OWN, tmp_path)
    assert rows
    assert all(set(row) == (SKIPPED if "skipped" in row else SENT) for row in rows)
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    pages = [
        (row["channel"], at(row)) for row in rows if row["kind"] == "page" and row["to"] == "Ben"
    ]
    assert pages == [("telegram", "01T23:05"), ("email", "01T23:07")]
    assert got(rows, "Cora", "page") == ["01T23:05"]
    (letter,) = [row for row in rows if row.get("channel") == "email"]
    assert (letter["about"], letter["buttons"], letter["alert"]) == ("", [], 1)
    assert "Ana" not in letter["text"]
    (safety,) = [row for row in rows if row["kind"] == "safety"]
    assert (safety["to"], safety["role"], safety["channel"]) == ("Ana", "client", "telegram")
    assert safety["alert"] == 1
    assert "My plan" in safety["buttons"]
    assert got(rows, "Ana", "anniversary") == ["04T10:00", "05T10:00", "06T10:00"]
    assert got(rows, "Ben", "escalation") == []


def test_the_same_file_gives_the_same_rows(tmp_path: Path) -> None:
    many = THE_CONTRACTS_OWN.replace(
        "clients:\n",
        "clients:\n  - {name: Lu, worker: Ben}\n  - {name: Mo, worker: Cora}\n",
    )
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    assert play(many, first) == play(many, second)


def test_it_is_printed_as_one_ascii_object_a_line_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yml"
    file.write_text(
        'start: "2027-03-01T09:00:00-06:00"\nuntil: "2027-03-09T09:00:00-06:00"\n'
        "workers: [{name: Ben}]\nclients: [{name: Ana, worker: Ben, language: es}]\n"
    )
    result = CliRunner().invoke(command, [str(file)])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.stdout.isascii()
    assert [(at(row), row["kind"]) for row in rows] == [
        ("08T10:00", "checkin"),
        ("08T14:00", "nudge"),
    ]


def test_thirteen_months_take_seconds_and_start_no_engine(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yml"
    file.write_text(
        'start: "2027-03-01T09:00:00-06:00"\nuntil: "2028-04-01T09:00:00-06:00"\n'
        + PEOPLE
        + "dates:\n"
        '  - {client: Ana, kind: killing, date: "2027-02-25"}\n'
        '  - {client: Ana, kind: birthday, date: "2000-02-29", wants: worker_only}\n'
        'incidents: [{client: Ana, kind: lost_someone, at: "2027-02-25T20:00:00-06:00"}]\n'
    )
    began = time.monotonic()
    result = CliRunner().invoke(command, [str(file)])
    assert result.exit_code == 0, result.output
    assert time.monotonic() - began < 10
    assert result.stderr == ""
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    days = [row["at"][:10] for row in rows if row["kind"] == "anniversary" and "skipped" not in row]
    assert days[:3] == ["2027-03-25", "2027-05-25", "2027-08-25"]  # one, three, six months
    assert "2028-02-25" in days
    skipped = {row["skipped"] for row in rows if "skipped" in row}
    assert skipped == {"the client wants only their worker"}


def test_a_program_elsewhere_is_shown_its_own_hours(tmp_path: Path) -> None:
    """In New York nobody is at work at 21:30 any more, and at 9 am the shift has begun."""
    rows = play(
        """
start: "2027-03-01T09:30:00-05:00"
until: "2027-03-02T10:30:00-05:00"
program: {timezone: America/New_York}
workers: [{name: Ben}, {name: Cora, role: supervisor}]
clients: [{name: Ana, worker: Ben, timezone: America/Chicago}, {name: Ida, worker: Ben}]
events:
  - {at: "2027-03-01T21:30:00-05:00", from: Ana, says: "they outside my house rn"}
  - {at: "2027-03-01T21:31:00-05:00", from: Ben, does: acknowledge}
  - {at: "2027-03-02T09:20:00-05:00", from: Ida, says: "they outside my house rn"}
""",
        tmp_path,
    )
    evening, morning = [row["text"] for row in rows if row["kind"] == "safety"]
    assert "8:00 am" in evening  # nine in New York, on the wall of Ana in Chicago
    assert "on shift" not in morning
    assert got(rows, "Ben", "digest") == ["02T09:00"]


def test_while_telegram_is_down_pages_wait_and_then_leave(tmp_path: Path) -> None:
    rows = play(
        "events:\n"
        '  - {at: "2027-03-01T12:00:00-06:00", from: Ana, says: "they outside"}\n'
        '  - {at: "2027-03-01T12:00:01-06:00", fault: telegram_down, for: 1h}\n',
        tmp_path,
        span=("01T09:00", "01T14:00"),
    )
    assert got(rows, "Ben", "page") == ["01T12:00"]
    assert not [r for r in rows if "12:00:01" < r["at"][11:19] < "13:00:01"]
    assert "01T13:00" <= got(rows, "Cora", "escalation")[0] <= "01T13:05"


def test_what_is_written_while_the_service_is_down_is_read_first_thing(tmp_path: Path) -> None:
    rows = play(
        "events:\n"
        '  - {at: "2027-03-01T12:00:00-06:00", fault: service_down, for: 2h}\n'
        '  - {at: "2027-03-01T12:30:00-06:00", from: Ana, says: "they outside"}\n',
        tmp_path,
        span=("01T09:00", "01T14:00"),
    )
    assert got(rows, "Ben", "page") == ["01T14:00"]
    assert got(rows, "Ana", "safety") == ["01T14:00"]


def test_a_blocked_bot_becomes_the_workers_task_and_is_said_of_what_was_due(tmp_path: Path) -> None:
    rows = play(
        'events: [{at: "2027-03-02T12:00:00-06:00", fault: blocked_bot, who: Ana}]',
        tmp_path,
        span=("01T09:00", "09T09:00"),
    )
    assert got(rows, "Ben", "task")[0] == "02T12:00"
    due = [row for row in rows if row["to"] == "Ana"]
    assert [(at(row), row["kind"], row["skipped"]) for row in due][:1] == [
        ("08T10:00", "checkin", "blocked")
    ]


def test_what_a_worker_says_and_does_moves_the_alert(tmp_path: Path) -> None:
    rows = play(
        "events:\n"
        '  - {at: "2027-03-01T12:00:00-06:00", from: Ana, says: "they outside"}\n'
        '  - {at: "2027-03-01T12:01:00-06:00", from: Ben, says: "got it"}\n'
        '  - {at: "2027-03-01T12:20:00-06:00", from: Ben, does: reached}\n'
        '  - {at: "2027-03-01T12:30:00-06:00", from: Ben, does: close, outcome: reached safe}\n',
        tmp_path,
        span=("01T09:00", "01T18:00"),
    )
    assert got(rows, "Ben", "page") == ["01T12:00"]
    assert got(rows, "Ana", "notice") == ["01T12:01"]
    assert len(got(rows, "Ben", "reply")) == 3
    assert got(rows, "Cora", "escalation") == []


HEAD = 'start: "2027-03-01T09:00:00-06:00"\nuntil: "2027-03-08T09:00:00-06:00"\n'


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (HEAD + "workes: []\n", 3, "`workes` is not known"),
        (HEAD + "workers:\n  - {name: Ben, rol: x}\n", 4, "`rol` is not known"),
        (HEAD + "workers: [{name: Ben}]\nclients:\n  - {name: Ana, worker: Bob}\n", 5, "`Bob`"),
        (HEAD + "workers: [{name: Ben}, {name: ben}]\n", 3, "there twice"),
        ('start: "yesterday"\nuntil: "2027-03-08T09:00:00-06:00"\n', 1, "`yesterday` is no time"),
        ('start: "2027-03-01T09:00:00"\nuntil: "2027-03-08T09:00:00"\n', 1, "no offset"),
        ('start: "2027-03-01T09:00:00-06:00"\n', 1, "`until` is missing"),
        ('until: "2027-03-01T09:00:00-06:00"\nstart: "2027-03-08T09:00:00-06:00"\n', 1, "before"),
        (HEAD + "program: {timezone: Chicago/America}\n", 3, "no time zone"),
        (HEAD + PEOPLE + 'events:\n  - {at: "2027-03-02T12:00:00-06:00", from: Ana}\n', 9, "says"),
        (
            HEAD
            + PEOPLE
            + 'events:\n\n  - {at: "2027-03-02T25:00:00-06:00", from: Ana, says: hi}\n',
            10,
            "is no time",
        ),
        (
            HEAD
            + PEOPLE
            + 'events:\n  - {at: "2027-03-02T12:00:00-06:00", from: Ana, does: close}\n',
            9,
            "`Ana` is not known",
        ),
        (
            HEAD
            + PEOPLE
            + 'events:\n  - {at: "2027-03-02T12:00:00-06:00", fault: flood, for: 1h}\n',
            9,
            "`flood` is not known",
        ),
        (
            HEAD
            + PEOPLE
            + 'events:\n  - {at: "2027-03-02T12:00:00-06:00", fault: engine_down, for: long}\n',
            9,
            "`long` is no time span",
        ),
        (HEAD + PEOPLE + 'dates: [{client: Ana, kind: party, date: "2024-03-05"}]\n', 8, "`party`"),
        (HEAD + PEOPLE + 'dates: [{client: Ana, kind: court, date: "05.03."}]\n', 8, "is no day"),
        (HEAD + PEOPLE + "dates: [Ana]\n", 8, "no keys"),
        (HEAD + PEOPLE + "dates: {client: Ana}\n", 8, "no list"),
        (HEAD + "workers: [{name: Ben}\n", 3, ""),
        ("- a\n- b\n", 1, ""),
    ],
)
def test_a_mistake_in_the_file_gets_its_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: int, says: str
) -> None:
    file = tmp_path / "scenario.yml"
    file.write_text(text, encoding="utf-8")
    assert main(["simulate", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{file}:{line}: ")
    assert len(said.err.splitlines()) == 1
    assert says in said.err


def test_a_file_that_is_not_there_gets_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", str(tmp_path / "none.yml")]) == 2
    said = capsys.readouterr()
    assert "none.yml" in said.err
    assert "Traceback" not in said.err
