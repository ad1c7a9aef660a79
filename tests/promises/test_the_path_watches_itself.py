"""Every few minutes a danger message of nobody's runs the whole way; when it does not come through
the operator hears it somewhere else, and nobody ever sees anything of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from bot.channels.synthetic import SyntheticChannel
from bot.core.alerts import Move
from bot.core.danger import Verdict
from bot.core.messages import Kind
from bot.core.people import SYNTHETIC, Language, Role
from bot.service import second, self_check, staff
from bot.service.alerting import reach
from bot.service.self_check import PathBroken
from bot.settings import Sensitive, Settings
from bot.store import care, people
from bot.store.tables import Base, Client, Outbox, Worker
from bot.wiring.health_server import Health, serving
from bot.wiring.self_watch import FIRST, SelfWatch
from tests.support.program import ZONE, Memory, Program, build
from tests.support.staff import worker

OPERATOR = "ops@example.org"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program with e-mail, and an operator who is reached there only."""
    program = build(tmp_path)
    house, at = program.house, program.clock.now()
    letters, nobody = Memory("email"), SyntheticChannel()
    house.channels = {**house.channels, letters.name: letters, nobody.name: nobody}
    with house.db.write() as s:
        operator = people.add_worker(
            s, house.sealer, "Oz", Role.OPERATOR, at, language=Language.EN, zone=ZONE
        )
        second.keep(house.sealer, operator, second.EMAIL, OPERATOR)
    yield program
    house.db.close()


def letters(program: Program) -> list[str]:
    """Return what the operator got."""
    sent = program.house.channels["email"].sent  # type: ignore[attr-defined]
    return [message.text for message in sent if message.chat == OPERATOR]


def rows(program: Program) -> dict[str, int]:
    """Return how many rows each table has."""
    with program.house.db.read() as s:
        return {
            table.name: s.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


class Ticking:
    """Lets the program do what is due beside a check, as the running service does."""

    def __init__(self, program: Program, *, minutes: int = 10, switch: str = "") -> None:
        self.program = program
        settings = Settings(self_check_minutes=minutes, deadman_url=Sensitive(switch))
        self.watch = SelfWatch(program.house, program.lines, settings)

    async def __aenter__(self) -> SelfWatch:
        self._ticking = asyncio.create_task(self._tick())
        return self.watch

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0)
            await self.program.settle()

    async def __aexit__(self, *_: object) -> None:
        self._ticking.cancel()
        await asyncio.gather(self._ticking, return_exceptions=True)


class Deaf:
    """Triage that hears no danger."""

    def judge(self, text: str, context: object = None) -> Verdict:
        return Verdict()


async def test_a_message_runs_the_whole_way_and_leaves_nothing(program: Program) -> None:
    before = rows(program)
    took = await self_check.run(program.house, program.lines, wait=program.settle)
    assert took is not None and took >= 0
    assert rows(program) == before
    assert not program.channel.sent and not letters(program)


async def test_on_its_way_it_is_in_no_list_and_nobody_is_paged(program: Program) -> None:
    seen = []

    async def look() -> None:
        await program.settle()
        with program.house.db.read() as s:
            assert s.scalars(sa.select(Client.id).where(Client.channel == SYNTHETIC)).one()
            house, at = program.house, program.clock.now()
            rules, ways = house.content.escalation, house.channels
            said = [one.what for one in reach.examine(s, house.sealer, at, rules, ways)]
            assert not [line for line in said if "self-check" in line or "#-" in line]
            assert any("1 of 1 have a phone" in line for line in said)
            assert care.open_alerts(s) == []
            seen.append(len(s.scalars(sa.select(Outbox).where(Outbox.kind == Kind.PAGE)).all()))

    await self_check.run(program.house, program.lines, wait=look)
    assert max(seen) == 1  # to its own worker
    assert not program.channel.sent


async def test_the_next_alert_has_the_number_that_comes_next(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    await self_check.run(program.house, program.lines, wait=program.settle)
    await program.says("Ben", "got it")
    staff.act(program.house, worker(program, "Ben").id, 1, Move.CLOSE, "reached_safe")
    await program.says("Ana", "they outside my house rn")
    assert [heard.text for heard in program.got("Ben", Kind.PAGE)][-1].startswith("#2")


async def test_the_check_comes_when_it_is_time(program: Program) -> None:
    async with Ticking(program) as watch:
        await watch.tick()
        assert watch.whole_at is None
        program.clock.move_by(FIRST)
        await watch.tick()
        first = watch.whole_at
        assert first == program.clock.now()
        program.clock.move_by(9 * MINUTE)
        await watch.tick()
        assert watch.whole_at == first
        program.clock.move_by(MINUTE)
        await watch.tick()
        assert watch.whole_at == program.clock.now()


async def test_danger_that_nobody_hears_is_told_to_the_operator_once(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_check, "WITHIN", 0.0)
    hearing, program.house.triage = program.house.triage, Deaf()  # type: ignore[assignment]
    async with Ticking(program) as watch:
        await watch.check()
        await watch.check()
        assert watch.broken == "page"
        assert [text.split(":")[0] for text in letters(program)] == ["The line's self-check failed"]
        monkeypatch.setattr(self_check, "WITHIN", 60.0)
        program.house.triage = hearing
        await watch.check()
    assert watch.broken == ""
    assert len(letters(program)) == 2 and "works again" in letters(program)[-1]
    assert not program.channel.sent
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Worker).where(Worker.channel == SYNTHETIC)).all() == []


async def test_a_page_that_does_not_leave_is_a_broken_path(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_check, "WITHIN", 0.0)

    async def nothing() -> None:
        return

    with pytest.raises(PathBroken, match="page"):
        await self_check.run(program.house, program.lines, wait=nothing)


async def test_without_a_database_the_operator_is_told_all_the_same(program: Program) -> None:
    watch = SelfWatch(program.house, program.lines, Settings())
    async with Ticking(program) as other:
        await other.check()
    watch._operators = other._operators
    program.house.db.close()
    broken = program.house.db._engine.url.database
    assert broken is not None
    Path(broken).rename(f"{broken}.gone")
    await watch.check()
    assert watch.broken == "database"
    assert len(letters(program)) == 1
    Path(f"{broken}.gone").rename(broken)


@asynccontextmanager
async def switch() -> AsyncIterator[tuple[str, list[str]]]:
    """A dead-man's switch on loopback: its address, and what was fetched from it."""
    import socket

    import uvicorn

    from bot.wiring.dialogue import Server

    pings: list[str] = []

    async def ping(request: Request) -> Response:
        pings.append(request.method)
        return Response("ok")

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/ping/secret", ping)])
    server = Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/ping/secret", pings
    finally:
        server.should_exit = True
        await task
        listener.close()


async def test_the_switch_hears_only_that_the_path_is_whole(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with switch() as (url, pings), Ticking(program, switch=url) as watch:
        await watch.check()
        assert pings == ["GET"]
        monkeypatch.setattr(self_check, "WITHIN", 0.0)
        program.house.triage = Deaf()  # type: ignore[assignment]
        await watch.check()
        assert pings == ["GET"]


async def test_a_switch_that_is_gone_stops_nothing_and_stands_in_no_log(program: Program) -> None:
    gone = "http://127.0.0.1:1/ping/secret"
    with capture_logs() as logs:
        async with Ticking(program, switch=gone) as watch:
            await watch.check()
    assert watch.broken == "" and not letters(program)
    assert [entry["event"] for entry in logs] == ["deadman_not_reached"]
    assert "secret" not in str(logs)


async def ask(health: Health, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=health.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        return await http.get(path)


async def test_healthz_says_what_is_wrong_in_counts_only(program: Program) -> None:
    watch = SelfWatch(program.house, program.lines, Settings())
    health = Health(program.house, watch)
    well = await ask(health, "/healthz")
    assert (well.status_code, well.json()) == (200, {"ok": True, "reasons": {}})
    await program.says("Ana", "they outside my house rn")
    with program.house.db.write() as s:
        s.execute(sa.update(Outbox).values(state="pending"))
    program.clock.move_by(20 * MINUTE)
    watch.broken = "page"
    ill = await ask(health, "/healthz")
    assert ill.status_code == 503
    assert ill.json() == {"ok": False, "reasons": {"urgent_late": 2, "self_check": 1}}


async def test_the_metrics_are_counts_and_durations_and_name_nobody(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.wait(3 * MINUTE)
    await program.says("Ben", "got it")
    text = (await ask(Health(program.house, None), "/metrics")).text
    assert 'saf_alerts{state="acknowledged"} 1.0' in text
    assert "saf_acknowledge_seconds_sum 180.0" in text
    assert "saf_outbox_urgent_late 0.0" in text
    with program.house.db.read() as s:
        ids = [*s.scalars(sa.select(Client.id)), *s.scalars(sa.select(Worker.id))]
    for word in ("Ana", "Ben", "Cora", "threat", *ids):
        assert word not in text


async def test_without_a_database_health_says_that(program: Program) -> None:
    health = Health(program.house, None)
    program.house.db.close()
    path = Path(str(program.house.db._engine.url.database))
    path.rename(f"{path}.gone")
    ill = await ask(health, "/healthz")
    assert (ill.status_code, ill.json()["reasons"]) == (503, {"database": 1})
    assert "saf_database_up 0.0" in (await ask(health, "/metrics")).text
    path.unlink(missing_ok=True)
    Path(f"{path}.gone").rename(path)


async def test_it_is_served_on_loopback(program: Program) -> None:
    async with serving(program.house, None, 0) as port, httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{port}/healthz")
    assert answer.status_code == 200


def test_the_address_of_the_switch_is_a_secret() -> None:
    settings = replace(Settings(), deadman_url=Sensitive("https://hc.example/abc"))
    assert "abc" not in repr(settings)
