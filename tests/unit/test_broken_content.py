"""Staff who break their YAML: one clear sentence with file and line, whatever they broke."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

from bot.content import examine
from bot.danger import checks
from bot.errors import ContentError
from tests.support.room import edit, own_room

ESCALATION, CHECKIN = "program/escalation.yml", "responses/checkin.yml"
FLOW, RULES, NLU = "flows/checkin.yml", "rules/any_time.yml", "nlu/talk.yml"

# file, what stands there, what somebody made of it, and what they are told (with the line).
BROKEN = [
    (ESCALATION, "  nobody_yet: 5m", "\tnobody_yet: 5m", "a Tab stands here; use spaces"),
    (CHECKIN, '"Hey. How\'s today?"', "\"Hey. How's today?", "a quote that opens here"),
    (CHECKIN, '"Hey. How\'s today?"', "Hey: how's today?", "a colon stands where none can be"),
    (CHECKIN, '"Hey. How\'s today?"', "'Hey. How's today?'", "does not fit to those above it"),
    (CHECKIN, '"Hey. How\'s today?"', "", "`text` is empty"),
    (CHECKIN, '"Hey. How\'s today?"', '"Hey {wroker}"', "{wroker} is unknown; use one of:"),
    (CHECKIN, '"Hey. How\'s today?"', '"Hey {worker}"', "lacks {worker} in `es`"),
    (CHECKIN, '"Hola. ¿Cómo va el día?"', '"¿Cómo está usted?"', "`usted` keeps people at a"),
    (CHECKIN, '"Hola. ¿Cómo va el día?"', '"Hey. How\'s today?"', "the same in English and"),
    (CHECKIN, "utter_ask_checkin_day:", "uter_ask_checkin_day:", "is no name for a text"),
    (CHECKIN, "utter_checkin_nudge:", "utter_ask_checkin_day:", "stands here twice; keep one"),
    (FLOW, "then: all_good", "then: al_good", "there is no step `al_good`; use END or one of"),
    (FLOW, '{en: "Call me", es: "Llámame"}', '{en: "Call me"}', "`es` is missing; "),
    (FLOW, '{en: "Call me", es: "Llámame"}', '{en: "Call me", es: "Ll"', "a bracket that opens"),
    (FLOW, "- id: help_noted", "  - id: help_noted", "does not fit to those above it"),
    (FLOW, "description:", "descripton:", "`descripton` is not known here; use one of"),
    (FLOW, "signal: threat_received", "signal: threats", "`threats` is no danger signal; use one"),
    (FLOW, '"Food", es: "Comida"', '"Food", es: "Caso social"', "`Caso` is a word of offices"),
    (RULES, "intent: ask_person", "intent: ask_persons", "there is no intent `ask_persons`"),
    (RULES, "action: utter_help", "action: utter_halp", "there is no text `utter_halp`"),
    (NLU, "version:", "vresion:", "`vresion` is not known here; use one of: nlu, version"),
    (ESCALATION, "timezone: America/Chicago", "timezone: America/Chicgo", "is no time zone; write"),
    (ESCALATION, "  friday:", "  firday:", "`firday` is not known here; use one of: friday"),
    ("program/calendar.yml", "usual: 7d", "usual: 99999999999d", "is longer than ten years; write"),
    ("program/calendar.yml", "usual: 7d", "usual: weekly", "write a number with s, m, h or d"),
    ("danger/signals.yml", "  weapon:", "  wepon:", "`wepon` is not known here; use one of"),
    ("danger/phrases_en.yml", "- id: en-chased", "- di: en-chased", "`di` is not known here"),
    (
        "danger/questions.yml",
        'unsafe: "no", means: "i am',
        'unsafe: never, means: "i am',
        "`unsafe`",
    ),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_room(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def room(whole: Path, tmp_path: Path) -> Path:
    """A staff's room that a test may break."""
    return Path(shutil.copytree(whole, tmp_path / "data"))


def found(data: Path, name: str = "") -> list[ContentError]:
    """Return the mistakes; of data/danger only where a file of it was broken."""
    danger = checks.problems(data) if name.startswith("danger/") else []
    return [*examine.problems(data), *danger]


@pytest.mark.parametrize(("name", "right", "wrong", "told"), BROKEN)
def test_a_mistake_is_told_once_with_its_line(
    room: Path, name: str, right: str, wrong: str, told: str
) -> None:
    path = room / name
    line = path.read_text(encoding="utf-8").split(right)[0].count("\n") + 1
    path.write_text(path.read_text(encoding="utf-8").replace(right, wrong, 1), encoding="utf-8")
    mistakes = {str(one): one for one in found(room, name)}
    sentence, mistake = next((s, m) for s, m in mistakes.items() if told in s)
    assert mistake.file == str(path) and abs(mistake.line - line) <= 7, sentence
    assert re.fullmatch(r"[^\n]+:\d+: [^\n;]+; [^\n]+", sentence)
    others = [one for one in mistakes if one != sentence]
    assert len(others) <= 1, others


def test_several_mistakes_are_told_at_once(room: Path) -> None:
    edit(room / FLOW, "then: all_good", "then: al_good")
    edit(room / CHECKIN, '"Hola. ¿Cómo va el día?"', '""')
    edit(room / ESCALATION, "again_every: 15m", "again_every: soon")
    names = {Path(one.file).name for one in found(room)}
    assert names == {"checkin.yml", "escalation.yml"}
    assert len(found(room)) == 3


def test_a_file_that_cannot_be_read_is_not_told_for_each_of_its_texts(room: Path) -> None:
    edit(room / CHECKIN, '"Hey. How\'s today?"', '"Hey')
    assert len(found(room)) == 1


SMALL = [
    *("program/calendar.yml", "program/escalation.yml", "program/plan.yml", "flows/ask.yml"),
    *("danger/questions.yml", "danger/prices.yml", "danger/signals.yml", "rules/any_time.yml"),
    "responses/talk.yml",
]


@pytest.mark.parametrize("name", SMALL)
def test_whatever_is_broken_it_is_told_and_nothing_falls_over(room: Path, name: str) -> None:
    path = room / name
    lines = path.read_text(encoding="utf-8").splitlines()
    dice = random.Random(name)  # noqa: S311 - the same breaks every time
    for _ in range(5):
        place = dice.choice([n for n, words in enumerate(lines) if ":" in words])
        key = lines[place].split(":")[0]
        broken = dice.choice([None, f"{key}:", f"{key}: 7", f"{key}: [a, 1]", f"{key}: {{a: b}}"])
        changed = [*lines[:place], *([] if broken is None else [broken]), *lines[place + 1 :]]
        path.write_text("\n".join(changed) + "\n", encoding="utf-8")
        for mistake in found(room, name):
            assert "\n" not in str(mistake) and mistake.mend
