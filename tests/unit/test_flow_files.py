"""Staff's flows: a mistake gets its file, its line, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.deeds import DEEDS
from bot import content
from bot.content import flows, texts
from bot.core.flows import END, UNCLEAR
from bot.errors import ContentError
from bot.settings import ROOT

TEXTS = texts.load(ROOT / "data" / "responses")

GOOD = """\
flows:
  checkin:
    version: 1
    description: How is today.
    steps:
      - collect: day
        choices:
          - value: good
            label: {en: "I'm good", es: "Todo bien"}
            says: {en: [im good], es: [bien]}
          - value: call_me
            label: {en: "Call me", es: "Llámame"}
            signal: contact_request
        unclear: END
        next:
          - if: good
            then: all_good
          - else: END
      - id: all_good
        action: utter_checkin_all_good
        next: END
"""


def read(tmp_path: Path, text: str) -> dict[str, flows.Flow]:
    """Read one flow file."""
    (tmp_path / "checkin.yml").write_text(text, encoding="utf-8")
    return flows.load(tmp_path, TEXTS)


def test_a_flow_is_read_with_its_lines(tmp_path: Path) -> None:
    flow = read(tmp_path, GOOD)["checkin"]
    assert [step.id for step in flow.steps] == ["day", "all_good"]
    assert flow.first.line == 6
    assert flow.first.choices[0].says == {"en": ("im good",), "es": ("bien",)}
    assert flow.after(flow.first, "good") == flow.step("all_good")
    assert flow.after(flow.first, UNCLEAR) is None


MISTAKES = [
    ("version: 1", "version: one", 3, "wrong kind"),
    ("description:", "descripton:", 4, "not known here"),
    (
        "collect: day",
        "collect: nobody_asks_this",
        6,
        "no text `utter_ask_checkin_nobody_asks_this`",
    ),
    ("- value: good\n", "- value: Good Day\n", 8, "is no name"),
    (', es: "Todo bien"}', "}", 9, "`es` is missing"),
    ("says: {en: [im good], es: [bien]}", "say: {en: [im good]}", 10, "`say` is not known here"),
    ("[im good]", "[call me]", 11, "would mean"),
    ("- value: call_me", "- value: good", 11, "stands twice"),
    ("signal: contact_request", "signal: trouble", 13, "is no danger signal"),
    ("        unclear: END\n", "", 6, "no way of its own"),
    ("unclear: END", "known: [checkin.age]\n        unclear: END", 6, "no question `checkin.age`"),
    ("unclear: END", "calm: {en: [hi]}\n        unclear: END", 14, "only choices are answers"),
    ("unclear: END", "unclear: tomorrow", 14, "there is no step `tomorrow`"),
    ("if: good", "if: goood", 16, "is no choice of this question"),
    ("then: all_good", "then: al_good", 17, "there is no step `al_good`"),
    ("then: all_good", "then: END", 19, "no way leads to `all_good`"),
    ("action: utter_checkin_all_good", "action: utter_checkin_fine", 20, "there is no text"),
    ("action: utter_checkin_all_good", "action: action_call_police", 20, "is not known"),
    ("        next: END\n", "        next: all_good\n", 19, "it never ends"),
    ("      - id: all_good\n", "      - id: day\n", 19, "two steps are called `day`"),
    ("action: utter_checkin_all_good\n        next: END", "link: nowhere", 19, "no flow `nowhere`"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "what"), MISTAKES)
def test_a_mistake_is_pointed_at(
    tmp_path: Path, right: str, wrong: str, line: int, what: str
) -> None:
    assert right in GOOD
    with pytest.raises(ContentError) as caught:
        read(tmp_path, GOOD.replace(right, wrong, 1))
    assert what in str(caught.value)
    assert caught.value.line == line
    assert caught.value.mend


def test_two_flows_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "another.yml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ContentError, match="two flows `checkin`"):
        read(tmp_path, GOOD)


def test_what_a_flow_may_do_is_what_the_actions_do() -> None:
    assert frozenset(DEEDS) == flows.ACTIONS


def test_every_question_with_danger_says_where_an_unclear_answer_goes() -> None:
    for flow in content.load(ROOT / "data").flows.values():
        for step in flow.steps:
            if any(choice.signal for choice in step.choices):
                assert step.unclear, f"{flow.name}.{step.id}"
                assert step.unclear == END or flow.step(step.unclear)
