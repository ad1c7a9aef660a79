"""Somebody else may read Ana's phone: whatever leaves for it, by whichever way, is one of the
harmless lines agreed beforehand, unless she herself asked a moment ago to see something. And to a
phone that is not hers any more nothing leaves at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from bot.channels.base import Reason, SendFailed
from bot.core.dates import DateKind
from bot.core.messages import InboundKind, Kind
from bot.core.people import Language, PhoneState, Situation
from bot.service import dates, incidents, speak
from bot.service.people import caseload, consent, enrol
from bot.service.planning import reviews
from bot.service.staff import plans
from bot.service.staff.desk import Desk
from bot.settings import ROOT
from bot.store import dues
from bot.store.tables import Client, DueKind, Worker
from tests.support.program import Program, client, room
from tests.support.staff import tap_again, unlock, worker

DANGER = "they outside my house rn"
KINDS = tuple(speak.COVERED)
# Who may say a thing as it is on a covered phone, and why that is right stands there.
AS_IS = {
    "bot/service/converse.py": "a plan's talk that she opened; an offer in its cover words",
    "bot/service/planning/plan_views.py": "she asked to see her plan",
    "bot/service/planning/reviews.py": "the invitation has its own cover words",
    "bot/service/runs.py": "a plan that she opened; the hello, beside her worker",
    "bot/service/staff/plans.py": "an offer in its cover words; that there is a note",
    "bot/service/taps.py": "she opens a worker's line",
    "bot/service/writing.py": "a line to a phone that is not covered",
}


def harmless() -> set[str]:
    """Return every line that may stand on a covered phone."""
    texts = room().texts
    names = [name for name in texts.by_name if name.startswith("utter_cover_")]
    names += ["utter_plan_offer_cover", "utter_plan_review_cover"]
    return {texts.by_name[name][one] for name in names for one in Language}


@pytest.fixture
def covered(program: Program) -> Program:
    """Ana's phone may be read by somebody else."""
    with program.house.db.write() as s:
        s.get_one(Client, client(program).id).cover = True
    return program


def shown(program: Program) -> list[str]:
    """Return what stood on Ana's phone and is no harmless line."""
    return [m.text for m in program.channel.sent if m.chat == "Ana" and m.text not in harmless()]


def tell(program: Program, kind: Kind) -> None:
    """Tell Ana something that nobody else may read, whatever the kind."""
    with program.house.db.write() as s:
        ana, at = s.get_one(Client, client(program).id), program.clock.now()
        press = speak.button(program.house, ana.language, "okay_now")
        speak.to_client(s, program.house, at, ana, kind, "secret", buttons=[[press]])


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_message_has_a_harmless_line(covered: Program, kind: Kind) -> None:
    tell(covered, kind)
    await covered.settle()
    (message,) = (m for m in covered.channel.sent if m.chat == "Ana")
    assert message.text in harmless()
    if kind not in (Kind.CHECKIN, Kind.ASK):
        assert message.buttons == ()


def test_no_kind_that_goes_to_clients_was_forgotten() -> None:
    to_workers = {Kind.PAGE, Kind.ESCALATION, Kind.TASK, Kind.PREPARE, Kind.DIGEST}
    assert set(KINDS) == set(Kind) - to_workers


def test_only_those_say_a_thing_as_it_is_who_have_a_reason() -> None:
    """Whoever adds another place has to say here why nobody else's eyes matter there."""
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "bot").rglob("*.py")
        if re.search(r"as_is(=|\")", path.read_text()) and path.name != "speak.py"
    }
    assert found == set(AS_IS)


@pytest.mark.parametrize("state", [one for one in PhoneState if not one.reachable])
@pytest.mark.parametrize("kind", KINDS)
async def test_to_a_phone_that_is_not_hers_no_kind_leaves(
    program: Program, state: PhoneState, kind: Kind
) -> None:
    tell(program, kind)  # on its way already
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        enrol.set_phone(s, program.house, program.clock.now(), ana, state, "operator")
    tell(program, kind)
    await program.settle()
    assert [m for m in program.channel.sent if m.chat == "Ana"] == []


async def test_danger_and_all_that_follows(covered: Program) -> None:
    await covered.says("Ana", DANGER)
    await covered.wait(timedelta(minutes=25))  # "nobody has answered yet"
    await covered.says("Ben", "got it")
    await covered.says("Ana", "still they outside")
    await covered.says("Ben", "can't")
    await covered.says("Ana", "threatened me too")
    await covered.says("Ben", "close #1, safe")
    await covered.says("Ana", "hmm")
    await covered.wait(timedelta(minutes=6))  # the ask stays silent
    await covered.says("Ana", "call me")
    assert len([m for m in covered.channel.sent if m.chat == "Ana"]) > 8
    assert shown(covered) == []


async def test_nobody_yet_is_said_once_and_not_all_night(covered: Program) -> None:
    await covered.says("Ana", DANGER)
    await covered.wait(timedelta(hours=3))
    (_,) = covered.got("Ana", Kind.NOTICE)


async def test_what_was_on_its_way_when_the_phone_was_covered(program: Program) -> None:
    down = [SendFailed("", permanent=False, reason=Reason.SERVER) for _ in range(6)]
    program.channel.fail("Ana", *down)
    await program.says("Ana", DANGER)
    assert not program.got("Ana")
    with program.house.db.write() as s:
        ana, now = s.get_one(Client, client(program).id), program.clock.now()
        incidents.record(s, program.house, now, ana, Situation.PARTNER_VIOLENCE, now)
    await program.wait(timedelta(minutes=10))
    assert program.got("Ana", Kind.SAFETY)
    assert not shown(program)
    assert not any(
        "plan" in b.label for m in program.channel.sent for row in m.buttons for b in row
    )


async def test_what_nobody_asked_for(covered: Program) -> None:
    with covered.house.db.write() as s:
        ana, at = s.get_one(Client, client(covered).id), covered.clock.now()
        day = date(2024, 3, 10)
        dates.record(s, covered.house, at, ana, DateKind.KILLING, day, what="brother")
        assert dues.put(s, DueKind.CHECKIN, ana, at, key="now") is not None
    await covered.wait(timedelta(days=16))
    assert {h.kind for h in covered.got("Ana")} >= {Kind.CHECKIN, Kind.NUDGE, Kind.ANNIVERSARY}
    assert shown(covered) == []


async def test_what_we_cannot_open_old_buttons_a_break_and_the_end(covered: Program) -> None:
    for kind in (InboundKind.VOICE, InboundKind.LOCATION, InboundKind.CONTACT, InboundKind.STICKER):
        await covered.says("Ana", kind=kind)
    await tap_again(covered, "Ana", "no such button")
    await covered.says("Ana", "hey")  # no engine here: told that we are slow
    with covered.house.db.write() as s:
        ana, at = s.get_one(Client, client(covered).id), covered.clock.now()
        consent.pause(s, covered.house, at, ana, timedelta(days=2))
    await covered.wait(timedelta(days=3))
    with covered.house.db.write() as s:
        ana, at = s.get_one(Client, client(covered).id), covered.clock.now()
        consent.stop(s, covered.house, at, ana)
    await covered.settle()
    await covered.says("Ana", DANGER)  # still rings after a stop
    assert len([m for m in covered.channel.sent if m.chat == "Ana"]) > 8
    assert shown(covered) == []


async def test_an_incident_a_plan_and_its_review(covered: Program) -> None:
    with covered.house.db.write() as s:
        ana, at = s.get_one(Client, client(covered).id), covered.clock.now()
        incidents.record(s, covered.house, at, ana, Situation.PARTNER_VIOLENCE, at)
        desk = Desk(s, covered.house, at, s.get_one(Worker, worker(covered, "Ben").id))
        plans.offer(desk, ana, Situation.PARTNER_VIOLENCE)
        words, presses = reviews.invitation(covered.house, ana)
        speak.to_client(s, covered.house, at, ana, Kind.QUESTION, words, buttons=presses)
    await covered.settle()
    assert shown(covered) == []


async def test_another_worker_and_a_person_who_writes(covered: Program) -> None:
    await unlock(covered, "Ben")
    await covered.says("Ben", "/write Ana")
    await covered.says("Ben", "is he home?")
    await covered.says("Ana", DANGER)
    await covered.says("Ana", "stop")
    await covered.says("Ben", "/back")
    with covered.house.db.write() as s:
        ana, at = s.get_one(Client, client(covered).id), covered.clock.now()
        dev = s.get_one(Worker, worker(covered, "Dev").id)
        caseload.give(s, covered.house, at, ana, dev, "operator")
    await covered.settle()
    await covered.taps("Ana", "I'd rather not")
    assert shown(covered) == []
    assert covered.got("Cora", Kind.TASK)


class Says:
    """An engine that always answers the same, as far as a check-in's next question."""

    def __init__(self, step: str = "") -> None:
        self.step = step

    async def turn(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        state = {"flow": "checkin" if self.step else None, "step": self.step, "asked_again": False}
        return {"replies": [{"response": "utter_fallback", "text": "secret"}], "state": state}

    async def up(self) -> bool:
        return True


async def test_answers_of_the_talk(covered: Program) -> None:
    covered.house.engine = Says()
    await covered.says("Ana", "what do you keep about me")
    assert covered.got("Ana")[-1].text == "Thanks, the office got your message."
    assert shown(covered) == []


async def test_not_good_asks_nothing_more_there_and_a_person_does(covered: Program) -> None:
    covered.house.engine = Says("safe_tonight")
    with covered.house.db.write() as s:
        ana, at = s.get_one(Client, client(covered).id), covered.clock.now()
        assert dues.put(s, DueKind.CHECKIN, ana, at, key="now") is not None
    await covered.settle()
    await covered.taps("Ana", "Not good")
    assert shown(covered) == []
    (task,) = covered.got("Ben", Kind.TASK)
    assert "Ana is not good today" in task.text
    assert "reach them the way you agreed" in task.text


async def test_whoever_opens_her_page_knows_not_to_call(covered: Program) -> None:
    await unlock(covered, "Ben")
    await covered.says("Ana", DANGER)
    await covered.taps("Ben", "Open")
    assert "Don't call it: use the way you agreed." in covered.got("Ben")[-1].text
