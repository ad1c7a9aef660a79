"""Staff write patterns in plain words; a mistake is said in words too."""

from __future__ import annotations

from time import perf_counter

import pytest

from bot.danger.pattern import PatternError, compile_pattern

LISTS = {"they": ["they", "(two | 2) dudes"]}


def found(pattern: str, words: str) -> bool:
    return compile_pattern(pattern, LISTS).search(f" {words}") is not None


@pytest.mark.parametrize(
    ("pattern", "words", "expected"),
    [
        ("they outside", "they outside", True),
        ("they outside", "theyre outside", False),
        ("they outside", "they outsider", False),
        ("(they | he) outside", "he outside", True),
        ("they [are] outside", "they outside", True),
        ("they [are] outside", "they are outside", True),
        ("they ... outside", "they are right now standing outside", True),
        ("they ... outside", "they are a b c d outside", False),
        ("they ... outside", "they left . outside", False),
        ("shoot* me", "shooting me", True),
        ("# of them", "3 of them", True),
        ("{they} outside", "2 dudes outside", True),
        ("está afuera", "esta afuera", True),
    ],
)
def test_a_pattern_finds_what_it_says(pattern: str, words: str, expected: bool) -> None:
    assert found(pattern, words) is expected


@pytest.mark.parametrize(
    "pattern", ["(they", "they)", "[they]", "...", "{nobody} here", "a | ", "", "they {a b}", "!!"]
)
def test_a_pattern_that_cannot_be_meant_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern, LISTS)


def test_no_message_makes_a_pattern_slow() -> None:
    pattern = compile_pattern("they ... (a | b) ... [c] ... d", LISTS)
    started = perf_counter()
    assert pattern.search(" they" * 2000) is None
    assert perf_counter() - started < 1
