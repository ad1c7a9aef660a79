"""An answer that staff list as calm is not read for danger, so none of them may sound like it."""

from __future__ import annotations

from bot import content
from bot.core.answers import calm
from bot.danger.features import Reader
from bot.danger.phrases import load_phrases
from bot.danger.words import load_words
from bot.settings import ROOT

DATA = ROOT / "data"


def test_no_calm_answer_holds_a_danger_phrase() -> None:
    phrases, reader = load_phrases(DATA / "danger"), Reader(load_words(DATA / "danger"))
    found = {}
    for flow in content.load(DATA).flows.values():
        for step in flow.steps:
            for choice in step.choices:
                for said in (one for texts in choice.says.values() for one in texts):
                    if choice.signal is None and phrases.find(reader.normal(said)):
                        found[f"{flow.name}.{step.id}"] = said
    # The help that is pressed on trial rings a phone all the same.
    assert set(found) <= {"onboarding.trial"}


def test_only_what_is_listed_without_a_signal_is_calm() -> None:
    step = content.load(DATA).flow("checkin").step("somebody_after")
    assert calm(step, "No, nadie!") and calm(step, "nah nobody bothering me")
    assert not calm(step, "yea they lookin for me") and not calm(step, "nobody but the blue car")
