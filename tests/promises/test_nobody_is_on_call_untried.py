"""Nobody is put on call before a page rang on the phone that they have now; "I'm off tonight, Dev
has it" is one command, and everybody whom it concerns hears it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import Kind
from bot.core.oncall import Gap
from bot.errors import SafError
from bot.service import second
from bot.service.alerting import oncall, paging
from bot.service.alerting.oncall import NotOnCall, Why
from bot.service.people import away, enrol, leaving, never
from bot.store import people
from bot.store.tables import Client, PageTest, Worker
from tests.support.program import MONDAY_NOON, ZONE, Program, Rules, build, client
from tests.support.staff import last, looks, worker

HOUR = timedelta(hours=1)


async def tested(program: Program, *names: str) -> None:
    """Let pages ring and be answered on the phones of these."""
    for name in names:
        await program.says(name, "/oncall test")
        await program.taps(name, "I hear it")


def row(program: Program, s: object, name: str) -> Worker:
    found = people.worker_by_name(s, program.house.sealer, name)  # type: ignore[arg-type]
    assert found is not None
    return found


def put_on(program: Program, name: str, hours: float = 24) -> None:
    now = program.clock.now()
    with program.house.db.write() as s:
        who = row(program, s, name)
        oncall.put_on(s, program.house, now, who, now, now + hours * HOUR)


def rotate(program: Program, *names: str) -> None:
    with program.house.db.write() as s:
        who = [row(program, s, name) for name in names]
        now = program.clock.now()
        oncall.rotate(s, program.house, now, who, date(2027, 3, 1), time(9))


def has_it(program: Program, at: datetime | None = None) -> Sequence[str]:
    with program.house.db.read() as s:
        found = paging.on_call(s, program.house, at or program.clock.now())
        return [people.worker_name(program.house.sealer, one) for one in found]


async def test_untried_is_refused_and_tried_is_not(program: Program) -> None:
    with pytest.raises(NotOnCall, match="has not acknowledged a test page"):
        put_on(program, "Dev")
    with pytest.raises(NotOnCall):
        rotate(program, "Dev")
    await program.says("Dev", "/oncall test")
    with pytest.raises(NotOnCall):
        put_on(program, "Dev")
    await program.taps("Dev", "I hear it")
    assert last(program, "Dev") == "Good. Pages reach you on this phone."
    put_on(program, "Dev")
    assert has_it(program) == ["Dev"]


async def test_a_test_page_rings_like_a_page_and_is_kept(program: Program) -> None:
    await program.says("Cora", "/oncall test Dev")
    (page,) = program.got("Dev", Kind.PAGE)
    assert page.text.startswith("Test page.") and page.alert is None
    assert not next(m for m in program.channel.sent if m.chat == "Dev").silent
    assert last(program, "Cora").startswith("A test page is on its way to Dev.")
    program.clock.move_by(timedelta(minutes=3))
    await program.taps("Dev", "I hear it")
    await program.taps("Dev", "I hear it")
    assert last(program, "Dev") == "That test page is answered already. Nothing changed."
    assert looks(program, "Dev") == ["page_test_acknowledged"]
    with program.house.db.read() as s:
        (kept,) = s.query(PageTest).all()
        assert kept.acknowledged_at == MONDAY_NOON + timedelta(minutes=3)


async def test_only_a_supervisor_tests_somebody_elses_phone(program: Program) -> None:
    await program.says("Ben", "/oncall test Dev")
    assert last(program, "Ben") == "Nobody named Dev works here. Nothing changed."
    assert not program.got("Dev")


async def test_a_new_phone_is_untried(program: Program) -> None:
    await tested(program, "Dev")
    with program.house.db.write() as s:
        enrol.bind(s, program.house, row(program, s, "Dev"), "telegram", "Dev")
    assert worker(program, "Dev").tested_at is not None
    with program.house.db.write() as s:
        enrol.bind(s, program.house, row(program, s, "Dev"), "telegram", "Dev's new phone")
    assert worker(program, "Dev").tested_at is None


@pytest.mark.both_databases
async def test_off_tonight_dev_has_it(program: Program) -> None:
    await tested(program, "Ben", "Dev")
    put_on(program, "Ben", 48)
    await program.says("Ben", "/oncall off tonight Dev")
    assert (
        last(program, "Ben")
        == "You're off Mon 18:00 - Tue 09:00. Dev has it; I'm telling them now."
    )
    assert last(program, "Dev").startswith("You are on call for Ben: Mon 18:00 - Tue 09:00.")
    assert has_it(program) == ["Ben"]
    await program.wait(6 * HOUR - timedelta(seconds=1))
    assert has_it(program) == ["Ben"]
    await program.wait(timedelta(seconds=1))
    assert has_it(program) == ["Dev"]
    await program.says("Ana", "they outside my house rn")
    assert program.got("Dev", Kind.PAGE)[-1].alert == 1
    await program.wait(15 * HOUR)
    assert has_it(program) == ["Ben"]


@pytest.mark.both_databases
async def test_off_with_nobody_is_said_to_the_supervisors(program: Program) -> None:
    await tested(program, "Ben")
    put_on(program, "Ben", 48)
    await program.says("Ben", "/oncall libre 02:00-06:00 nadie")
    assert last(program, "Ben").startswith("You're off Tue 02:00 - 06:00. Nobody has it instead")
    assert last(program, "Cora") == "Ben is off: Tue 02:00 - 06:00. Nobody has it instead."
    await program.says("Cora", "/oncall")
    assert "Tue 02:00 - 06:00: nobody can be reached" in last(program, "Cora")
    with program.house.db.read() as s:
        now = program.clock.now()
        ahead = oncall.outlook(s, ZONE, program.house.channels, now, now + 24 * HOUR)
    assert [oncall.when(gap, now, ZONE) for gap in ahead.gaps] == ["tonight 02:00-06:00"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("/oncall off tonight Dev", "Dev has not answered a test page on this phone yet"),
        ("/oncall off tonight Ben", "That is you."),
        ("/oncall off tonight Zed", "Nobody named Zed works here."),
        ("/oncall off tonight Eli", "Nobody named Eli works here."),
        ("/oncall off tonight", "/oncall shows who is on call."),
        ("/oncall off 2027-03-09T18:00 2027-03-10T08:00 Cora", "You are not on call Tue 18:00 -"),
        ("/oncall off soon Dev", "/oncall shows who is on call."),
        ("/oncall off 2027-03-02T18:00 2027-03-02T08:00 Cora", "/oncall shows who is on call."),
        ("/oncall off 2020-03-02T18:00 2020-03-02T20:00 Cora", "/oncall shows who is on call."),
        ("/oncall whatever", "/oncall shows who is on call."),
    ],
)
async def test_what_cannot_be_is_said_and_changes_nothing(
    program: Program, words: str, said: str
) -> None:
    await tested(program, "Ben")
    put_on(program, "Ben", 48)
    await program.says("Ben", words)
    assert last(program, "Ben").startswith(said)
    assert has_it(program, MONDAY_NOON + 10 * HOUR) == ["Ben"]


async def test_who_is_off_is_given_nobody_elses_night(program: Program) -> None:
    await tested(program, "Ben", "Dev", "Cora")
    put_on(program, "Ben", 48)
    put_on(program, "Dev", 48)
    await program.says("Dev", "/oncall off tonight Cora")
    await program.says("Ben", "/oncall off tonight Dev")
    assert last(program, "Ben") == "Dev is off then. Nothing changed; name somebody else."
    with program.house.db.write() as s, pytest.raises(NotOnCall) as refused:
        ben, dev = row(program, s, "Ben"), row(program, s, "Dev")
        start = MONDAY_NOON + 8 * HOUR
        oncall.override(s, program.house, MONDAY_NOON, ben, dev, start, start + HOUR, "operator")
    assert refused.value.why is Why.OFF


@pytest.mark.both_databases
async def test_hand_over_at_the_very_second_pages_the_next_and_not_the_last(
    program: Program,
) -> None:
    await tested(program, "Dev", "Cora")
    rotate(program, "Dev", "Cora")
    edge = datetime(2027, 3, 8, 15, 0, tzinfo=UTC)
    assert has_it(program, edge - timedelta(seconds=1)) == ["Dev"]
    assert has_it(program, edge) == ["Cora"]
    program.clock.move_to(edge)
    await program.says("Ana", "they outside my house rn")
    assert program.got("Cora", Kind.PAGE) and program.got("Cora", Kind.PAGE)[-1].alert == 1
    assert not [h for h in program.got("Dev", Kind.PAGE) if h.alert]


async def test_the_night_when_clocks_change_is_covered_to_its_end(tmp_path: Path) -> None:
    """2027-03-14: 02:00 becomes 03:00; the turn ends at nine on the wall."""
    program = build(tmp_path, start=datetime(2027, 3, 14, 7, 30, tzinfo=UTC))
    await tested(program, "Dev", "Cora")
    rotate(program, "Cora", "Dev")
    assert has_it(program, datetime(2027, 3, 14, 8, 30, tzinfo=UTC)) == ["Dev"]
    assert has_it(program, datetime(2027, 3, 15, 13, 59, tzinfo=UTC)) == ["Dev"]
    assert has_it(program, datetime(2027, 3, 15, 14, 0, tzinfo=UTC)) == ["Cora"]


async def test_who_leaves_has_no_turn_and_no_substitution(program: Program) -> None:
    await tested(program, "Ben", "Dev", "Cora")
    rotate(program, "Dev", "Cora")
    with program.house.db.write() as s:
        second.keep(program.house.sealer, row(program, s, "Dev"), second.EMAIL, "dev@example.org")
        leaving.leave(s, program.house, program.clock.now(), row(program, s, "Dev"))
    assert has_it(program) == ["Cora"]
    assert worker(program, "Dev").email is None


def test_a_gap_is_told_as_people_say_it() -> None:
    def gap(hours: float, length: float) -> str:
        starts = MONDAY_NOON + hours * HOUR
        return oncall.when(Gap(starts, starts + length * HOUR), MONDAY_NOON, ZONE)

    assert gap(14, 4) == "tonight 02:00-06:00"
    assert gap(2, 2) == "today 14:00-16:00"
    assert gap(0, 2) == "from now to 14:00"
    assert gap(21, 3) == "Tue 2027-03-02 09:00-12:00"
    assert gap(10, 40) == "tonight 22:00 to Wed 2027-03-03 14:00"


PARTNER = Verdict(Urgency.TODAY, (Signal.PARTNER_VIOLENCE,), "a partner")
NIGHT = datetime(2027, 3, 2, 9, tzinfo=UTC)  # Tuesday, 3 at night


def away_with(program: Program, who: str, instead: str) -> None:
    now = program.clock.now()
    with program.house.db.write() as s:
        one, other = row(program, s, who), row(program, s, instead)
        away.keep(s, program.house, now, one, other, now, now + 72 * HOUR, "operator")


@pytest.mark.parametrize("why", ["leave", "never tell"])
async def test_who_stands_in_at_night_is_rung_aloud_and_the_client_hears_so(
    tmp_path: Path, why: str
) -> None:
    program = build(tmp_path, start=NIGHT, triage=Rules({"hits me": PARTNER}))
    await tested(program, "Dev", "Cora")
    put_on(program, "Dev")
    if why == "leave":
        away_with(program, "Dev", "Cora")
    else:
        with program.house.db.write() as s:
            ana = s.get_one(Client, client(program).id)
            dev, cora = row(program, s, "Dev"), row(program, s, "Cora")
            never.keep(s, program.house, NIGHT, ana, dev, cora, "operator")
    await program.settle()
    sent = len(program.channel.sent)
    await program.says("Ana", "he hits me")
    pages = {m.chat: m.silent for m in program.channel.sent[sent:] if m.text.startswith("#1")}
    assert pages == {"Ben": True, "Cora": False}
    assert "Nobody is on shift" not in program.got("Ana", Kind.SAFETY)[-1].text


async def test_who_was_never_tried_does_not_stand_in_for_who_is_on_call(program: Program) -> None:
    await tested(program, "Dev")
    put_on(program, "Dev")
    with pytest.raises(SafError, match="has not acknowledged a test page"):
        away_with(program, "Dev", "Cora")
    away_with(program, "Ben", "Cora")
    with program.house.db.write() as s:
        row(program, s, "Ben").tested_at = MONDAY_NOON
    put_on(program, "Ben")
    with program.house.db.read() as s:
        found = list(away.examine(s, program.house.sealer, program.clock.now(), ZONE))
    assert [one.what for one in found if "Cora stands in for Ben on call" in one.what]


async def test_a_shift_taken_over_by_who_leaves_is_its_owners_again_and_said(
    program: Program,
) -> None:
    await tested(program, "Ben", "Dev")
    put_on(program, "Ben")
    now = program.clock.now()
    with program.house.db.write() as s:
        ben, dev = row(program, s, "Ben"), row(program, s, "Dev")
        oncall.override(s, program.house, now, ben, dev, now, now + 5 * HOUR, ben.id)
    assert has_it(program) == ["Dev"]
    with program.house.db.write() as s:
        leaving.leave(s, program.house, program.clock.now(), row(program, s, "Dev"))
    await program.settle()
    assert has_it(program) == ["Ben"]
    assert last(program, "Ben").startswith("Dev has left, so this shift is yours again: Mon 12:00")
    assert last(program, "Cora").startswith("Dev has left. The shift Mon 12:00")
    assert last(program, "Cora").endswith("is with Ben again.")
