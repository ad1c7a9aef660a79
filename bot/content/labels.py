"""Our own labels: whoever types one has read it on a button, and tells us nothing of danger."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.texts import Texts
from bot.core.answers import GENERAL, fold
from bot.core.flows import Flow
from bot.core.people import Language
from bot.core.plan import Section

# Buttons that clients see. Left out: what asks for a person, and what a situation is called.
BUTTONS = (
    *("plan", "okay_now", "go_on", "less_often", "one_week", "not_today", "skip", "later"),
    *("plan_use", "plan_next", "plan_helped", "plan_back", "plan_change", "plan_drop"),
    *("plan_hide", "plan_show", "plan_add", "plan_add_to", "plan_needs", "plan_notes"),
    *("plan_keep", "plan_refuse", "plan_no", "plan_not_now", "plan_which", "plan_base"),
    *("plan_make", "plan_review", "plan_true", "hand_over_yes", "hand_over_no"),
)


def harmless(flows: Mapping[str, Flow], texts: Texts) -> frozenset[str]:
    """Return, folded, the names of a plan's parts and the labels of buttons; never one that carries
    a signal at any question, nor a bare yes or no, which mean what is asked.

    Of the flows only the plans': the hello has a label that rings on trial.
    """
    names = [f"utter_button_{name}" for name in BUTTONS]
    names += [f"utter_plan_{how}_{section}" for how in ("section", "short") for section in Section]
    shown = {fold(texts.say(name, language)) for name in names for language in Language}
    signals: set[str] = set()
    for flow in flows.values():
        for step in flow.steps:
            for choice in step.choices:
                labels = map(fold, choice.label.values())
                if choice.signal:
                    signals.update(labels)
                elif flow.plan:
                    shown.update(labels)
    return frozenset(shown - signals - {word for marks in GENERAL.values() for word in marks})
