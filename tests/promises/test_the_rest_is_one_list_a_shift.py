"""`today` wakes only who is on call, and only for what may; the rest of what came while a worker
was off is one list when their shift begins, and never a second one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import Kind
from bot.core.people import Language
from bot.service.staff import digest
from bot.store import people
from bot.store.tables import OnCall
from tests.support.program import Program, Rules, build

MIDNIGHT = datetime(2027, 3, 2, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WAKES = {
    Signal.UNSAFE_SHELTER,
    Signal.THREAT_RECEIVED,
    Signal.PARTNER_VIOLENCE,
    Signal.LOSS,
    Signal.SUICIDE_RISK,
}


def night(tmp_path: Path, signal: Signal = Signal.THREAT_RECEIVED, on_call: str = "") -> Program:
    """A program at midnight in which a message says this signal."""
    rules = Rules()
    rules.verdicts["something"] = Verdict(Urgency.TODAY, (signal,), "said so")
    program = build(tmp_path, start=MIDNIGHT, triage=rules, language=Language.EN)
    if on_call:
        with program.house.db.write() as s:
            worker = people.worker_by_name(s, program.house.sealer, on_call)
            assert worker is not None
            s.add(OnCall(worker_id=worker.id, starts=MIDNIGHT, ends=MIDNIGHT + 9 * HOUR))
    return program


async def later(program: Program, span: timedelta) -> None:
    """Let time pass at once; without an engine, waiting would try the open turn every minute."""
    program.clock.move_by(span)
    await program.settle()


def rang(program: Program, who: str) -> bool:
    return any(not m.silent for m in program.channel.sent if m.chat == who)


@pytest.mark.parametrize("signal", [s for s in Signal if s is not Signal.CONFLICT])
async def test_only_who_is_on_call_wakes_and_only_for_what_may(
    tmp_path: Path, signal: Signal
) -> None:
    program = night(tmp_path, signal, "Dev")
    await program.says("Ana", "something")
    assert not rang(program, "Ben") and not rang(program, "Cora")
    assert rang(program, "Dev") == (signal in WAKES)


@pytest.mark.both_databases
async def test_the_shift_begins_with_one_list_of_what_came(tmp_path: Path) -> None:
    program = night(tmp_path)
    await program.says("Ana", "something")
    assert not program.got("Ben", Kind.DIGEST)
    await later(program, 9 * HOUR)
    (found,) = program.got("Ben", Kind.DIGEST)
    assert found.at == MIDNIGHT + 9 * HOUR
    assert "#1 TODAY: Ana, open" in found.text
    assert "#1" in [label for label, _ in found.buttons]
    assert rang(program, "Ben")
    assert len(program.got("Cora", Kind.DIGEST)) == 1
    assert not program.got("Dev", Kind.DIGEST)


async def test_no_name_stands_on_the_lock_screen(tmp_path: Path) -> None:
    program = night(tmp_path)
    await program.says("Ana", "something")
    await later(program, 9 * HOUR)
    shown = [m.text for m in program.channel.sent if m.chat == "Ben"]
    assert not any("Ana" in text for text in shown)


@pytest.mark.both_databases
async def test_run_twice_it_is_sent_once(tmp_path: Path) -> None:
    program = night(tmp_path)
    await program.says("Ana", "something")
    await later(program, 9 * HOUR)
    assert digest.tick(program.house) == 0
    await later(program, 3 * HOUR)
    assert len(program.got("Ben", Kind.DIGEST)) == 1


async def test_nothing_new_is_no_list(tmp_path: Path) -> None:
    program = night(tmp_path)
    await later(program, 9 * HOUR)
    assert not program.got("Ben", Kind.DIGEST)
    await program.says("Ana", "something")  # in the shift: it was paged aloud
    await program.says("Ben", "close, no danger")
    await later(program, 24 * HOUR)
    assert not program.got("Ben", Kind.DIGEST)


async def test_what_is_open_still_is_not_said_again_each_day(tmp_path: Path) -> None:
    program = night(tmp_path)
    await program.says("Ana", "something")
    await program.says("Ben", "got it")
    await program.says("Ben", "reached")
    for _ in range(4):
        await later(program, 24 * HOUR + 9 * HOUR)
    assert len(program.got("Ben", Kind.DIGEST)) == 1


async def test_a_service_that_was_down_at_nine_sends_it_when_it_is_back(tmp_path: Path) -> None:
    program = night(tmp_path)
    await program.says("Ana", "something")
    await later(program, 11 * HOUR)
    assert len(program.got("Ben", Kind.DIGEST)) == 1


async def test_back_only_after_the_shift_it_comes_with_the_next(tmp_path: Path) -> None:
    program = night(tmp_path)
    await program.says("Ana", "something")
    await later(program, 22 * HOUR)
    assert not program.got("Ben", Kind.DIGEST)
    await later(program, 11 * HOUR)
    assert len(program.got("Ben", Kind.DIGEST)) == 1
