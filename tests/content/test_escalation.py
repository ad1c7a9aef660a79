"""escalation.yml: whom a step pages, by role or by name, and what a mistake in it is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.content.program import load_escalation
from bot.core.alerts import Named, Step, Who
from bot.core.danger import Urgency
from bot.errors import ContentError
from bot.settings import ROOT

OURS = ROOT / "data" / "program" / "escalation.yml"


def changed(tmp_path: Path, before: str, after: str) -> Path:
    text = OURS.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "escalation.yml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


def test_ours_are_the_default_steps() -> None:
    rules = load_escalation(OURS)
    first = rules.policies[Urgency.NOW][0]
    assert (first.after, first.who) == (timedelta(0), (Who.WORKER, Who.ON_CALL))
    assert rules.second_after == timedelta(minutes=2)


def test_a_step_may_name_a_person(tmp_path: Path) -> None:
    path = changed(tmp_path, "who: [supervisors]}", "who: [supervisors, {name: Dev}]}")
    step = load_escalation(path).policies[Urgency.NOW][1]
    assert step.who == (Who.SUPERVISORS, Named("Dev"))


def test_on_an_alert_stands_who_it_is_and_no_name() -> None:
    step = Step(timedelta(minutes=5), (Who.WORKER, Named("Dev", "id")))
    assert step.as_json()["who"] == ["worker", {"worker": "id"}]
    assert Step.from_json(step.as_json()).who == (Who.WORKER, Named("", "id"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("who: [supervisors]}", "who: [boss]}", "`boss` is not known"),
        ("who: [supervisors]}", "who: [{nam: Dev}]}", "`nam` is not known"),
        ("who: [supervisors]}", "who: [{name: 7}]}", "wrong kind"),
        ("after: 2m ", "after: soon ", "'soon' is no time span"),
        ("second_contact:", "second_way:", "`second_way` is not known"),
    ],
)
def test_a_mistake_gets_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    with pytest.raises(ContentError, match=r"escalation\.yml:\d+: ") as mistake:
        load_escalation(changed(tmp_path, before, after))
    assert said in str(mistake.value)
