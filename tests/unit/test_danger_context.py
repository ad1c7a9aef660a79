"""The same words weigh differently as an answer, and after what came before."""

from __future__ import annotations

import pytest

from bot.core.danger import Context, Signal
from bot.danger.context import lift, load_questions
from bot.danger.normalise import Normaliser
from bot.danger.zones import load_prices, weighed
from bot.settings import ROOT

DANGER = ROOT / "data" / "danger"
questions = load_questions(DANGER)
normalise = Normaliser()


@pytest.mark.parametrize(
    ("text", "asked", "bare", "unsafe", "said"),
    [
        ("nah", "ask", True, True, ""),
        ("No.", "ask", True, True, ""),
        ("yes", "ask", True, False, ""),
        ("sí", "ask", True, False, ""),
        ("nah they still out there", "ask", False, True, "i am not safe right now."),
        ("nah im good", "ask", False, True, ""),
        ("im okay now", "ask", True, False, ""),
        ("ya estoy bien", "checkin.somebody_after", True, False, ""),
        ("yea but they still out there", "ask", False, False, ""),
        ("yes this dude keep texting", "checkin.somebody_after", False, True, "somebody is after"),
        ("no", "checkin.safe_tonight", True, True, ""),
        ("2 dudes outside", "ask", False, False, ""),
    ],
)
def test_an_answer_is_read_with_its_question(
    text: str, asked: str, bare: bool, unsafe: bool, said: str
) -> None:
    answer = questions.answer(normalise(text), asked)
    assert answer is not None
    assert (answer.bare, answer.unsafe) == (bare, unsafe)
    assert answer.said.startswith(said)
    assert bool(answer.said) is bool(said)


def test_what_was_no_question_of_safety_has_no_answer() -> None:
    assert questions.answer(normalise("no"), "checkin.help") is None
    assert questions.answer(normalise("no"), "") is None


def test_anger_after_a_loss_weighs_more() -> None:
    lifts = load_prices(DANGER).lifts
    angry = frozenset({Signal.RETALIATION})
    assert lift(lifts, Context(), angry) is None
    assert lift(lifts, Context(recent=(Signal.DISTRESS,)), angry) is None
    found = lift(lifts, Context(recent=(Signal.DISTRESS, Signal.LOSS)), angry)
    assert found is not None
    assert found.times > 1


def test_weighing_keeps_a_probability() -> None:
    assert weighed(0.0, 3) == 0
    assert weighed(1.0, 3) == 1
    assert weighed(0.5, 1) == 0.5
    assert weighed(0.25, 3) == pytest.approx(0.5)


def test_a_plan_is_asked_for_hard_things_and_its_safety_questions_weigh_as_ever() -> None:
    assert questions.prior("plan_lost_someone.tell_group") < 1
    for asked in ("", "ask", "checkin.help", "plan_lost_someone.bed", "plan_threatened.bed"):
        assert questions.prior(asked) == 1
