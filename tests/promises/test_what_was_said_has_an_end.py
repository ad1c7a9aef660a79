"""No transcripts: words go when they were handled and their alert is closed; what could be turned
against a client goes a week later; a worker's phone is swept; a legal hold stops all of it for one
client only."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import OutcomeUnknown, Reason, SendFailed
from bot.core.alerts import Move
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import Bot, InboundKind, Kind
from bot.core.people import Language, Situation
from bot.service import retain, staff
from bot.store import people
from bot.store.tables import (
    Alert,
    Ask,
    ButtonRow,
    Client,
    ClientSituation,
    Inbox,
    Invite,
    Outbox,
    OutboxState,
    Seen,
    Worker,
)
from tests.support import plans
from tests.support.days import remember
from tests.support.program import Program, Rules, room
from tests.support.staff import unlock

GUN = Verdict(Urgency.TODAY, (Signal.RETALIATION, Signal.LOSS), "wants to get back at them")


@pytest.fixture(autouse=True)
def _rules(program: Program) -> None:
    program.house.triage = Rules({**Rules().verdicts, "get back": GUN})


def words(program: Program) -> list[str]:
    """Return what still can be read of what Ana wrote."""
    found = []
    with program.house.db.read() as s:
        ana = s.scalars(sa.select(Client)).one()
        box = people.box(program.house.sealer, ana)
        for row in s.scalars(sa.select(Inbox).where(Inbox.client_id == ana.id)):
            if row.text is not None:
                found.append(box.open("inbox.text", row.id, row.text))
    return found


def act(program: Program, move: Move, outcome: str = "") -> None:
    """Let Ben do something with the open alert."""
    with program.house.db.read() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
    staff.act(program.house, ben.id, None, move, outcome)


def hold(program: Program) -> None:
    with program.house.db.write() as s:
        s.scalars(sa.select(Client)).one().legal_hold = True


async def test_words_stay_while_somebody_needs_them_and_go_when_the_alert_is_closed(
    program: Program,
) -> None:
    await program.says("Ana", "they outside my house rn")
    act(program, Move.ACKNOWLEDGE)
    await program.wait(timedelta(hours=1))
    assert words(program) == ["they outside my house rn"]
    act(program, Move.CLOSE, "reached_safe")
    await program.settle()
    assert words(program) == []


@pytest.mark.both_databases
async def test_words_without_danger_go_as_soon_as_they_were_handled(program: Program) -> None:
    with program.house.db.write() as s:
        s.scalars(sa.select(Client)).one().state = "left"  # type: ignore[assignment]
    await program.says("Ana", "good morning")
    await program.settle()
    assert words(program) == []


async def test_what_a_message_that_joined_an_alert_said_stays_as_long_as_the_alert(
    program: Program,
) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.says("Ana", "they outside and shooting")
    act(program, Move.ACKNOWLEDGE)
    await program.settle()
    assert len(words(program)) == 2
    act(program, Move.CLOSE, "no_danger")
    await program.settle()
    assert words(program) == []


async def test_after_thirty_days_no_words_are_kept_whatever_became_of_the_alert(
    program: Program,
) -> None:
    await program.says("Ana", "they outside my house rn")
    program.clock.move_by(timedelta(days=29))
    retain.tick(program.house)
    assert words(program)
    program.clock.move_by(timedelta(days=1))
    retain.tick(program.house)
    assert words(program) == []
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Alert.state)).one() == "triggered"


@pytest.mark.both_databases
async def test_retaliation_and_every_why_go_a_week_after_closing_and_the_outcome_stays(
    program: Program,
) -> None:
    await program.says("Ana", "gonna get back at them")
    await program.wait(timedelta(hours=1))  # there is no engine here: the turn is given up
    act(program, Move.CLOSE, "reached_safe")
    program.clock.move_by(timedelta(days=6, hours=23))
    retain.tick(program.house)
    with program.house.db.read() as s:
        alert = s.scalars(sa.select(Alert)).one()
        assert alert.why is not None
        assert "retaliation" in alert.signals
    program.clock.move_by(timedelta(hours=1))
    retain.tick(program.house)
    with program.house.db.read() as s:
        alert = s.scalars(sa.select(Alert)).one()
        assert alert.why is None
        assert alert.signals == ["loss"]
        assert (alert.urgency, alert.outcome) == (Urgency.TODAY, "reached_safe")
        assert s.scalars(sa.select(Seen.signal)).all() == [Signal.LOSS]
        assert not [row for row in s.scalars(sa.select(Inbox)) if row.signals]
    program.clock.move_by(timedelta(days=23))
    retain.tick(program.house)
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Seen)).all() == []


@pytest.mark.both_databases
async def test_what_left_us_unsure_goes_too(program: Program) -> None:
    await program.says("Ana", "hmm they around again")
    await program.taps("Ana", "Yes")
    program.clock.move_by(timedelta(days=8))
    retain.tick(program.house)
    with program.house.db.read() as s:
        ask = s.scalars(sa.select(Ask)).one()
        assert (ask.why, ask.signals) == (None, [])
        assert s.scalars(sa.select(Seen)).all() == []


def told(program: Program) -> str:
    """Return all that still can be read of what we told the workers."""
    with program.house.db.read() as s:
        rows = s.scalars(sa.select(Outbox).where(Outbox.worker_id.is_not(None)))
        return "\n".join(
            program.house.sealer.program.open("outbox.text", row.id, row.text)
            for row in rows
            if row.text is not None
        )


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.both_databases
async def test_what_a_worker_was_shown_of_her_words_goes_when_the_alert_is_closed(
    program: Program, held: bool
) -> None:
    if held:
        hold(program)
    await unlock(program, "Ben")
    await program.says("Ana", "they outside my house rn, grey honda")
    await program.taps("Ben", "Open")
    await program.says("Ben", "got it")
    await program.wait(timedelta(hours=1))
    assert "grey honda" in told(program)
    act(program, Move.CLOSE, "reached_safe")
    await program.settle()
    retain.tick(program.house)
    assert ("grey honda" in told(program)) is held


async def test_what_we_said_goes_a_week_after_it_left(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    program.clock.move_by(timedelta(days=6))
    retain.tick(program.house)
    with program.house.db.read() as s:
        assert all(row.text for row in s.scalars(sa.select(Outbox)))
    program.clock.move_by(timedelta(days=1, minutes=1))
    retain.tick(program.house)
    with program.house.db.read() as s:
        sent = sa.select(Outbox).where(Outbox.state == OutboxState.SENT)
        assert not [row for row in s.scalars(sent) if row.text or row.buttons]


async def test_pages_leave_the_workers_phone_at_closing_and_at_the_latest_after_40_hours(
    program: Program,
) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "got it")
    act(program, Move.CLOSE, "reached_safe")
    await program.settle()
    assert [ref for ref in program.channel.deleted if ref.startswith("Ben")]
    assert not [ref for ref in program.channel.deleted if ref.startswith("Ana")]
    gone = len(program.channel.deleted)
    await program.says("Ana", "they outside again")
    await program.says("Ben", "got it")
    act(program, Move.REACHED)
    await program.wait(timedelta(hours=41))
    assert len(program.channel.deleted) > gone
    with program.house.db.read() as s:
        pages = sa.select(Outbox.ref).where(Outbox.kind == Kind.PAGE, Outbox.worker_id.is_not(None))
        assert set(s.scalars(pages)) == {None}


class Stubborn:
    """A channel whose deletions fail as they are told to."""

    name = "telegram"

    def __init__(self, *faults: Exception) -> None:
        self.faults, self.deleted = list(faults), 0

    async def delete(self, bot: Bot, ref: str) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.deleted += 1


@pytest.mark.parametrize(
    ("fault", "deleted"),
    [
        (SendFailed("", permanent=False, reason=Reason.UNREACHED), 1),
        (OutcomeUnknown(), 1),
        (SendFailed("", permanent=True, reason=Reason.REFUSED), 0),
    ],
)
@pytest.mark.both_databases
async def test_a_deletion_that_fails_is_tried_again_unless_it_never_can(
    program: Program, fault: Exception, deleted: int
) -> None:
    await program.says("Ana", "they outside my house rn")
    channel = Stubborn(fault)
    program.house.channels = {"telegram": channel}  # type: ignore[dict-item]
    program.clock.move_by(timedelta(hours=40))
    retain.tick(program.house)
    first = await retain.sweep(program.house)
    assert first >= 1
    assert await retain.sweep(program.house) == 0
    before = channel.deleted
    program.clock.move_by(timedelta(minutes=6))
    retain.tick(program.house)
    assert await retain.sweep(program.house) == deleted
    assert channel.deleted == before + deleted


@pytest.mark.both_databases
async def test_a_legal_hold_stops_erasing_for_this_client(program: Program) -> None:
    hold(program)
    await program.says("Ana", "gonna get back at them")
    act(program, Move.CLOSE, "reached_safe")
    await program.settle()
    program.clock.move_by(timedelta(days=400))
    retain.tick(program.house)
    await retain.sweep(program.house)
    assert words(program) == ["gonna get back at them"]
    assert program.channel.deleted == []
    with program.house.db.read() as s:
        alert = s.scalars(sa.select(Alert)).one()
        assert alert.why is not None
        assert alert.signals == ["retaliation", "loss"]
        assert len(s.scalars(sa.select(Seen)).all()) == 2
        assert all(row.text for row in s.scalars(sa.select(Outbox)) if row.client_id)


async def test_a_late_call_me_still_reaches_a_person(program: Program) -> None:
    remember(program, program.clock.now().date().replace(year=2024) + timedelta(days=1))
    await program.wait(timedelta(days=1))
    await program.wait(timedelta(days=60))
    with program.house.db.read() as s:
        left = s.execute(sa.select(ButtonRow.does, ButtonRow.value)).all()
        assert {does if does != "choice" else value for does, value in left} == {"call_me"}
    (heard, *_) = program.got("Ana", Kind.ANNIVERSARY)
    token = dict(heard.buttons)["Call me"]
    await program.says("Ana", kind=InboundKind.BUTTON, token=token)
    assert len(program.got("Ben", Kind.PAGE)) == 1


@pytest.mark.both_databases
async def test_used_links_go(program: Program) -> None:
    with program.house.db.write() as s:
        at, ben = program.clock.now(), s.scalars(sa.select(Worker)).first()
        s.add(
            Invite(
                token_lookup="x",
                worker_id=ben.id if ben else None,
                made_at=at,
                expires_at=at + timedelta(days=3),
            )
        )
    program.clock.move_by(timedelta(days=11))
    retain.tick(program.house)
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Invite)).all() == []


@pytest.mark.both_databases
async def test_the_tick_run_twice_finds_nothing_more_to_erase(program: Program) -> None:
    await program.says("Ana", "gonna get back at them")
    await program.says("Ana", "hmm they around again")
    act(program, Move.CLOSE, "reached_safe")
    for span in (timedelta(0), timedelta(days=8), timedelta(days=40), timedelta(days=400)):
        program.clock.move_by(span)
        retain.tick(program.house)
        assert retain.tick(program.house) == 0


def situations(program: Program) -> list[str]:
    """Return what Ana's life is like as far as we keep it."""
    with program.house.db.read() as s:
        return [row.situation.value for row in s.scalars(sa.select(ClientSituation))]


async def test_what_a_plan_could_have_been_about_is_not_kept_for_ever(program: Program) -> None:
    await program.says("Ana", "threatened")
    assert situations(program) == ["threatened"]
    program.clock.move_by(timedelta(days=29))
    retain.tick(program.house)
    assert situations(program) == ["threatened"]
    program.clock.move_by(timedelta(days=2))
    retain.tick(program.house)
    assert situations(program) == []


@pytest.mark.both_databases
async def test_what_the_worker_set_stays(program: Program) -> None:
    with program.house.db.write() as s:
        s.scalars(sa.select(Client)).one().situation = Situation.THREATENED
    await program.says("Ana", "threatened")
    program.clock.move_by(timedelta(days=31))
    retain.tick(program.house)
    assert situations(program) == ["threatened"]


async def test_what_turned_out_to_be_nothing_suggests_no_plan(program: Program) -> None:
    await program.says("Ana", "hmm")
    assert situations(program) == []  # only asked about
    await program.taps("Ana", "Yes")
    await program.says("Ana", "get back at them")
    assert situations(program) == ["group_conflict"]  # by what was named first
    act(program, Move.CLOSE, "no_danger")
    assert situations(program) == []


async def test_why_it_rang_does_not_keep_her_words(program: Program) -> None:
    plans.listening(program)
    await program.wait(timedelta(days=7))
    await program.taps("Ana", "Not good")
    await program.says("Ana", "we'll see")  # one of what people say for "Not sure"
    with program.house.db.read() as s:
        alert, ana = s.scalars(sa.select(Alert)).one(), s.scalars(sa.select(Client)).one()
        why = people.box(program.house.sealer, ana).open("alert.why", alert.id, alert.why)
    assert "Not sure" in why and "see" not in why
    assert "we'll see" in words(program)


KEPT = {
    Language.EN: ("your name", "answers", "plan", "who you call", "dates", "danger", "Telegram"),
    Language.ES: (
        "tu nombre",
        "respuestas",
        "plan",
        "a quién llamas",
        "fechas",
        "peligro",
        "Telegram",
    ),
}


@pytest.mark.parametrize("language", Language)
def test_who_asks_hears_all_that_is_kept(language: Language) -> None:
    said = room().texts.say("utter_what_is_stored", language, worker="Ben")
    assert [word for word in KEPT[language] if word not in said] == []
