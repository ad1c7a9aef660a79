"""An answer that staff list as calm is not read for danger, so none of them may sound like it."""

from __future__ import annotations

from bot import content
from bot.core.answers import calm, examples
from bot.core.danger import Signal
from bot.danger.features import Reader
from bot.danger.phrases import load_phrases
from bot.danger.words import load_words
from bot.settings import ROOT

DATA = ROOT / "data"
ALL = content.load(DATA)
MILD = [one.value for one in Signal if not ALL.signals.of(one).urgency.pages]


def test_no_calm_answer_holds_a_danger_phrase_that_rings() -> None:
    phrases, reader = load_phrases(DATA / "danger"), Reader(load_words(DATA / "danger"))
    found = {}
    for flow in ALL.flows.values():
        for step in flow.steps:
            listed = {said for choice in step.choices for said in examples(choice)}
            for said in [*listed, *step.calm]:
                rings = any(one.urgency.pages for one in phrases.find(reader.normal(said)))
                if rings and calm(step, said, MILD):
                    found[f"{flow.name}.{step.id}"] = said
    # The help that is pressed on trial rings a phone all the same.
    assert set(found) <= {"onboarding.trial"}


def test_no_label_of_ours_that_is_not_read_sounds_like_danger() -> None:
    assert {"making it safer around me", "mas seguro a mi alrededor", "volver"} <= ALL.labels
    assert {"un albergue", "leave for now", "usar mi plan"} <= ALL.labels
    assert not {"i need help now", "something happened", "they died"} & ALL.labels
    assert not {"no", "not safe", "nobody", "call me", "i got shot", "any minute"} & ALL.labels
    phrases, reader = load_phrases(DATA / "danger"), Reader(load_words(DATA / "danger"))
    rings = [
        label
        for label in ALL.labels
        if any(one.urgency.pages for one in phrases.find(reader.normal(label)))
    ]
    assert rings == []


def test_only_what_is_listed_without_a_signal_is_calm() -> None:
    step = ALL.flow("checkin").step("somebody_after")
    assert calm(step, "No, nadie!") and calm(step, "nah nobody bothering me")
    assert not calm(step, "yea they lookin for me") and not calm(step, "nobody but the blue car")


def test_a_plan_hears_what_was_asked_for_and_not_what_sounds_like_danger() -> None:
    told = ALL.flow("plan_lost_someone").step("tell_group")
    assert calm(told, "Its not worth it, think bout his moms") and not calm(told, "we ride tonight")
    alone = ALL.flow("plan_lost_someone").step("with_you")
    assert calm(alone, "nobody rn", MILD) and not calm(alone, "nobody rn")
    bed = ALL.flow("plan_lost_someone").step("bed")
    assert not calm(bed, "nah cant go home", MILD)
