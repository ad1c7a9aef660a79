"""What a plan is made of, and which words of a client are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.danger import Signal
from bot.core.people import Situation
from bot.core.plan import (
    NeedState,
    Section,
    Term,
    for_danger,
    for_hard_moment,
    may_become,
    stale,
    suggested,
)
from bot.core.plan_words import Fault, fault, kept, without_beginning

NOON = datetime(2027, 3, 1, 18, tzinfo=UTC)
SHRUGS = ("idk", "no se")


@dataclass
class Item:
    section: Section
    term: Term


@pytest.mark.parametrize(
    "words",
    [
        *("my aunt", "I Call My Brother", "my tia Rosa", "Stay at my Aunt's", "walk on 63rd"),
        *("leave by 9 and take the 55 bus", "Humboldt Park", "mi abuela", "me voy a las 6"),
    ],
)
def test_plain_words_are_kept_as_they_are(words: str) -> None:
    assert fault(words, SHRUGS) is None
    assert kept(words, 100) == words


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("my mom 312 555 0199", "my mom …"),
        ("call my cousin Marcus Johnson", "call my cousin Marcus …"),
        ("stay at 1423 S Kedzie Ave", "stay at …"),
        ("calle Juarez 12 con mi tia", "… con mi tia"),
        ("write to rosa@mail.com", "write to …"),
        ("find me at @rosa_312", "find me at …"),
    ],
)
def test_what_names_somebody_is_noticed_and_never_kept(words: str, left: str) -> None:
    assert fault(words, SHRUGS) is Fault.DETAILS
    assert kept(words, 100) == left


@pytest.mark.parametrize("words", ["😂😂", "IDK", "No sé", "jjjjjj", "???", "12"])
def test_what_says_nothing_is_noticed(words: str) -> None:
    assert fault(words, SHRUGS) is Fault.NOTHING


def test_much_too_much_is_cut_at_a_word() -> None:
    story = "and then he said " * 100
    assert fault(story, SHRUGS) is Fault.TOO_MUCH
    assert len(kept(story, 60)) <= 61 and kept(story, 60).endswith("…")


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("Tell em it ain't worth it", "it ain't worth it"),
        ("tell em that we lost enough", "we lost enough"),
        ("diles que ya estuvo", "que ya estuvo"),
        ("tell em", "tell em"),
        ("it ain't worth it", "it ain't worth it"),
    ],
)
def test_what_opens_a_line_is_said_once(words: str, left: str) -> None:
    assert without_beginning(words, ["tell em", "tell em that", "diles"]) == left


def test_in_danger_people_come_before_places_and_nothing_else_comes() -> None:
    items = [
        Item(Section.MYSELF, Term.SHORT),
        Item(Section.CALM, Term.SHORT),
        Item(Section.PEOPLE, Term.LONG),
        Item(Section.SURROUNDINGS, Term.SHORT),
        Item(Section.PEOPLE, Term.SHORT),
    ]
    assert for_danger(items) == [items[4], items[3], items[1]]
    assert for_hard_moment(items) == [items[0], items[1], items[4], items[3]]


def test_what_was_arranged_stays_and_what_was_declined_may_change() -> None:
    assert may_become(NeedState.ASKED, NeedState.DECLINED)
    assert may_become(NeedState.DECLINED, NeedState.APPROVED)
    assert not any(may_become(NeedState.ARRANGED, state) for state in NeedState)


def test_a_plan_is_old_after_its_time_or_when_something_happened_since() -> None:
    every = timedelta(days=90)
    assert not stale(NOON, [], NOON + timedelta(days=89), every)
    assert stale(NOON, [], NOON + every, every)
    assert stale(NOON, [NOON + timedelta(days=2)], NOON + timedelta(days=3), every)
    assert not stale(NOON, [NOON - timedelta(days=2)], NOON + timedelta(days=3), every)


@pytest.mark.parametrize(
    ("signal", "situation"),
    [
        (Signal.LOSS, Situation.LOST_SOMEONE),
        (Signal.PARTNER_VIOLENCE, Situation.PARTNER_VIOLENCE),
        (Signal.CONFLICT, Situation.GROUP_CONFLICT),
        (Signal.INJURY, None),  # it may be anybody's
    ],
)
def test_a_signal_suggests_a_situation(signal: Signal, situation: Situation | None) -> None:
    assert suggested(signal) is situation
