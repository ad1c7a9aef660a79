"""The flows that make plans: every question reached, every way ends, eight minutes at most."""

from __future__ import annotations

import pytest

from bot.core.flows import LATER, SKIP, UNCLEAR, Flow, Step
from bot.core.people import Language, Situation
from bot.core.plan import NeedKind, Section, Term
from bot.service.planning.plans import ADD, BASE, CHANGE, flow_name
from tests.support.program import room

FLOWS = room().flows
PLANS = [flow for flow in FLOWS.values() if flow.plan]
OWN = "a few words"
# Seconds for a question: read on a small phone and tapped, or answered in a few words.
TAP, WORDS, MOST = 10, 25, 8 * 60


def ways(flow: Flow) -> list[list[tuple[Step, str]]]:
    """Return each way from the first question to the end, as questions and answers."""
    found: list[list[tuple[Step, str]]] = []
    open_ways: list[tuple[Step | None, list[tuple[Step, str]]]] = [(flow.first, [])]
    while open_ways:
        step, before = open_ways.pop()
        while step is not None and not step.collect:
            step = flow.after(step) if step.next or not step.link else None
        if step is None:
            found.append(before)
            continue
        assert step.id not in [asked.id for asked, _ in before], f"{flow.name}: in a circle"
        values = [choice.value for choice in step.choices] + [UNCLEAR]
        values += [OWN] if step.words else []
        # One answer for each place that answers lead to; with LATER the same question waits.
        leads = {id(flow.after(step, v)): v for v in values if v != LATER}
        open_ways += [(flow.after(step, v), [*before, (step, v)]) for v in leads.values()]
    return found


@pytest.mark.parametrize("flow", PLANS, ids=lambda flow: flow.name)
def test_every_question_is_reached_and_every_way_ends(flow: Flow) -> None:
    asked = {step.id for way in ways(flow) for step, _ in way}
    assert asked == {step.id for step in flow.steps if step.collect}


@pytest.mark.parametrize("flow", PLANS, ids=lambda flow: flow.name)
def test_every_answer_of_every_question_leads_somewhere(flow: Flow) -> None:
    for step in flow.steps:
        for choice in step.choices:
            after = flow.after(step, choice.value)
            assert after is None or after in flow.steps


@pytest.mark.parametrize("flow", PLANS, ids=lambda flow: flow.name)
def test_every_question_exists_in_both_languages_and_can_be_left_out(flow: Flow) -> None:
    for step in flow.steps:
        if not step.collect:
            continue
        for language in Language:
            assert room().texts.say(f"utter_ask_{flow.name}_{step.id}", language, worker="Ben")
            for choice in step.choices:
                assert choice.label[language]
        assert {SKIP, LATER} <= {choice.value for choice in step.choices}


@pytest.mark.parametrize("situation", list(Situation))
def test_a_plan_takes_eight_minutes_at_most(situation: Situation) -> None:
    base = max(seconds(way) for way in ways(FLOWS[BASE]))
    own = max(seconds(way) for way in ways(FLOWS[flow_name(situation)]))
    assert own + base <= MOST


def seconds(way: list[tuple[Step, str]]) -> int:
    """Return how long a way takes when every question is answered in the slowest manner."""
    return sum(WORDS if step.words else TAP for step, _ in way)


@pytest.mark.parametrize("situation", list(Situation))
def test_each_situation_leads_into_the_base(situation: Situation) -> None:
    links = [step.link for step in FLOWS[flow_name(situation)].steps if step.link]
    assert links == [BASE] and FLOWS[BASE].once


def test_the_base_asks_of_all_six_parts_for_now_and_for_later() -> None:
    asked = {(step.section, step.term) for step in FLOWS[BASE].steps if step.section}
    assert asked == {(section, term) for section in Section for term in Term}


def test_what_the_seed_asks_for_can_be_asked_for() -> None:
    needs = {c.need for flow in PLANS for step in flow.steps for c in step.choices if c.need}
    assert needs == set(NeedKind)
    for need in NeedKind:
        for language in Language:
            assert room().texts.say(f"utter_need_{need}", language)
            assert room().texts.say(f"utter_today_task_need_{need}", language)


def test_nobody_is_asked_who_or_against_whom() -> None:
    for name in ("tell_group", "step_in"):
        for flow in PLANS:
            for step in flow.steps:
                if step.id != name:
                    continue
                asked = room().texts.say(f"utter_ask_{flow.name}_{name}", Language.EN)
                assert not any(f"{word} did" in asked.lower() for word in ("who", "they"))
                assert name != "tell_group" or "No names, no plans" in asked


def test_small_flows_change_one_item() -> None:
    for name in (ADD, CHANGE):
        assert [step.id for step in FLOWS[name].steps if step.collect] == ["words"]
