"""Staff's danger files hold together: every phrase does what its examples say."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.core.danger import Signal
from bot.danger.checks import problems
from bot.danger.context import load_questions
from bot.danger.phrases import load_phrases
from bot.danger.triage import Triage
from bot.settings import ROOT

DANGER = ROOT / "data" / "danger"


def test_nothing_is_wrong_in_the_danger_files() -> None:
    assert problems(ROOT / "data") == []


def test_every_phrase_has_an_owner_a_review_date_and_both_kinds_of_examples() -> None:
    phrases = load_phrases(DANGER).phrases
    for phrase in phrases:
        assert phrase.owner, phrase.id
        assert phrase.review > date(2026, 1, 1), phrase.id
        assert phrase.must_match, phrase.id
        assert phrase.must_not_match, phrase.id


def test_every_signal_has_a_phrase_in_each_language() -> None:
    phrases = load_phrases(DANGER).phrases
    for language in ("en", "es"):
        spoken = {
            signal
            for phrase in phrases
            if phrase.id.startswith(language)
            for signal in phrase.signals
        }
        assert spoken == set(Signal), language


def test_guards_keep_harmless_talk_from_counting() -> None:
    phrases = load_phrases(DANGER)
    assert {guard.name for guard in phrases.guards} >= {
        "negation",
        "hypothetical",
        "past",
        "story",
        "game",
        "joke",
    }


def test_our_own_question_has_a_bare_answer() -> None:
    assert load_questions(DANGER).questions["ask"].bare is not None


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("they jumped me, my lip busted but im ok", False),
        ("i got jumped last nite", False),
        ("me brincaron", False),
        ("they jumped me im bleeding bad", True),
        ("i got stabbed", True),
        ("my cousin got shot", True),
        ("bro od'd he not breathing", True),
        ("no para de sangrar", True),
    ],
)
def test_911_is_left_to_who_was_beaten_and_comes_first_where_a_life_is_at_stake(
    tmp_path: Path, text: str, first: bool
) -> None:
    verdict = Triage.load(tmp_path, ROOT / "data").judge(text)  # by staff's phrases alone
    assert Signal.INJURY in verdict.signals
    assert verdict.first_911 is first
