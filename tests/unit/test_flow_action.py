"""The one action that leads every flow, without an engine around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.flow import FlowForm
from actions.server import runner
from bot import content
from bot.core.answers import Sureness
from bot.core.danger import Signal
from bot.core.effects import (
    AskForPerson,
    FinishFlow,
    PageOnTrial,
    RaiseSignal,
    SaveAnswer,
    SetLanguage,
    SetPreference,
    StartFlow,
    WantHelp,
)
from bot.core.flows import Choice, Flow, Step
from bot.dialogue.turns import OpenTurns, Turn, TurnClosed
from bot.settings import ROOT

CONTENT = content.load(ROOT / "data")
NOTHING = {"language": "en", "flow": None, "step": None, "answers": {}, "asked_again": False}


def asking(flow: str, step: str, **more: Any) -> dict[str, Any]:
    """Return the state of a run that asks a step."""
    return {**NOTHING, "flow": flow, "step": step, **more}


@dataclass
class Came:
    """What the action did."""

    slots: dict[str, Any]
    events: list[Mapping[str, Any]]
    says: list[str]
    effects: tuple[object, ...]


def call(name: str, turn: Turn, intents: Mapping[str, float], **more: Any) -> dict[str, Any]:
    """Return an action call as the engine makes it."""
    state = turn.state
    ranking = [{"name": intent, "confidence": sure} for intent, sure in intents.items()]
    slots = {
        "language": state["language"],
        "asked_again": state["asked_again"],
        "requested_slot": f"{state['flow']}_{state['step']}" if state["step"] else None,
    }
    message = {
        "text": turn.text,
        "intent": ranking[0] if ranking else {"name": "nlu_fallback"},
        "intent_ranking": ranking,
        "entities": [],
    }
    events = [{"event": "user"}, *more.pop("events", []), {"event": "action"}]
    tracker = {"sender_id": turn.id, "slots": slots, "latest_message": message, "events": events}
    return {
        "next_action": name,
        "sender_id": turn.id,
        "tracker": {"active_loop": {}, "latest_action_name": "", "paused": False, **tracker},
        **more,
    }


async def take(
    name: str,
    state: Mapping[str, Any],
    text: str = "",
    intents: Mapping[str, float] | None = None,
    *,
    choice: str | None = None,
    intent: str | None = None,
    flows: Any = CONTENT,
    **more: Any,
) -> Came:
    """Run one action of an open turn."""
    turns = OpenTurns()
    with turns.open(flows, state, text=text, choice=choice, intent=intent) as turn:
        answer = await runner(turns, Sureness())(call(name, turn, intents or {}, **more))
        return Came(
            slots={e["name"]: e["value"] for e in answer["events"] if e["event"] == "slot"},
            events=answer["events"],
            says=[response["response"] for response in answer["responses"]],
            effects=turn.effects,
        )


FORM = "validate_checkin_form"


async def test_a_flow_begins_with_its_first_question() -> None:
    came = await take(FORM, NOTHING, "i want to check in", {"start_checkin": 0.9})
    assert came.slots["requested_slot"] == "checkin_day"
    assert came.effects == (StartFlow("checkin"),)


async def test_a_flow_that_the_service_began_is_not_begun_twice() -> None:
    came = await take(FORM, {**NOTHING, "flow": "checkin"})
    assert came.effects == ()


async def test_what_begins_a_flow_may_answer_its_first_question() -> None:
    came = await take(FORM, NOTHING, "having a rough one", {"say_not_good": 0.9})
    assert came.slots["requested_slot"] == "checkin_safe_tonight"
    assert came.effects == (StartFlow("checkin"), SaveAnswer("checkin", "day", "not_good"))


async def test_a_flow_begun_in_the_middle_of_another_breaks_that_off() -> None:
    state = asking("onboarding", "hello")
    came = await take(FORM, state, "i want to check in")
    assert came.effects == (FinishFlow("onboarding", abandoned=True), StartFlow("checkin"))


async def test_all_well_is_one_answer() -> None:
    came = await take(FORM, asking("checkin", "day"), choice="good")
    assert came.says == ["utter_checkin_all_good"]
    assert came.slots["requested_slot"] is None
    assert came.effects == (SaveAnswer("checkin", "day", "good"), FinishFlow("checkin"))


async def test_an_answer_with_a_signal_raises_it() -> None:
    came = await take(FORM, asking("checkin", "safe_tonight"), "no")
    assert RaiseSignal(Signal.UNSAFE_SHELTER, "safe_tonight") in came.effects
    assert came.slots["requested_slot"] == "checkin_somebody_after"


async def test_an_unclear_answer_is_asked_once_more() -> None:
    came = await take(FORM, asking("checkin", "day"), "asdf")
    assert came.says == ["utter_ask_again"]
    assert came.slots == {"asked_again": True, "requested_slot": "checkin_day"}
    assert came.effects == ()


async def test_an_answer_that_stays_unclear_is_kept_as_unclear_and_takes_its_own_way() -> None:
    came = await take(FORM, asking("checkin", "day", asked_again=True), "asdf")
    assert came.effects == (SaveAnswer("checkin", "day", "unclear"),)
    assert came.slots["requested_slot"] == "checkin_safe_tonight"
    assert came.slots["asked_again"] is False


async def test_danger_that_one_answer_means_is_not_asked_for_once_more() -> None:
    state = asking("checkin", "hurt_or_lost", signals=["loss"])
    came = await take(FORM, state, "they killd my boy friday")
    assert SaveAnswer("checkin", "hurt_or_lost", "lost") in came.effects
    several = asking("checkin", "safe_tonight", signals=["unsafe_shelter"])
    came = await take(FORM, several, "nah i cant go bak 2 my moms crib")
    assert SaveAnswer("checkin", "safe_tonight", "not_safe") in came.effects
    assert came.slots["requested_slot"] == "checkin_somebody_after"


async def test_words_that_sounded_like_danger_are_no_line_of_a_plan() -> None:
    form, said = "validate_plan_lost_someone_form", "they out front rn wit guns"
    once = asking("plan_lost_someone", "tell_group", alarming=True)
    came = await take(form, once, said)
    assert came.effects == () and came.says == ["utter_again_alarming"]
    assert came.slots == {"asked_again": True, "requested_slot": "plan_lost_someone_tell_group"}
    came = await take(form, {**once, "asked_again": True}, said)
    assert came.effects == (SaveAnswer("plan_lost_someone", "tell_group", "unclear"),)
    came = await take(form, once, choice="let_it_rest")
    assert SaveAnswer("plan_lost_someone", "tell_group", "let_it_rest") in came.effects


async def test_what_alarming_words_ask_for_is_asked_for_without_them() -> None:
    state = asking("plan_partner_violence", "where", alarming=True)
    said = "no tengo donde dormir, aunque sea un refujio"
    came = await take("validate_plan_partner_violence_form", state, said)
    assert came.effects == (SaveAnswer("plan_partner_violence", "where", "shelter"),)


async def test_what_was_just_answered_elsewhere_is_stepped_over() -> None:
    state = asking("plan_lost_someone", "with_you", answers={"bed": "safe"})
    came = await take("validate_plan_lost_someone_form", state, choice="family")
    assert came.slots["requested_slot"] == "plan_lost_someone_route"


async def test_listed_own_words_end_or_interrupt_nothing() -> None:
    state = asking("plan_base", "myself")
    came = await take(
        "validate_plan_base_form", state, "Un descanso del face", {"pause": 0.9, "stop": 0.1}
    )
    assert SaveAnswer("plan_base", "myself", "Un descanso del face", own=True) in came.effects


async def test_an_interruption_is_left_to_the_rules() -> None:
    came = await take(FORM, asking("checkin", "day"), "who sees this", {"what_is_stored": 0.9})
    assert came.events == [] and came.effects == ()


async def test_an_interruption_that_the_engine_did_not_see_clearly_is_asked_again() -> None:
    unclear = {"nlu_fallback": 0.4, "what_is_stored": 0.42}
    came = await take(FORM, asking("checkin", "day"), "who what", unclear)
    assert came.says == ["utter_ask_again"]


async def test_after_an_interruption_the_same_question_is_asked() -> None:
    came = await take(
        FORM,
        asking("checkin", "safe_tonight", asked_again=True),
        "who sees this",
        {"what_is_stored": 0.9},
        events=[{"event": "action_execution_rejected"}, {"event": "action"}],
    )
    assert came.slots == {"asked_again": True, "requested_slot": "checkin_safe_tonight"}
    assert came.effects == ()


async def test_a_button_of_another_place_asks_the_same_question() -> None:
    came = await take(FORM, asking("checkin", "day"), intent="start_onboarding")
    assert came.slots["requested_slot"] == "checkin_day"


async def test_what_would_help_is_noted_with_the_answer() -> None:
    came = await take(FORM, asking("checkin", "help"), "un raite", {"say_ride": 0.9})
    assert WantHelp("ride") in came.effects
    assert came.says == ["utter_checkin_help_noted", "utter_checkin_thanks"]
    assert came.effects[-1] == FinishFlow("checkin")


async def test_onboarding_keeps_the_hour_and_rings_on_trial() -> None:
    form = "validate_onboarding_form"
    hour = await take(form, asking("onboarding", "hour"), choice="evening")
    assert SetPreference("checkin_hour", "evening") in hour.effects
    trial = await take(form, asking("onboarding", "trial"), choice="help")
    assert PageOnTrial() in trial.effects
    assert trial.says == ["utter_onboarding_ring", "utter_onboarding_welcome"]


class Linked:
    """Two flows of which the first leads into the second."""

    def flow(self, name: str) -> Flow:
        yes = Choice("good", {"en": "Good", "es": "Bien"}, {"en": (), "es": ()})
        first = (Step("day", collect="day", choices=(yes,)), Step("on", link="second"))
        second = (Step("more", collect="more", longest=5),)
        return Flow(name, 1, "", first if name == "checkin" else second)


async def test_a_link_ends_one_flow_and_begins_the_other() -> None:
    state = asking("checkin", "day")
    came = await take(FORM, state, choice="good", flows=Linked())
    assert came.effects[-1] == FinishFlow("checkin")
    assert {"event": "followup", "name": "second_form", "timestamp": None} in came.events


async def test_the_answer_that_led_into_a_link_does_not_answer_the_next_flow() -> None:
    turns = OpenTurns()
    with turns.open(Linked(), asking("checkin", "day"), text="good") as turn:
        run = runner(turns, Sureness())
        await run(call(FORM, turn, {}))
        after = call("validate_second_form", turn, {})
        after["tracker"]["slots"]["requested_slot"] = None
        answer = await run(after)
        slots = {e["name"]: e["value"] for e in answer["events"] if e["event"] == "slot"}
        assert slots["requested_slot"] == "second_more"
        assert turn.effects[-1] == StartFlow("second")
        assert FinishFlow("checkin", abandoned=True) not in turn.effects


async def test_words_are_cut_to_what_the_step_takes() -> None:
    came = await take("validate_second_form", asking("second", "more"), "many", flows=Linked())
    assert came.effects[0] == SaveAnswer("second", "more", "many")
    came = await take("validate_second_form", asking("second", "more"), "too many", flows=Linked())
    assert came.effects[0] == SaveAnswer("second", "more", "too m")


@pytest.mark.parametrize(
    ("now", "said", "then"),
    [
        ("en", "change language", "es"),
        ("es", "cambia el idioma", "en"),
        ("en", "english please", "en"),
        ("es", "en español", "es"),
        ("en", "habla español", "es"),
    ],
)
async def test_the_language_that_was_named_or_the_other_one(now: str, said: str, then: str) -> None:
    came = await take("action_change_language", {**NOTHING, "language": now}, said)
    assert came.effects == (SetLanguage(then),)
    assert came.slots == {"language": then}


async def test_asking_for_a_person_says_nothing_by_itself() -> None:
    came = await take("action_ask_person", asking("checkin", "day"), "get me a person")
    assert came.effects == (AskForPerson(),) and came.says == []


async def test_wanting_to_stop_ends_the_talk_and_offers_a_break() -> None:
    came = await take("action_offer_stop", asking("checkin", "help"), "stop")
    assert came.says == ["utter_stop"]
    assert came.effects == (FinishFlow("checkin", abandoned=True),)


async def test_an_action_for_a_turn_that_is_over_is_refused() -> None:
    turns = OpenTurns()
    with turns.open(CONTENT, asking("checkin", "day")) as turn:
        late = call(FORM, turn, {})
    with pytest.raises(TurnClosed):
        await runner(turns, Sureness())(late)


async def test_called_twice_in_a_turn_it_counts_once() -> None:
    turns = OpenTurns()
    with turns.open(CONTENT, asking("checkin", "day"), choice="good") as turn:
        tracker = Tracker.from_dict(call(FORM, turn, {})["tracker"])
        form = FlowForm(turns, Sureness())
        await form.run(CollectingDispatcher(), tracker, FORM)
        await form.run(CollectingDispatcher(), tracker, FORM)
        assert turn.effects == (SaveAnswer("checkin", "day", "good"), FinishFlow("checkin"))
