"""What a flow or a rule can do beside asking and telling; each stages its effect and says its text.

Thin on purpose: what an effect then does is decided where the turn is committed (bot/service).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.core.answers import fold
from bot.core.effects import (
    AskForPerson,
    DeclineConsent,
    Effect,
    FinishFlow,
    GiveConsent,
    OfferItem,
    OpenPlan,
    PageOnTrial,
    Pause,
    SetLanguage,
    SetPreference,
    Stop,
    WantHelp,
)
from bot.dialogue.turns import Turn

# turn, dispatcher, the run's answers so far, the step (empty when a rule does it)
Deed = Callable[[Turn, CollectingDispatcher, Mapping[str, str], str], list[EventType]]

# What tells the wish for one step now from the wish to look at the plan.
USES = ("use ", "step", "right now", "what do i do", "usar", "paso", "que hago", "ahorita")
LINE = 3  # words of a line for the plan; "a ride" or "back", said to nothing, is not yet one
DAYS = {"day": 1, "week": 7, "month": 30}
WEEK = 7
# How a language is called by those who ask for it, in either.
LANGUAGE_NAMES = {"en": ("english", "ingles"), "es": ("spanish", "espanol")}


def _stages(action: str, effect: Effect, says: str = "") -> Deed:
    def deed(
        turn: Turn, dispatcher: CollectingDispatcher, answers: Mapping[str, str], step: str
    ) -> list[EventType]:
        turn.stage(effect, action=action, step=step)
        if says:
            dispatcher.utter_message(response=says)
        return []

    return deed


def _keeps(action: str, name: str, answer: str) -> Deed:
    def deed(
        turn: Turn, dispatcher: CollectingDispatcher, answers: Mapping[str, str], step: str
    ) -> list[EventType]:
        if answer in answers:
            turn.stage(SetPreference(name, answers[answer]), action=action, step=step)
        return []

    return deed


def _help_wanted(
    turn: Turn, dispatcher: CollectingDispatcher, answers: Mapping[str, str], step: str
) -> list[EventType]:
    """What would help; a person says what can be done, the text promises nothing."""
    turn.stage(WantHelp(answers.get("help", "")), action="action_help_wanted", step=step)
    dispatcher.utter_message(response="utter_checkin_help_noted")
    return []


def _pause(
    turn: Turn, dispatcher: CollectingDispatcher, answers: Mapping[str, str], step: str
) -> list[EventType]:
    """A break of the length that was answered, a week otherwise."""
    days = next((DAYS[value] for value in answers.values() if value in DAYS), WEEK)
    turn.stage(Pause(days), action="action_pause", step=step)
    return []


def _change_language(
    turn: Turn, dispatcher: CollectingDispatcher, answers: Mapping[str, str], step: str
) -> list[EventType]:
    """The language that the client named, the other one when none was named."""
    now = str(turn.state.get("language"))
    said = fold(turn.text)
    named = [code for code, names in LANGUAGE_NAMES.items() if any(name in said for name in names)]
    language = named[0] if len(named) == 1 else "es" if now == "en" else "en"
    turn.stage(SetLanguage(language), action="action_change_language", step=step)
    # The slot changes only after this was said.
    dispatcher.utter_message(response="utter_language_changed", language=language)
    return [SlotSet("language", language)]


def _offer_stop(
    turn: Turn, dispatcher: CollectingDispatcher, answers: Mapping[str, str], step: str
) -> list[EventType]:
    """Ask whether it is to stop or a break, and break off what was being asked."""
    flow = turn.state.get("flow")
    if flow:
        turn.stage(FinishFlow(flow, abandoned=True), action="action_offer_stop", step=step)
    dispatcher.utter_message(response="utter_stop")
    return [SlotSet("requested_slot", None), ActiveLoop(None)]


def _open_plan(
    turn: Turn, dispatcher: CollectingDispatcher, answers: Mapping[str, str], step: str
) -> list[EventType]:
    """Show the plan, or its next step to who wants to use it right now."""
    said = fold(turn.text)
    how = "use" if any(words in said for words in USES) else "open"
    turn.stage(OpenPlan(how), action="action_open_plan", step=step)
    return []


def _offer_item(
    turn: Turn, dispatcher: CollectingDispatcher, answers: Mapping[str, str], step: str
) -> list[EventType]:
    """Offer to keep what was said as a line of the plan; a word or two is not understood as one."""
    if len(fold(turn.text).split()) < LINE:
        dispatcher.utter_message(response="utter_fallback")
    else:
        turn.stage(OfferItem(), action="action_offer_item", step=step)
    return []


DEEDS: dict[str, Deed] = {
    "action_ask_person": _stages("action_ask_person", AskForPerson()),
    "action_give_consent": _stages("action_give_consent", GiveConsent()),
    "action_decline_consent": _stages(
        "action_decline_consent", DeclineConsent(), "utter_onboarding_not_now"
    ),
    "action_trial_page": _stages("action_trial_page", PageOnTrial(), "utter_onboarding_ring"),
    "action_help_wanted": _help_wanted,
    "action_stop": _stages("action_stop", Stop()),
    "action_pause": _pause,
    "action_offer_stop": _offer_stop,
    "action_change_language": _change_language,
    "action_keep_hour": _keeps("action_keep_hour", "checkin_hour", "hour"),
    "action_keep_cadence": _keeps("action_keep_cadence", "cadence", "cadence"),
    "action_open_plan": _open_plan,
    "action_make_plan": _stages("action_make_plan", OpenPlan("make")),
    "action_offer_item": _offer_item,
}


def by_rule(name: str, turn: Turn, dispatcher: CollectingDispatcher) -> list[Any]:
    """Do what a rule asks for, outside a flow's own steps."""
    return DEEDS[name](turn, dispatcher, dict(turn.state.get("answers") or {}), "")
