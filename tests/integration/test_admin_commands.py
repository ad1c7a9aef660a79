"""The commands of administration: what they print, and one sentence for whatever is wrong."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import cli
from bot.clock import SystemClock
from bot.settings import read
from bot.store import people
from bot.store.tables import Alert, Client, Due, Task
from bot.wiring import open_database
from tests.support.program import Program, build, client
from tests.support.staff import alert, worker

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def saf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command in the test's own home; return its exit code, stdout and stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main([*words, "--home", str(tmp_path)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def staffed(saf: Run) -> Run:
    """Ben and Cora are recorded, Ana is Ben's client."""
    assert saf("worker", "add", "Ben")[0] == 0
    assert saf("worker", "add", "Cora", "--role", "supervisor", "--language", "es")[0] == 0
    assert saf("client", "add", "Ana", "--worker", "Ben")[0] == 0
    return saf


def test_a_worker_gets_a_link_that_is_shown_once(saf: Run) -> None:
    code, out, _ = saf("worker", "add", "Ben", "--timezone", "America/New_York")
    assert code == 0
    assert out.splitlines()[0] == "Ben is recorded as outreach_worker."
    assert out.splitlines()[2].startswith("/start ")
    assert saf("worker", "list")[1] == (
        "Ben: outreach_worker, 0 clients, NOT REACHABLE: link not used yet\n"
    )


def test_with_the_bots_name_the_link_opens_telegram(
    saf: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAF_WORKER_BOT", "@staff_line_bot")
    out = saf("worker", "add", "Ben")[1]
    assert out.splitlines()[2].startswith("https://t.me/staff_line_bot?start=")


def test_a_client_is_recorded_as_it_was_said(staffed: Run, tmp_path: Path) -> None:
    code, out, _ = staffed(
        *("client", "add", "Bo", "--worker", "ben", "--language", "es"),
        *("--timezone", "America/Denver", "--quiet", "22:00-08:00", "--checkin-time", "18:30"),
        *("--situation", "partner_violence", "--code-word", "bluebird"),
    )
    assert code == 0
    assert out.startswith("Bo is recorded as Ben's client. Open the link on their phone, together.")
    database, sealer = open_database(read({}, tmp_path))
    with database.read() as s:
        bo = people.client_by_alias(s, sealer, "BO")
        assert bo is not None
        assert (bo.language, bo.timezone, bo.quiet_from, bo.quiet_to, bo.checkin_time) == (
            *("es", "America/Denver", "22:00", "08:00", "18:30"),
        )
        assert bo.cover
        assert bo.state == "invited"
        box = people.box(sealer, bo)
        assert bo.code_word is not None
        assert box.open("client.code_word", bo.id, bo.code_word) == "bluebird"


def test_without_a_phone_the_check_ins_are_planned_for_the_worker(
    staffed: Run, tmp_path: Path
) -> None:
    code, out, _ = staffed("client", "add", "Bo", "--worker", "Ben", "--no-phone")
    assert (code, out) == (0, "Bo is recorded as Ben's client.\n")
    database, sealer = open_database(read({}, tmp_path))
    with database.read() as s:
        bo = people.client_by_alias(s, sealer, "Bo")
        assert bo is not None
        assert bo.state == "active"
        assert s.scalars(sa.select(Due.kind).where(Due.client_id == bo.id)).all() == ["checkin"]


WRONG = [
    (("client", "add", "Ana", "--worker", "Ben"), "There is a client Ana already"),
    (("client", "add", "á n a", "--worker", "Zed"), "There is no worker Zed"),
    (("client", "add", "/Ana", "--worker", "Ben"), "'/Ana' is no alias"),
    (("client", "add", "Bo", "--worker", "Ben", "--timezone", "Mars"), "'Mars' is no time zone"),
    (("client", "add", "Bo", "--worker", "Ben", "--quiet", "night"), "'night' are no hours"),
    (("client", "add", "Bo", "--worker", "Ben", "--checkin-time", "noon"), "is no time of day"),
    (("client", "add", "Bo", "--worker", "Ben", "--checkin-time", "23:00"), "in the quiet hours"),
    (("client", "add", "Bo", "--worker", "Ben", "--code-word", "yo"), "A code word needs 4"),
    (("client", "date", "Zed", "court", "2030-01-01"), "There is no client Zed"),
    (("client", "date", "Ana", "court", "soon"), "'soon' is no day"),
    (("client", "date", "Ana", "court", "2020-01-01"), "cannot be meant for a court"),
    (("client", "incident", "Ana", "recently_shot", "--on", "2199-01-01"), "has not come yet"),
    (("client", "hand-over", "Ana", "--to", "Ben"), "Ana is Ben's client already"),
    (("client", "phone", "Ana", "ok"), "Ana's phone is ok already"),
    (("client", "never-tell", "Ana", "Ben"), "give the client another worker first"),
    (("client", "never-tell", "Ana", "Cora", "--instead", "Cora"), "name somebody else"),
    (("client", "never-tell", "Ana", "Cora", "--undo"), "do not stand on that client's list"),
    (("worker", "hand-over", "Ben", "Ben"), "goes to somebody else"),
    (
        ("worker", "away", "Ben", "--from", "x", "--to", "y", "--substitute", "Cora"),
        "'x' is no time",
    ),
    (("worker", "back", "Ben"), "They are not away"),
    (("worker", "add", "ben"), "There is a worker ben already"),
    (("worker", "add", " "), "' ' is no name"),
    (("worker", "leave", "Ben"), "Ben still has Ana; give each another worker first"),
    (("oncall", "add", "Ben", "--from", "x", "--to", "y"), "'x' is no time"),
    (("oncall", "rotate", "Ben"), "has not acknowledged a test page"),
    (("oncall", "rotate", "Ben", "--at", "noon"), "'noon' is no time of day"),
    (("oncall", "rotate", "Ben", "--hours", "night"), "'night' are no hours"),
    (
        ("oncall", "override", "Ben", "--from", "2199-01-01", "--to", "2199-01-02"),
        "Ben is not on call then",
    ),
    (
        ("oncall", "add", "Ben", "--from", "2199-01-02", "--to", "2199-01-01"),
        "2199-01-01 is not after 2199-01-02",
    ),
    (("oncall", "add", "Ben", "--from", "2020-01-01", "--to", "2020-01-02"), "is over already"),
    (("export", "--client", "Zed"), "There is no client Zed"),
    (("forget", "Zed"), "There is no client Zed"),
    (("audit", "--client", "Zed"), "There is no client Zed"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_what_is_wrong_is_one_sentence_and_2_and_changes_nothing(
    staffed: Run, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    before = _dump(tmp_path)
    code, out, err = staffed(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert _dump(tmp_path) == before


def _dump(home: Path) -> str:
    with sqlite3.connect(home / "saf.db") as database:
        return "\n".join(database.iterdump())


@pytest.mark.parametrize("words", [("client", "list"), ("audit",), ("oncall", "show")])
def test_where_there_is_no_program_none_is_made(
    saf: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    code, _, err = saf(*words)
    assert code == 2
    assert err.startswith("There is no program in ")
    assert list(tmp_path.iterdir()) == []


def test_a_busy_database_is_one_sentence(staffed: Run, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "saf.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        code, _, err = staffed("worker", "add", "Dev")
        other.execute("ROLLBACK")
    assert code == 2
    assert "database is locked" in err
    assert len(err.strip().splitlines()) == 1


def test_a_missing_key_beside_a_database_is_one_sentence(staffed: Run, tmp_path: Path) -> None:
    (tmp_path / "key").unlink()
    code, _, err = staffed("worker", "list")
    assert code == 2
    assert "missing beside an existing database" in err
    assert not (tmp_path / "key").exists()


def test_the_shifts_and_their_gaps_are_shown(staffed: Run, tmp_path: Path) -> None:
    now = SystemClock().now()
    day = f"{now.year + 1}-02-0"
    shift = ("oncall", "add", "Ben", "--from", f"{day}1T18:00", "--to", f"{day}2")
    code, _, err = staffed(*shift)
    assert code == 2
    assert "has not acknowledged a test page" in err
    tried(tmp_path, "Ben")
    assert staffed(*shift)[0] == 0
    shown = staffed("oncall", "show", "--days", "366")[1].splitlines()
    assert shown[1].endswith("nobody")
    assert "Ben  CANNOT BE PAGED" in shown[2]
    assert shown[3].endswith("nobody")
    assert shown[4].startswith("from now to ")
    assert shown[4].endswith(" nobody can be reached: nobody is on call")
    assert "nobody can be reached: Ben on call without a working way" in shown[5]


def test_turns_by_the_week_overrides_and_the_gap_of_tonight(staffed: Run, tmp_path: Path) -> None:
    tried(tmp_path, "Ben", "Cora", phone=True)
    assert staffed("oncall", "rotate", "Ben", "Zed")[0] == 2
    assert staffed("oncall", "rotate", "Ben", "--on", "friday", "--starting", "2026-11-23")[0] == 2
    code, out, _ = staffed(
        *("oncall", "rotate", "Ben", "Cora", "--on", "monday", "--starting", "2026-11-16")
    )
    assert (code, out) == (0, "Rotation 1: Ben, Cora, from 2026-11-16 09:00 on.\n")
    shown = staffed("oncall", "show", "--week")[1]
    assert "Rotation 1: Ben, Cora by turns, handed over Monday 09:00" in shown
    assert "nobody" not in shown
    assert staffed("oncall", "end", "1") == (
        *(0, "Rotation 1 is ended; nobody has its turns any more.\n", ""),
    )
    assert staffed("oncall", "end", "1")[0] == 2
    assert staffed("oncall", "rotate", "Ben", "--starting", "2026-11-16")[0] == 0
    now = SystemClock().now()
    starts, ends = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M}+00:00" for hours in (4, 8))
    code, out, _ = staffed("oncall", "override", "Ben", "--from", starts, "--to", ends)
    assert (code, out.endswith("nobody has it instead.\n")) == (0, True)
    assert "nobody can be reached: nobody is on call" in staffed("oncall", "show", "--week")[1]


def test_a_test_page_needs_a_phone_to_answer_on(staffed: Run, tmp_path: Path) -> None:
    assert "no phone with us" in staffed("oncall", "test", "Ben")[2]
    tried(tmp_path, "Ben", phone=True)
    assert staffed("oncall", "test", "Ben")[0] == 0


def test_a_second_way_is_kept_and_said_when_nothing_leaves_by_it(
    staffed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = staffed("worker", "contact", "Ben", "--email", "ben@example.org")
    assert (code, out) == (0, "Ben: pages go by Telegram.\n")
    assert "SAF_SMTP_URL" in err
    monkeypatch.setenv("SAF_SMTP_URL", "smtps://me:secret@mail.example.org")
    monkeypatch.setenv("SAF_EMAIL_FROM", "saf@example.org")
    code, out, err = staffed("worker", "contact", "Ben", "--number", "+1 (312) 555-0100")
    assert out == "Ben: pages go by Telegram and email.\n"
    assert "SAF_GATEWAY_URL" in err
    assert staffed("worker", "contact", "Ben", "--email", "")[1] == "Ben: pages go by Telegram.\n"
    assert staffed("worker", "contact", "Ben", "--email", "ben")[0] == 2
    assert staffed("worker", "contact", "Ben", "--number", "call me")[0] == 2
    assert staffed("worker", "contact", "Ben")[0] == 2


def tried(home: Path, *names: str, phone: bool = False) -> None:
    """Let a test page have rung at these workers, who may have a phone."""
    database, sealer = open_database(read({}, home))
    with database.write() as s:
        for name in names:
            worker = people.worker_by_name(s, sealer, name)
            assert worker is not None
            worker.tested_at = SystemClock().now()
            if phone:
                people.bind_chat(sealer, worker, "telegram", name)
    database.close()


def test_who_did_what_is_printed_with_names(staffed: Run) -> None:
    staffed("client", "phone", "Ana", "stolen")
    out = staffed("audit", "--client", "Ana")[1].splitlines()
    assert [line.split()[2:] for line in out] == [
        ["operator", "client_added", "Ana"],
        ["operator", "invite_made", "Ana"],
        ["operator", "phone_stolen", "Ana"],
    ]


def test_a_client_gets_what_is_kept_in_their_language(staffed: Run) -> None:
    staffed("client", "date", "Ana", "killing", "2020-02-29", "--what", "hermano")
    english = staffed("export", "--client", "ana")[1]
    assert "You are Ana here. Your worker: Ben." in english
    assert "A date kept: 2020-02-29, a killing" in english
    spanish = staffed("export", "--client", "Ana", "--language", "es")[1]
    assert "Aquí eres Ana. Tu trabajador: Ben." in spanish


def test_forgetting_asks_for_the_alias_again(staffed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Bo\n"))
    assert staffed("forget", "Ana")[0] == 2
    assert staffed("client", "list")[1].startswith("Ana:")
    monkeypatch.setattr("sys.stdin", io.StringIO("ana\n"))
    code, out, _ = staffed("forget", "Ana")
    assert code == 0
    assert out.startswith("Ana is forgotten.")
    assert staffed("client", "list")[1] == "There are no clients here yet.\n"
    assert staffed("client", "add", "Ana", "--worker", "Ben")[0] == 0


def test_a_death_is_asked_again_on_the_command_line(
    staffed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert staffed("client", "phone", "Ana", "deceased")[0] == 130
    assert "phone_deceased" not in staffed("audit")[1]
    assert staffed("client", "phone", "Ana", "deceased", "--yes")[0] == 0


async def hand_over(program: Program, saf: Run, to: str) -> None:
    """Hand Ana over from the command line, and do what follows."""
    assert saf("client", "hand-over", "Ana", "--to", to)[0] == 0
    program.clock.move_to(SystemClock().now())
    await program.settle()


async def test_an_open_alert_rings_for_the_new_worker(tmp_path: Path, saf: Run) -> None:
    program = build(tmp_path, start=SystemClock().now())
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "got it")
    await hand_over(program, saf, "Dev")
    assert alert(program).state == "triggered"
    assert next(h.text for h in program.got("Dev")) == "#1, open"
    with program.house.db.read() as s:
        theirs = sa.select(Task.kind).where(Task.worker_id == worker(program, "Dev").id)
        assert "new_client" in s.scalars(theirs).all()  # said when it is no night for Ana
    await program.says("Dev", "got it")
    assert alert(program).acknowledged_by == worker(program, "Dev").id


async def test_a_reached_one_is_the_new_workers_to_close(tmp_path: Path, saf: Run) -> None:
    program = build(tmp_path, start=SystemClock().now())
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "reached her")
    await hand_over(program, saf, "Dev")
    assert alert(program).state == "reached"
    await program.says("Ben", "close #1, no danger")
    assert alert(program).state == "reached"
    await program.says("Dev", "close, no danger")
    assert alert(program).state == "closed"


async def test_who_leaves_leaves_no_alert_behind(tmp_path: Path, saf: Run) -> None:
    program = build(tmp_path, start=SystemClock().now())
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "got it")
    await hand_over(program, saf, "Cora")
    await program.says("Cora", "got it")
    await hand_over(program, saf, "Dev")
    assert saf("worker", "leave", "Cora")[0] == 0
    assert saf("worker", "leave", "Ben")[0] == 0
    program.clock.move_to(SystemClock().now())
    await program.settle()
    assert worker(program, "Ben").chat is None
    assert not worker(program, "Cora").active
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Alert.acknowledged_by)).all() == [None]
    assert client(program).worker_id == worker(program, "Dev").id
    before = len(program.channel.sent)
    await program.says("Ben", "got it #1")
    assert program.channel.sent[before].text.startswith("This bot is for the program's staff.")


def test_every_command_explains_each_of_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["worker"], ["worker", "add"], ["client", "add"], ["oncall", "add"], ["audit"]):
        assert cli.main([*words, "--help"]) == 0
        assert len(capsys.readouterr().out) > 200


def test_clients_keep_their_rows_apart(staffed: Run, tmp_path: Path) -> None:
    staffed("client", "add", "Bo", "--worker", "Cora")
    assert staffed("client", "list", "--worker", "Cora")[1] == (
        "Bo: Cora's client, invited, no phone with us, 0 open alerts\n"
    )
    database, _ = open_database(read({}, tmp_path))
    with database.read() as s:
        assert len(set(s.scalars(sa.select(Client.key)))) == 2


async def test_a_whole_caseload_goes_and_the_one_who_leaves_is_out(
    tmp_path: Path, saf: Run
) -> None:
    program = build(tmp_path, start=SystemClock().now())
    assert saf("client", "add", "Bo", "--worker", "Ben", "--no-phone")[0] == 0
    assert saf("client", "never-tell", "Bo", "Dev", "--instead", "Cora")[1] == (
        "Kept: Dev is told nothing about Bo; in their place Cora hears.\n"
    )
    code, out, _ = saf("worker", "hand-over", "Ben", "Dev", "--leaves")
    assert (code, out.splitlines()) == (
        0,
        [
            "1 clients of Ben are Dev's now.",
            "Bo does not want Dev to know and is Cora's now.",
            "Ben has left: no page goes there, and the bot answers them no more.",
        ],
    )
    assert not worker(program, "Ben").active
    assert client(program).worker_id == worker(program, "Dev").id


async def test_leave_is_kept_and_ended(tmp_path: Path, saf: Run) -> None:
    program = build(tmp_path, start=SystemClock().now())
    span = ("--from", "2020-01-01T09:00", "--to", "2199-01-01T09:00")
    assert saf("worker", "away", "Ben", *span, "--substitute", "Dev")[0] == 0
    assert "away, Dev instead" in saf("worker", "list")[1]
    assert saf("worker", "back", "Ben")[1] == "Ben is back.\n"
    assert "away" not in saf("worker", "list")[1]
    program.clock.move_to(SystemClock().now())
    await program.settle()
    assert "You are away from 2020-01-01 09:00" in program.got("Ben")[0].text


def test_the_agreed_question_is_kept_sealed(tmp_path: Path, staffed: Run) -> None:
    code, out, _ = staffed("client", "question", "Ana", "--words", "Our dog? Lobo")
    assert (code, out) == (0, "Kept for Ana: the agreed question.\n")
    assert b"Lobo" not in (tmp_path / "saf.db").read_bytes()
    assert staffed("client", "question", "Ana", "--words", "")[1] == "Taken away.\n"
