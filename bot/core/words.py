"""What a worker's plain words mean as the answer to a page; whatever is not sure is not taken.

A page that is wrongly taken for answered stops ringing, so a phrase counts only as a whole: "cant"
is passed on, "cant reach her" is not. What comes behind a phrase may take it back: "got it, but im
out of town".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.alerts import Move
from bot.core.answers import fold

NOT_YET = "not_yet"
# "but" stays with what it begins: that takes back what was said before.
_MARKS = re.compile(
    r"[,.;:!…\n–—]+|\s(?:and|so|because|cause|y|porque)\s|\s(?=(?:but|pero)\s)", re.IGNORECASE
)
_BUT = ("but ", "pero ")
_NUMBER = re.compile(r"#\s*(\d{1,9})\b")
_BARE = re.compile(r"^(\d{1,9}) | (\d{1,9})$")
# Of two moves in one answer the later one holds: "got it, reached her".
_LATER = (Move.ACKNOWLEDGE, Move.REACHED, Move.CLOSE)


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases, folded: what each means, how it says an alert ended, and asides."""

    says: Mapping[str, str]  # phrase -> a Move's value or NOT_YET
    outcomes: Mapping[str, str]  # phrase -> outcome
    asides: frozenset[str]
    takes_back: frozenset[str] = frozenset()  # behind a phrase: it is not meant after all


@dataclass(frozen=True, slots=True)
class Meant:
    """What was meant: a move, an outcome, that nothing changed yet, and a named alert.

    ``unsure``: something was understood, and something else speaks against it.
    """

    move: Move | None = None
    outcome: str = ""
    not_yet: bool = False
    number: int | None = None
    unsure: bool = False

    @property
    def nothing(self) -> bool:
        """Tell whether nothing was understood."""
        return self.move is None and not self.outcome and not self.not_yet


def understand(text: str, words: Words, *, closing: bool = False) -> Meant:
    """Return what a worker's words mean; a question, or an unknown beginning, means nothing.

    ``closing``: they were just asked how it ended, so the whole text is an outcome if it can be.
    """
    named = _NUMBER.search(text)
    number = int(named[1]) if named else None
    rest = _NUMBER.sub(" ", text)
    if "?" in rest:
        return Meant(number=number)
    if closing and fold(rest) in words.outcomes:
        return Meant(outcome=words.outcomes[fold(rest)], number=number)
    said, outcomes, taken_back = [], [], False
    for part in [rest] if _known(fold(rest), words) else _MARKS.split(rest):
        begins, whole = fold(part).startswith(_BUT), fold(part)
        whole = whole.split(maxsplit=1)[1] if begins else whole
        phrase, bare = _without_number(_without_asides(whole, words))
        if phrase in words.says:
            said.append(words.says[phrase])
        elif phrase in words.outcomes:
            outcomes.append(words.outcomes[phrase])
        elif phrase and not said and not outcomes:
            return Meant(number=number)
        else:
            taken_back |= bool(phrase) and (begins or _takes_back(phrase, words))
            continue
        number = bare if number is None else number
    # Who passes it on or has not got through stops nothing, whatever they say of why.
    if taken_back and (outcomes or not set(said) <= {Move.RELEASE, NOT_YET}):
        return Meant(number=number, unsure=True)
    return _together(said, outcomes, number)


def _takes_back(phrase: str, words: Words) -> bool:
    return any(f" {one} " in f" {phrase} " for one in words.takes_back)


def _known(phrase: str, words: Words) -> bool:
    return phrase in words.says or phrase in words.outcomes


def _without_asides(phrase: str, words: Words) -> str:
    """Drop what may stand around a phrase, unless the phrase is known as it is."""
    found = phrase
    while found and not _known(found, words):
        # The longest first: of "shes not ok" no "ok" is an aside.
        for aside in sorted(words.asides, key=len, reverse=True):
            shorter = found.removeprefix(f"{aside} ").removesuffix(f" {aside}")
            if shorter != found or found == aside:
                found = "" if found == aside else shorter
                break
        else:
            return found
    return found


def _without_number(phrase: str) -> tuple[str, int | None]:
    bare = _BARE.search(phrase)
    if bare is None:
        return phrase, None
    return _BARE.sub("", phrase), int(bare[1] or bare[2])


def _together(said: list[str], outcomes: list[str], number: int | None) -> Meant:
    """Put the parts together; parts that contradict each other mean nothing."""
    kinds = set(said)
    outcome = outcomes[0] if len(set(outcomes)) == 1 else ""
    if NOT_YET in kinds:
        return Meant(not_yet=kinds == {NOT_YET}, number=number)
    moves = {Move(kind) for kind in kinds}
    if Move.RELEASE in moves:
        alone = moves == {Move.RELEASE}
        return Meant(Move.RELEASE if alone else None, number=number, unsure=not alone)
    latest = max(moves, key=_LATER.index, default=None)
    if latest is None:
        return Meant(outcome=outcome, number=number)
    return Meant(latest, outcome if latest is Move.CLOSE else "", number=number)
