"""``doctor``: one line for what is missing or wrong, and who cannot be reached tonight."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.channels.base import Reason, SendFailed
from bot.clock import SystemClock
from bot.core.findings import Finding, Level
from bot.core.messages import Bot, Inbound, InboundKind
from bot.service import second
from bot.service.receive import write_down
from bot.settings import ROOT, Sensitive, Settings
from bot.store import people
from bot.store.tables import OnCall
from bot.wiring import health
from tests.support.fake_telegram import CLIENT_TOKEN, WORKER_TOKEN, FakeTelegram
from tests.support.program import Program, build
from tests.support.service import saf


@pytest.fixture
def settings(tmp_path: Path, fake_telegram: FakeTelegram) -> Settings:
    """A program with tokens; its models are not looked for in the checkout."""
    return Settings(
        home=tmp_path,
        client_token=Sensitive(CLIENT_TOKEN),
        worker_token=Sensitive(WORKER_TOKEN),
        telegram_url=fake_telegram.base_url,
        models=tmp_path / "models",
    )


@pytest.fixture
def program(tmp_path: Path, settings: Settings) -> Program:
    return build(tmp_path, start=SystemClock().now())


Part = Iterable[Finding] | AsyncIterable[Finding]


async def found(part: Part, level: Level = Level.BAD) -> dict[str, str]:
    """Return where something of a level was found, and all that was said of it."""
    said: dict[str, str] = {}
    findings = [one async for one in part] if isinstance(part, AsyncIterable) else list(part)
    for one in findings:
        assert "\n" not in one.what
        if one.level is level:
            said[one.where] = f"{said.get(one.where, '')} {one.what}"
    return said


def people_of(settings: Settings) -> Iterable[Finding]:
    return health.program(settings, SystemClock())


async def test_a_program_that_works_is_only_ok(settings: Settings, program: Program) -> None:
    now = program.clock.now()
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        ben.tested_at = now
        for hours in (-1, 11):
            start, end = now + timedelta(hours=hours), now + timedelta(hours=hours + 14)
            s.add(OnCall(worker_id=ben.id, starts=start, ends=end))
    bad = await found(health.examine(settings, SystemClock()))
    assert set(bad) <= {"danger model", "dialogue model", "engine"}
    assert "on call" not in await found(people_of(settings), Level.WARN)


async def test_nobody_tonight_is_said_with_names(settings: Settings, program: Program) -> None:
    with program.house.db.write() as s:
        for name in ("Ben", "Cora"):
            worker = people.worker_by_name(s, program.house.sealer, name)
            assert worker is not None
            worker.chat = worker.chat_lookup = None
        ana = people.client_by_alias(s, program.house.sealer, "Ana")
        assert ana is not None
        ana.chat = ana.chat_lookup = None
    bad = await found(people_of(settings))
    assert "Ben cannot be paged" in bad["workers"] and "no supervisor" in bad["workers"]
    assert "no supervisor" in bad["on call"]
    assert "Ana has no phone" in (await found(people_of(settings), Level.WARN))["clients"]


async def test_pages_that_died_are_counted(settings: Settings, program: Program) -> None:
    gone = SendFailed("gone", permanent=True, reason=Reason.GONE)
    program.channel.fail("Ben", *[gone] * 3)
    await program.says("Ana", "they outside my house rn")
    bad = await found(people_of(settings))
    assert "pages of the last day will never arrive" in bad["outbox"]


async def test_a_message_that_nobody_reads_is_bad(settings: Settings, program: Program) -> None:
    at = program.clock.now() - timedelta(hours=2)
    inbound = Inbound("telegram", Bot.CLIENT, "1", "Ana", InboundKind.TEXT, at, "hey")
    write_down(program.house, inbound)
    assert "not read for danger" in (await found(people_of(settings)))["inbox"]


async def test_tokens_that_are_wrong_or_missing_are_said_without_them(
    settings: Settings, program: Program
) -> None:
    wrong = replace(settings, client_token=Sensitive("77:" + "x" * 30))
    assert (
        "refuses the client bot's token"
        in (await found(health.bots(wrong, SystemClock())))["telegram"]
    )
    none = replace(settings, worker_token=Sensitive(""))
    assert (
        "SAF_WORKER_BOT_TOKEN is not set"
        in (await found(health.bots(none, SystemClock())))["telegram"]
    )


async def test_a_mistake_in_data_is_said_with_file_and_line(
    settings: Settings, program: Program, tmp_path: Path
) -> None:
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    path = data / "program" / "calendar.yml"
    path.write_text("checkin:\n  usual: often\n", encoding="utf-8")
    bad = await found(health.room(replace(settings, data=data)))
    assert "calendar.yml:" in bad["data"]


async def test_a_missing_or_foreign_key_is_bad_and_none_is_made(
    settings: Settings, program: Program, tmp_path: Path
) -> None:
    settings.key.rename(tmp_path / "elsewhere")
    assert "missing" in (await found(people_of(settings)))["key"]
    assert not settings.key.exists()
    other = build(tmp_path / "other").house
    other.db.close()
    shutil.copy(tmp_path / "other" / "key", settings.key)
    assert "not the one" in (await found(people_of(settings)))["key"]
    settings.key.chmod(0o644)
    assert "others" in (await found(people_of(settings), Level.WARN))["key"]


def test_without_a_program_the_exit_code_is_one_and_nothing_is_made(tmp_path: Path) -> None:
    done = saf(tmp_path / "nowhere", "doctor")
    assert done.returncode == 1
    assert "bad   database: there is none" in done.stdout
    assert not (tmp_path / "nowhere").exists()


async def test_a_gap_of_tonight_is_said_in_advance(settings: Settings, program: Program) -> None:
    now = program.clock.now()
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        for since, until in ((-1, 3), (7, 30)):
            starts, ends = now + timedelta(hours=since), now + timedelta(hours=until)
            s.add(OnCall(worker_id=ben.id, starts=starts, ends=ends))
    said = (await found(people_of(settings), Level.WARN))["on call"]
    zone = ZoneInfo("America/Chicago")
    gap = "-".join(f"{(now + timedelta(hours=h)).astimezone(zone):%H:%M}" for h in (3, 7))
    assert f"{gap} nobody can be reached on call: nobody is on call" in said
    assert "Ben never acknowledged a test page on this phone; `saf oncall test Ben`" in said


async def test_a_second_way_that_is_not_set_up_is_bad(settings: Settings, program: Program) -> None:
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        second.keep(program.house.sealer, ben, second.EMAIL, "ben@example.org")
    bad = await found(people_of(settings))
    assert "Ben has a second way, email, that is not set up here" in bad["workers"]
    ready = replace(
        settings, smtp_url=Sensitive("smtps://mail.example.org"), email_from="saf@example.org"
    )
    assert "workers" not in await found(people_of(ready))
    wrong = replace(settings, smtp_url=Sensitive("mail"))
    assert "SAF_SMTP_URL" in (await found(people_of(wrong)))["second way"]


async def test_a_name_in_the_policy_that_nobody_has_is_bad(
    settings: Settings, program: Program, tmp_path: Path
) -> None:
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    path = data / "program" / "escalation.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("who: [supervisors]}", "who: [{name: Zed}]}"), encoding="utf-8")
    bad = await found(people_of(replace(settings, data=data)))
    assert "escalation.yml pages Zed" in bad["escalation"]
