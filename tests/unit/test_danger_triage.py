"""Phrases, classifier and question together: which of them decides, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.core.danger import Context, Signal, Urgency
from bot.core.people import Language
from bot.danger.classifier import SIGNALS, Opinion
from bot.danger.triage import Model, Triage
from bot.danger.zones import Zones
from bot.settings import ROOT

LINES = Zones(page=0.7, now=0.5, ask=0.3, watch=0.5)
LONG = "me dieron un balazo mis sobrinos con la de agua y quedé empapado de la camisa"


@dataclass
class Says:
    """A classifier that says the same of every message: how likely a page is, all of it `now`."""

    page: float

    def opinion(self, pieces: Any) -> Opinion:
        urgency = np.array([1 - self.page, 0, 0, self.page], np.float32)
        signals = np.zeros(len(SIGNALS), np.float32)
        signals[SIGNALS.index(Signal.IMMEDIATE_THREAT)] = 0.9
        return Opinion(urgency, signals)


def triage(tmp_path: Path, page: float) -> Triage:
    """Triage with staff's real files and a classifier that is this sure."""
    loaded = Triage.load(tmp_path / "no models here", ROOT / "data")
    parts = {name: getattr(loaded, name) for name in ("phrases", "reader", "questions")}
    more = {name: getattr(loaded, name) for name in ("meanings", "prices")}
    return Triage(**parts, **more, model=Model(Says(page), LINES))  # type: ignore[arg-type]


def test_a_phrase_in_a_tale_is_asked_about_where_the_classifier_is_sure(tmp_path: Path) -> None:
    verdict = triage(tmp_path, 0.02).judge(LONG)
    assert verdict.urgency is Urgency.WATCH and verdict.ask
    assert triage(tmp_path, 0.2).judge(LONG).urgency is Urgency.NOW


@pytest.mark.parametrize("text", ["911", "auxilio", "me dieron un balazo", "they outside my crib"])
def test_a_short_cry_is_never_doubted(tmp_path: Path, text: str) -> None:
    assert triage(tmp_path, 0.0).judge(text).urgency.pages


@pytest.mark.parametrize(
    "context", [Context(asked="ask"), Context(recent=(Signal.LOSS,)), Context(asked="checkin.day")]
)
def test_nothing_is_doubted_after_danger_or_at_a_question(tmp_path: Path, context: Context) -> None:
    assert triage(tmp_path, 0.02).judge(LONG, context).urgency is Urgency.NOW


def test_no_question_of_a_plan_makes_an_attack_a_thing_to_ask_about(tmp_path: Path) -> None:
    told = Context(asked="plan_lost_someone.tell_group")
    assert triage(tmp_path, 0.75).judge("zzz qqq", told).urgency is Urgency.TODAY
    assert triage(tmp_path, 0.6).judge("zzz qqq", told).ask


def test_after_the_ask_only_what_is_unsure_by_itself_rings(tmp_path: Path) -> None:
    asked = Context(asked="ask")
    assert triage(tmp_path, 0.4).judge("zzz qqq", asked).urgency is Urgency.TODAY
    only_by_the_question = triage(tmp_path, 0.2).judge("why", asked)
    assert only_by_the_question.urgency is Urgency.WATCH and not only_by_the_question.ask


def test_why_is_said_in_the_workers_language(tmp_path: Path) -> None:
    found = triage(tmp_path, 0.9)
    english = found.judge("zzz qqq").why
    spanish = found.judge("zzz qqq", Context(language=Language.ES)).why
    assert "attack" in english and "ataque" in spanish
