"""The client's own plan: seen a part at a time, changed by tap, first in danger, kept alive."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.messages import Kind
from bot.core.people import Situation
from bot.core.plan import By, Did, ItemState, Section, Term
from bot.service import incidents, retain
from bot.service.people import export
from bot.service.planning import plans, reviews
from bot.store import plans as store
from bot.store.tables import Client, Plan, PlanItem
from tests.support import plans as plan
from tests.support.program import Program, client
from tests.support.staff import last, looks, screen, tap_again, unlock

ITEMS = (
    (Section.MYSELF, Term.SHORT, "headphones and a walk"),
    (Section.CALM, Term.SHORT, "my aunt's kitchen"),
    (Section.PEOPLE, Term.SHORT, "call my big cousin"),
    (Section.PEOPLE, Term.LONG, "my daughter"),
    (Section.SURROUNDINGS, Term.SHORT, "go in by the back"),
)


def have(program: Program) -> Program:
    """Give Ana a plan."""
    with program.house.db.write() as s:
        ana = s.query(Client).one()
        for section, term, words in ITEMS:
            plans.keep(s, program.house, program.clock.now(), ana, section, term, words)
        made = store.of_client(s, ana)
        assert made is not None
        reviews.plan_next(s, program.house, program.clock.now(), ana, made)
    return plan.listening(program)


def changed(program: Program) -> list[Did]:
    """Return what happened to the plan, in its order."""
    with program.house.db.read() as s:
        return [change.did for change in store.changes(s, client(program))]


async def test_my_plan_shows_a_part_at_a_time(program: Program) -> None:
    have(program)
    await program.says("Ana", "my plan")
    assert not any(words in last(program, "Ana") for *_, words in ITEMS)
    await program.taps("Ana", "People I can ask")
    shown = last(program, "Ana")
    assert "1. call my big cousin" in shown and "2. my daughter" in shown
    assert "my aunt's kitchen" not in shown and "headphones" not in shown


async def test_an_item_is_changed_hidden_and_taken_out_by_tap(program: Program) -> None:
    have(program)
    await program.says("Ana", "my plan")
    await program.taps("Ana", "People I can ask")
    await program.taps("Ana", "1")
    await program.taps("Ana", "Change")
    await program.says("Ana", "text my big cousin first")
    assert plan.standing(program)["people.short"] == ["text my big cousin first"]
    await program.taps("Ana", "My plan")
    await program.taps("Ana", "People I can ask")
    await program.taps("Ana", "2")
    await program.taps("Ana", "Only me")
    await program.taps("Ana", "My plan")
    await program.taps("Ana", "What I do on my own")
    await program.taps("Ana", "1")
    await program.taps("Ana", "Take out")
    assert "myself.short" not in plan.standing(program)
    assert changed(program)[-3:] == [Did.CHANGED, Did.HIDDEN, Did.DROPPED]
    with program.house.db.read() as s:
        dropped = s.query(PlanItem).filter_by(state=ItemState.DROPPED).one()
        assert dropped.words is None


async def test_a_sentence_said_in_passing_is_kept_where_the_client_says(program: Program) -> None:
    have(program)
    await program.says("Ana", "i can stay at my aunt's")
    assert "Want to keep that in your plan?" in last(program, "Ana")
    await program.taps("Ana", "Calm")
    assert "i can stay at my aunt's" in plan.standing(program)["calm.short"]


async def test_while_something_else_stands_open_no_line_is_offered_on_top(
    program: Program,
) -> None:
    have(program)
    await program.says("Ana", "hmm")
    before = len(program.got("Ana"))
    await program.says("Ana", "i can stay at my aunt's")
    assert not any("keep that in your plan" in h.text for h in program.got("Ana")[before:])


async def test_what_was_never_placed_is_forgotten_in_a_day(program: Program) -> None:
    have(program)
    await program.says("Ana", "i can stay at my aunt's")
    program.clock.move_by(timedelta(days=1))
    retain.tick(program.house)
    with program.house.db.read() as s:
        assert s.query(PlanItem).filter_by(state=ItemState.OFFERED).count() == 0


async def test_in_a_hard_moment_one_step_comes_and_then_the_next(program: Program) -> None:
    have(program)
    await program.says("Ana", "use my plan")
    assert last(program, "Ana") == "One thing to try now: headphones and a walk"
    await program.taps("Ana", "Next step")
    assert last(program, "Ana") == "This calms you: my aunt's kitchen"
    await program.taps("Ana", "Next step")
    assert last(program, "Ana") == "You can ask: call my big cousin"


async def test_in_danger_the_plan_opens_whom_to_call_and_where_to_go(program: Program) -> None:
    have(program)
    await program.says("Ana", "they outside")
    assert not any(words in last(program, "Ana") for *_, words in ITEMS)
    await program.taps("Ana", "My plan")
    shown = last(program, "Ana")
    assert shown.index("call my big cousin") < shown.index("go in by the back")
    assert "911" not in shown and "988" not in shown and "headphones" not in shown


async def test_without_a_plan_danger_still_gets_a_question_and_a_person(program: Program) -> None:
    plan.listening(program)
    await program.says("Ana", "they outside")
    await program.taps("Ana", "My plan")
    assert "Who could you call right now?" in last(program, "Ana")
    await program.taps("Ana", "Make one")
    assert "What's closest right now?" in last(program, "Ana")


async def test_money_is_refused_by_a_person_before_the_client_sees_it(program: Program) -> None:
    plan.listening(program)
    plan.begin(program, Situation.THREATENED)
    await program.settle()
    for label in ("Can't say", "Not sure", "Not sure", "Yes, ask"):
        await program.taps("Ana", label)
    assert plan.needs(program) == {"hotel": "asked"}
    await today(program)
    await program.taps("Ben", "Open: 1")
    await program.taps("Ben", "Declined")
    await program.taps("Ben", "no money left for it")
    assert plan.needs(program) == {"hotel": "asked"}
    await program.taps("Ben", "Not yet")
    assert plan.needs(program) == {"hotel": "asked"}
    await program.taps("Ben", "I told them")
    await program.says("Ana", "my plan")
    await program.taps("Ana", "What I asked for")
    assert "some nights in a hotel: Declined (no money left for it)" in last(program, "Ana")


async def test_dev_cannot_settle_what_ana_asked_for(program: Program) -> None:
    plan.listening(program)
    plan.begin(program, Situation.COMING_HOME)
    await program.settle()
    for _ in range(4):
        await program.taps("Ana", "Skip")
    await program.taps("Ana", "Yes, papers")
    await today(program)
    await program.taps("Ben", "Open: 1")
    token = next(button.token for button in program.buttons("Ben") if button.label == "Set up")
    await unlock(program, "Dev")
    await tap_again(program, "Dev", token)
    await program.says("Dev", "/plan Ana")
    assert "You have no client of that name" in last(program, "Dev")
    assert plan.needs(program) == {"papers": "asked"}
    assert "papers" not in screen(program, "Dev")


async def test_the_worker_sees_the_plan_but_not_what_is_only_the_clients(program: Program) -> None:
    have(program)
    with program.house.db.write() as s:
        ana = s.query(Client).one()
        mine = store.items(s, ana, section=Section.MYSELF)[0]
        plans.hide(s, program.clock.now(), ana, mine, True)
    await unlock(program, "Ben")
    await program.says("Ben", "/plan Ana")
    assert "call my big cousin" in last(program, "Ben")
    assert "headphones" not in screen(program, "Ben")
    assert 'Marked "only me", not shown: 1' in last(program, "Ben")
    assert "plan_shown" in looks(program, "Ben")


async def test_what_the_worker_proposes_stands_only_when_the_client_keeps_it(
    program: Program,
) -> None:
    have(program)
    await unlock(program, "Ben")
    await program.says("Ben", "/plan Ana")
    await program.taps("Ben", "Propose a line")
    await program.taps("Ben", "Safer")
    await program.says("Ben", "leave work by the other door")
    assert last(program, "Ana") == "Ben left you a note."
    assert "leave work by the other door" not in str(plan.standing(program))
    await program.taps("Ana", "New note")
    assert "leave work by the other door" in last(program, "Ana")
    await program.taps("Ana", "Keep it")
    assert "leave work by the other door" in plan.standing(program)["surroundings.short"]
    with program.house.db.read() as s:
        assert [c.by for c in store.changes(s, client(program))][-2:] == [By.WORKER, By.CLIENT]


async def test_without_a_phone_the_worker_settles_a_line_and_it_is_recorded(
    program: Program,
) -> None:
    have(program)
    with program.house.db.write() as s:
        s.query(Client).one().chat = None
    await unlock(program, "Ben")
    for words, said in (("leave work by the other door", True), ("no late bus", False)):
        await program.says("Ben", "/plan Ana")
        await program.taps("Ben", "Propose a line")
        await program.taps("Ben", "Safer")
        await program.says("Ben", words)
        assert words in last(program, "Ben")
        await program.taps("Ben", "They keep it" if said else "They don't want it")
        assert (words in plan.standing(program)["surroundings.short"]) is said
    with program.house.db.read() as s:
        by = [(one.did, one.by) for one in store.changes(s, client(program))][-3::2]
    assert by == [(Did.ACCEPTED, By.WORKER), (Did.REFUSED, By.WORKER)]
    did = looks(program, "Ben")
    assert "plan_accepted_for_them" in did and "plan_refused_for_them" in did


async def test_with_a_phone_nobody_settles_a_line_but_the_client(program: Program) -> None:
    have(program)
    await unlock(program, "Ben")
    await program.says("Ben", "/plan Ana")
    await program.taps("Ben", "Propose a line")
    await program.taps("Ben", "Safer")
    await program.says("Ben", "leave work by the other door")
    await program.says("Ben", "/plan Ana")
    assert "Settle a line" not in [button.label for button in program.buttons("Ben")]


async def test_a_comment_is_read_beside_its_line(program: Program) -> None:
    have(program)
    await unlock(program, "Ben")
    await program.says("Ben", "/plan Ana")
    await program.taps("Ben", "Comment")
    await program.taps("Ben", "call my big cousin")
    await program.says("Ben", "good one, he picks up late too")
    await program.taps("Ana", "New note")
    assert "Ben: good one, he picks up late too" in last(program, "Ana")


async def test_words_that_answer_a_page_are_never_taken_for_a_line(program: Program) -> None:
    have(program)
    await unlock(program, "Ben")
    await program.says("Ben", "/plan Ana")
    await program.taps("Ben", "Propose a line")
    await program.taps("Ben", "Safer")
    await program.says("Ana", "they outside")
    await program.says("Ben", "got it")
    assert "Ben has seen it" in last(program, "Ana")
    with program.house.db.read() as s:
        assert s.query(PlanItem).filter_by(state=ItemState.PROPOSED).count() == 0


async def test_after_90_days_the_plan_is_gone_through_item_by_item(program: Program) -> None:
    have(program)
    await program.wait(timedelta(days=91))
    assert any("still true?" in h.text for h in program.got("Ana", Kind.QUESTION))
    assert "the plan is old" in await today(program)
    await program.taps("Ana", "Yes")
    assert last(program, "Ana") == "headphones and a walk\nStill true?"
    await program.taps("Ana", "Still true")
    await program.taps("Ana", "Take out")
    for _ in range(3):
        await program.taps("Ana", "Still true")
    assert "That's all of it" in last(program, "Ana")
    assert changed(program)[-2:] == [Did.DROPPED, Did.REVIEWED]
    assert "the plan is old" not in await today(program)


async def test_a_line_changed_in_a_review_leads_to_the_next_and_the_review_to_its_end(
    program: Program,
) -> None:
    have(program)
    await program.wait(timedelta(days=91))
    await program.taps("Ana", "Yes")
    await program.taps("Ana", "Still true")
    await program.taps("Ana", "Change")
    await program.says("Ana", "my cousin's porch")
    assert last(program, "Ana") == "Kept.\n\ncall my big cousin\nStill true?"
    for _ in range(2):
        await program.taps("Ana", "Still true")
    await program.taps("Ana", "Change")
    await program.says("Ana", "go in by the side")
    assert last(program, "Ana") == "Kept.\n\nThat's all of it, thanks. Anything to add?"
    assert changed(program)[-1] is Did.REVIEWED
    assert "the plan is old" not in await today(program)


async def test_a_review_that_danger_cut_off_goes_on_where_it_was_and_only_when_asked_for(
    program: Program,
) -> None:
    have(program)
    with program.house.db.write() as s:
        at = program.clock.now()
        incidents.record(s, program.house, at, s.query(Client).one(), Situation.THREATENED, at)
    await program.wait(timedelta(days=4))
    await program.taps("Ana", "Yes")
    await program.taps("Ana", "Still true")
    await program.says("Ana", "they outside")
    await program.taps("Ana", "My plan")
    await program.taps("Ana", "All of my plan")
    await program.taps("Ana", "Check my plan")
    assert last(program, "Ana") == "my aunt's kitchen\nStill true?"
    await program.wait(timedelta(days=2))
    await program.taps("Ana", "All of my plan")
    await program.taps("Ana", "People I can ask")
    await program.taps("Ana", "1")
    await program.taps("Ana", "Take out")
    assert last(program, "Ana") == "It's out."


async def test_only_what_can_be_done_now_is_shown_in_danger(program: Program) -> None:
    plan.listening(program)
    plan.begin(program, Situation.LOST_SOMEONE)
    await program.settle()
    for label in ("Family", "No", "Yes, ask", "Another way and time", "Go early, leave early"):
        await program.taps("Ana", label)
    await program.taps("Ana", "No posts for now")
    await program.taps("Ana", "My sleep")
    await program.says("Ana", "tell em it aint worth it")
    assert plan.standing(program)["myself.short"] == ["I tell my people: it aint worth it"]
    await program.taps("Ana", "Later")
    await program.says("Ana", "use my plan")
    assert "no person or place yet" in last(program, "Ana")
    await program.says("Ana", "they outside")
    await program.taps("Ana", "My plan")
    assert "no person or place yet" in last(program, "Ana")
    await today(program)
    await program.taps("Ben", "Open: 1")
    await program.taps("Ben", "Set up")
    await program.taps("Ben", "I told them")
    await program.taps("Ana", "My plan")
    assert last(program, "Ana") == "Where to go, what to do:\nSome nights in a hotel"


@pytest.mark.parametrize("said", ["they outside", "hmm"])
@pytest.mark.parametrize("cover", [True, False])
async def test_in_danger_the_words_my_plan_open_whom_to_call(
    program: Program, said: str, cover: bool
) -> None:
    have(program)
    with program.house.db.write() as s:
        s.query(Client).one().cover = cover
    await program.says("Ana", said)
    await program.says("Ana", "my plan")
    assert last(program, "Ana").startswith("Who to call:\ncall my big cousin")
    await program.taps("Ana", "All of my plan")
    assert last(program, "Ana") == "It's yours. Tap a part."


async def today(program: Program) -> str:
    """Return what Ben's list says."""
    await unlock(program, "Ben")
    await program.says("Ben", "/today")
    return last(program, "Ben")


async def test_after_an_incident_the_plan_is_looked_at_again(program: Program) -> None:
    have(program)
    with program.house.db.write() as s:
        at = program.clock.now()
        incidents.record(s, program.house, at, s.query(Client).one(), Situation.THREATENED, at)
    await program.wait(timedelta(days=5))
    assert any("still true?" in h.text for h in program.got("Ana", Kind.QUESTION))


async def test_forgetting_and_reading_ones_own_paper_reach_the_plan(program: Program) -> None:
    have(program)
    with program.house.db.write() as s:
        ana = s.query(Client).one()
        page = export.about(s, program.house, program.clock.now(), ana, ana.language)
        assert all(words in page for *_, words in ITEMS)
        store.erase(s, ana)
        assert s.query(Plan).count() == s.query(PlanItem).count() == 0
