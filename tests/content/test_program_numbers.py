"""data/program/: whatever is misspelt, empty, endless or absurd in it gets its line and a mend."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.content import plan, program, staff, texts, worker_words
from bot.content.texts import Texts
from bot.errors import ContentError
from bot.settings import ROOT

OURS = ROOT / "data" / "program"
ESCALATION, CALENDAR, STAFF, PLAN = "escalation.yml", "calendar.yml", "staff.yml", "plan.yml"
WORDS = "worker_words.yml"
NOW, LAST = "{after: 0m, who: [worker, on_call]}", "every: 4h, counts: staffed_hours}"

# file, what stands there, what somebody made of it, and what they are told.
BROKEN = [
    (ESCALATION, "America/Chicago", "America/Chicgo", "no time zone; write a name like America/"),
    (ESCALATION, "America/Chicago", "America", "no time zone"),
    (ESCALATION, "America/Chicago", "7", "wrong kind; write a name like America/Chicago"),
    (ESCALATION, "  friday:", "  firday:", "`firday` is not known here; use one of: friday, mon"),
    (ESCALATION, '"09:00-23:00"', '"09:00-24:00"', "these are no hours; write hours such as"),
    (ESCALATION, '"09:00-23:00"', '"09:00-23:00+02:00"', "these are no hours"),
    (ESCALATION, '"09:00-23:00"', '"00:00-00:00"', 'write "00:00-23:59" for the whole day'),
    (ESCALATION, '"22:00-07:00"', '"10pm-7am"', "these are no hours"),
    (ESCALATION, "  silent:", "  quiet:", "`quiet` is not known here"),
    (ESCALATION, "[unsafe_shelter,", "[[shelter],", "is not known; use any of: "),
    (ESCALATION, "  nobody_yet:", "  nobody:", "`nobody` is not known here"),
    (ESCALATION, "nobody_yet: 5m", "nobody_yet: 0m", "no time at all; write at least 1m"),
    (ESCALATION, "again_every: 15m", "again_every: 0m", "no time at all; write at least 1m"),
    (ESCALATION, "again_every: 15m", "again_every: 1s", "too short; write at least 1m"),
    (ESCALATION, "again_every: 15m", "again_every: 15", "'15' is no time span; write a number"),
    (ESCALATION, "again_every: 15m", "again_every: 99999999999d", "longer than ten years"),
    (ESCALATION, "again_every: 15m", "again_every: 30d", "too long; write at most 1d"),
    (ESCALATION, "deadline: 5m", "deadline: 0s", "no time at all; write at least 30s"),
    (ESCALATION, "  deadline:", "  after:", "`after` is not known here; use one of: deadline"),
    (ESCALATION, "not_reached: 60m", "not_reached: 0m", "no time at all"),
    (ESCALATION, "  not_reached:", "  reached:", "`reached` is not known here"),
    (ESCALATION, "  after: 2m", "  after: 99d", "too long; write at most 1d"),
    (ESCALATION, "  now:", "  nwo:", "`nwo` is not known here; use one of: now, today"),
    (ESCALATION, "who: [worker, on_call]}", "who: []}", "this step would page nobody; use any of"),
    (ESCALATION, "who: [worker, on_call]}", "who: worker}", "wrong kind; use any of: worker"),
    (ESCALATION, "who: [worker, on_call]}", "who: [[worker]]}", "is not known; use any of"),
    (ESCALATION, "who: [worker, on_call]}", 'who: [{name: " "}]}', "is not known; use any of"),
    (ESCALATION, NOW, "{after: 5m, who: [worker]}", "nobody would be paged at first; write 0m"),
    (ESCALATION, NOW, "worker", "no names with values; write a step such as {after: 0m"),
    (ESCALATION, "{after: 5m,", "{after: 0m,", "not later than the step before; write the steps"),
    (ESCALATION, "{after: 2h,", "{after: 1h,", "not later than the step before"),
    (ESCALATION, "every: 10m, until: 65m", "every: 10m", "goes on for ever; write the steps in"),
    (ESCALATION, "every: 10m, until: 65m", "until: 65m", "`until` ends what is never repeated"),
    (ESCALATION, "every: 10m,", "every: 0m,", "`every` is no time at all; write at least 1m"),
    (ESCALATION, LAST, "every: 4h, counts: office}", "`office` is not known; use one of: staffed"),
    (ESCALATION, "[reached_safe,", "[won,", "no text utter_outcome_won; write it in data/resp"),
    (ESCALATION, ", no_danger]", "]", "`no_danger` is missing; add it: a trial ends with it"),
    (ESCALATION, ", no_danger]", ", no_danger, no_danger]", "stands here twice; write each once"),
    (CALENDAR, "usual: 7d", "usual: 99999999999d", "longer than ten years; write a number with"),
    (CALENDAR, "usual: 7d", "usual: 999d", "too long; write at most 366d"),
    (CALENDAR, "usual: 7d", "usual: 12h", "too short; write at least 1d"),
    (CALENDAR, "usual: 7d", "usual: 36h", "only whole days are counted here; write days, such"),
    (CALENDAR, "less_often: 14d", "less_often: 3d", "more often than `usual`; write a longer"),
    (CALENDAR, "until_day: 31,", "until_day: 15,", "over before it begins; write the stretches"),
    (CALENDAR, "until_day: 15,", "until_day: -1,", "cannot be -1; write a number from 1 to"),
    (CALENDAR, "until_day: 15,", "untilday: 15,", "`untilday` is not known here; use one of"),
    (CALENDAR, "every: 84h", "every: 0h", "no time at all; write at least 1d"),
    (CALENDAR, "nudge_after: 4h", "nudge_after: 0h", "no time at all; write at least 1m"),
    (CALENDAR, "nudge_after: 4h", "nudge_after: 22h", "missed before the reminder; write less"),
    (CALENDAR, "missed_after: 22h", "missed_after: 0h", "no time at all"),
    (CALENDAR, "silences: 2", "silences: 0", "`silences` cannot be 0; write a number from 1"),
    (CALENDAR, "silences: 2", 'silences: "2"', "wrong kind; write a number from 1 to"),
    (CALENDAR, "day: -14,", "day: -99999,", "cannot be -99999; write a number from -366 to 366"),
    (CALENDAR, "months: 1,", "months: 0,", "cannot be 0; write a number from 1 to 12"),
    (CALENDAR, "months: 1,", "month: 1,", "`month` is not known here; use one of"),
    (CALENDAR, "kinds: [anniversary, killing, shooting]", "kinds: []", "no date has this day"),
    (CALENDAR, "kinds: [anniversary, killing, shooting]", "kinds: [court]", "come every year"),
    (CALENDAR, "to: worker}", "to: boss}", "`boss` is not known; use one of: worker, client"),
    (CALENDAR, "day: -7, to: client, review: true", "day: -7, to: client, review: 1", "write true"),
    (CALENDAR, "offer_again: 30d", "offer_again: 0d", "no time at all"),
    (CALENDAR, "  review_every:", "  review:", "`review` is not known here; use one of"),
    (STAFF, "hands_back: 30m", "hands_back: 0m", "no time at all; write at least 1m"),
    (STAFF, "hands_back: 30m", "hands_back: 99999999999d", "longer than ten years"),
    (STAFF, "  within:", "  whithin:", "`whithin` is not known here; use one of"),
    (STAFF, "[recently_shot]", "[[recently_shot]]", "is not known; use any of: "),
    (STAFF, "injury]", "hurt]", "`hurt` is not known; use any of: "),
    (PLAN, "en: [skip, skip it,", 'en: [skip, "",', "a phrase has no letters; take it out"),
    (PLAN, "en: [skip, skip it,", "en: [skip, [it],", "this is no phrase; write words such as"),
    (PLAN, "en: [skip, skip it,", "en: [skip, later,", "`later` stands under `skip` too; keep"),
    (PLAN, '"no", nah, naw', '"no", yeah, naw', "`yeah` stands under `yes` too; keep it in one"),
    (PLAN, "  later:", "  latr:", "`latr` is not known here; use one of: later, skip"),
    (PLAN, "[no_funds,", "[no_money,", "no text `utter_need_reason_no_money`; add it in"),
    (PLAN, "[no_funds, not_eligible, other_way, too_late]", "[]", "no need could be declined"),
    (WORDS, "en: [got it,", "en: [{got: it},", "this is no phrase; write words such as"),
    (WORDS, "  release:", "  relase:", "`relase` is not known here; use one of"),
    (WORDS, "en: [safe,", 'en: ["!",', "a phrase has no letters; take it out"),
]


@pytest.fixture(scope="module")
def said() -> Texts:
    return texts.load(ROOT / "data" / "responses")


@pytest.fixture(scope="module")
def load(said: Texts) -> Callable[[Path], object]:
    """Read a file of data/program/ as `check` and the service do."""
    outcomes = program.load_escalation(OURS / ESCALATION, said).outcomes
    readers: dict[str, Callable[[Path], object]] = {
        ESCALATION: lambda path: program.load_escalation(path, said),
        CALENDAR: lambda path: program.load_calendar(path, said),
        STAFF: staff.load,
        PLAN: lambda path: plan.load(path, said),
        WORDS: lambda path: worker_words.load(path, said, outcomes),
    }
    return lambda path: readers[path.name](path)


@pytest.mark.parametrize(("name", "right", "wrong", "told"), BROKEN)
def test_a_mistake_gets_its_line_and_what_to_write(
    load: Callable[[Path], object], tmp_path: Path, name: str, right: str, wrong: str, told: str
) -> None:
    text = (OURS / name).read_text(encoding="utf-8")
    path = tmp_path / name
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ContentError) as mistake:
        load(path)
    assert told in str(mistake.value)
    line = text.split(right)[0].count("\n") + 1
    # What is missing is told at the section that lacks it, what comes too soon at its own step.
    assert abs(mistake.value.line - line) <= 2, str(mistake.value)
    assert re.fullmatch(r"[^\n]+:\d+: [^\n;]+; [^\n]+", str(mistake.value))


ODD: list[Any] = [
    *(None, 7, -1, 0, 10**20, 1.5, True, "", "two\nlines", "no", date(2027, 1, 1)),
    *([], {}, [[]], [{}], [None], {"a": 1}, "0m", "99999999999d", "-5m"),
]


def _places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where values stand in a file; of a list the first two."""
    inside: list[Any] = list(node) if isinstance(node, dict) else []
    inside += range(min(2, len(node))) if isinstance(node, list) else []
    for key in inside:
        yield (*at, key)
        yield from _places(node[key], (*at, key))


@pytest.mark.parametrize("name", [ESCALATION, CALENDAR, STAFF])
def test_whatever_stands_in_a_place_nothing_but_a_mistake_is_raised(
    load: Callable[[Path], object], tmp_path: Path, name: str
) -> None:
    whole = YAML(typ="safe").load((OURS / name).read_text(encoding="utf-8"))
    path = tmp_path / name
    dice = random.Random(name)  # noqa: S311 - the same breaks every time
    # All of them would take a minute.
    for place, odd in dice.sample(list(product(_places(whole), ODD)), 60):
        changed = deepcopy(whole)
        node = changed
        for key in place[:-1]:
            node = node[key]
        node[place[-1]] = odd
        with path.open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(changed, file)
        try:
            load(path)
        except ContentError as mistake:
            assert "\n" not in str(mistake) and mistake.mend
