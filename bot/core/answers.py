"""Which choice an answer means: what was tapped or written exactly first, what it resembles last.

Only the open question's own choices are looked at, and nothing is ever taken for "the other one":
an answer that fits none of them is unclear, because "nah i dont" must not end in somebody's
else-branch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.core.danger import Signal
from bot.core.flows import LATER, SKIP, Choice, Step

SAY = "say_"  # the intent of a choice is say_<value>
ASK_PERSON = "ask_person"
# Short words that mean another choice at every question. A choice that lists one of them among what
# people say takes the whole intent, so that "nope, nah man" is understood wherever "no" is.
GENERAL = {
    "affirm": frozenset({"yes", "yeah", "si"}),
    "deny": frozenset({"no", "nah"}),
    "unsure": frozenset({"idk", "no se"}),
}
# What may be answered in the middle of a question, which is then asked again (stop and pause end
# it).
INTERRUPTIONS = frozenset(
    {ASK_PERSON, "what_is_stored", "stop", "pause", "change_language"}
    | {"help", "thanks", "greeting"}
    | {"my_plan", "make_plan"}
)


# More words than these tell a story rather than answer a question: one that names a choice's words
# by the way ("nobody", "home") is not that choice.
LONGEST_LIKENESS = 12
BRIEF = 1  # so few words are an interruption sooner where any words are an answer
# What tells a yes from a no where a reason comes with it. How an answer begins: yes, no. What
# stands anywhere in it: unsure (it is asked again), lacks (a "no" that may ask for something: "nah
# i aint got no ride"), refuses (what is named is not wanted).
REASONS = ("yes", "no", "unsure", "lacks", "refuses")
MANNERS = frozenset({"thanks", "greeting"})  # beside an answer they are no interruption
Reasons = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure the intents must be before an answer is taken by likeness.

    ``answer``: the value's share among the open question's values. ``seen``: its share among all
    intents, so that something else altogether is not squeezed into an answer. ``calm_answer`` and
    ``calm_seen``: the same for the choice without a signal where others carry one, because danger
    that is taken for "safe" goes unheard. ``interrupts``: an interruption's share among all
    intents. ``interrupts_words``: the same where any words are an answer, and at a plan's
    questions. ``interrupts_yes``: the same after a yes or no.

    Cross-validated on answers to the check-in in words never seen before, and on danger messages
    that answer none of its questions: 87 % placed rightly, 12 % asked again, 0.7 % placed wrongly,
    0.3 % of what is no answer taken for one.
    """

    answer: float = 0.7
    seen: float = 0.35
    calm_answer: float = 0.85
    calm_seen: float = 0.5
    interrupts: float = 0.4
    interrupts_words: float = 0.7
    interrupts_yes: float = 0.9


@dataclass(frozen=True, slots=True)
class Placed:
    """What an answer came to: a value (or the client's words), an interruption, or neither:
    unclear. ``own``: the value is the client's words; ``asks``: the choice whose need they name."""

    value: str | None = None
    interruption: str | None = None
    own: bool = False
    asks: Choice | None = None


def fold(text: str) -> str:
    """Return a text as it is compared: no case, no accents, no punctuation, single spaces."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    kept = (
        c if c.isalnum() else "" if c in "'’´`" else " "
        for c in bare
        if not unicodedata.combining(c)
    )
    return " ".join("".join(kept).split())


def says(text: str, word: str) -> bool:
    """Tell whether an agreed word, or words, stand in a text, however they are spelt: apart, with a
    hyphen, on two lines, written together; but not inside another word."""
    said, wanted = fold(text).split(), fold(word).replace(" ", "")
    if not wanted or any(unicodedata.category(c) == "So" for c in word):
        return bool(word.strip()) and word.strip().casefold() in text.casefold()  # with a picture
    return any(
        "".join(said[first:last]) == wanted
        for first in range(len(said))
        for last in range(first + 1, min(len(said), first + len(wanted)) + 1)
    )


def exact(step: Step, text: str) -> str | None:
    """Return the value of the choice whose label, number or example this is; None when it is
    none's.

    Examples of both languages count: people mix them. A number may be followed by more, after a
    mark: "2, aint been outside since tuesday".
    """
    said = fold(text)
    for choice in step.choices:
        if said in (fold(label) for label in choice.label.values()):
            return choice.value
    number = re.match(r"\s*(\d{1,2})\s*(?:[.,;:)\-–]|$)", text)
    if number and 1 <= int(number[1]) <= len(step.choices):
        return step.choices[int(number[1]) - 1].value
    if said:
        for choice in step.choices:
            if said == fold(choice.value) or said in examples(choice):
                return choice.value
    return None


def calm(step: Step, text: str, mild: Collection[str] = ()) -> bool:
    """Tell whether this is, word for word, an answer that staff listed as carrying no signal.

    ``mild``: signals that ring nobody; the answer itself keeps them.
    """
    said = fold(text)
    return said in map(fold, step.calm) or any(
        said in examples(choice) or said in map(fold, choice.label.values())
        for choice in step.choices
        if choice.signal is None or choice.signal in mild
    )


def examples(choice: Choice) -> frozenset[str]:
    """Return what people say for a choice, folded, in both languages."""
    return frozenset(fold(said) for texts in choice.says.values() for said in texts)


def intent_of(choice: Choice) -> str:
    """Return the intent of a choice; all choices that ask for a person share one."""
    return ASK_PERSON if choice.signal == Signal.CONTACT_REQUEST else f"{SAY}{choice.value}"


def place(
    step: Step,
    text: str,
    ranking: Mapping[str, float],
    sureness: Sureness,
    tapped: str | None = None,
    reasons: Reasons | None = None,
) -> Placed:
    """Place an answer: the tapped choice, an exact one, an interruption, one that its beginning or
    a key word tells, a likely one; or nothing.

    ``ranking``: each intent's probability among all intents. A tap on a value that the question
    does not have is unclear. ``reasons``: a plan's, in whose answers people explain themselves.
    """
    if tapped is not None:
        return Placed(value=tapped if step.choice(tapped) else None)
    value = exact(step, text)
    if value is not None:
        return Placed(value=value)
    if step.words or not step.choices:
        return _words(step, text, ranking, sureness, reasons or {})
    begun = _begun(step, text, reasons) if reasons else None
    brief = len(text.split()) <= BRIEF
    least = sureness.interrupts if brief or not reasons else sureness.interrupts_words
    interruption = _interruption(ranking, sureness.interrupts_yes if begun else least)
    if begun and interruption in MANNERS:
        interruption = None
    if interruption and not (interruption == ASK_PERSON and _asks_person(step)):
        return Placed(interruption=interruption)
    named = _named(step, text, reasons) if reasons and not begun else None
    if begun or named:
        return Placed(value=begun or (named.value if named else None))
    if len(text.split()) > LONGEST_LIKENESS:
        return Placed()
    return Placed(value=_likely(step, ranking, sureness))


def _likely(step: Step, ranking: Mapping[str, float], sureness: Sureness) -> str | None:
    """Return the value that the intents point to clearly enough, None when they do not."""
    shares = _shares(step, ranking)
    best = max(step.choices, key=lambda choice: shares[choice.value])
    calms = best.signal is None and any(choice.signal for choice in step.choices)
    least_seen = sureness.calm_seen if calms else sureness.seen
    least_share = sureness.calm_answer if calms else sureness.answer
    share = shares[best.value]
    clear = share >= least_seen and share >= least_share * sum(shares.values())
    return best.value if clear else None


def _begun(step: Step, text: str, reasons: Reasons) -> str | None:
    """Return the value that a yes or no at the beginning decides: "yea i aint got no id".

    Never where an answer carries a danger signal, nor where the question has no "no" of its own.
    """
    yes, no = _taker(step, GENERAL["affirm"]), _taker(step, GENERAL["deny"])
    if any(choice.signal for choice in step.choices) or not yes or not no:
        return None
    said = fold(text)
    leads = {kind: f"{said} ".startswith(_each(reasons[kind])) for kind in ("yes", "no")}
    unsure = _holds(said, reasons["unsure"]) or (leads["no"] and _holds(said, reasons["lacks"]))
    if no in (SKIP, LATER) or unsure or leads["yes"] == leads["no"]:
        return None
    return yes if leads["yes"] else no


def _named(step: Step, text: str, reasons: Reasons) -> Choice | None:
    """Return the choice whose key word stands in an answer, of several the one whose says most;
    None where what is named is not wanted."""
    said = fold(text)
    if _holds(said, (*reasons["refuses"], *reasons["unsure"])):
        return None
    found = {
        choice.value: max(
            (len(one) for one in choice.hears if _holds(said, (fold(one),))), default=0
        )
        for choice in step.choices
    }
    most = max(found.values(), default=0)
    values = [value for value, length in found.items() if length == most]
    return step.choice(values[0]) if most and len(values) == 1 else None


def _holds(said: str, phrases: Collection[str]) -> bool:
    return any(f" {phrase}" in f" {said} " for phrase in _each(phrases))


def _each(phrases: Collection[str]) -> tuple[str, ...]:
    return tuple(f"{phrase} " for phrase in phrases)


def _taker(step: Step, marks: Collection[str]) -> str | None:
    """Return the value of the one choice that lists a general word, None without just one."""
    takers = [choice.value for choice in step.choices if examples(choice).intersection(marks)]
    return takers[0] if len(takers) == 1 else None


def _words(
    step: Step, text: str, ranking: Mapping[str, float], sureness: Sureness, reasons: Reasons
) -> Placed:
    words = " ".join(text.replace("\0", " ").split())
    if step.words and fold(words) in map(fold, step.calm):
        return Placed(value=words, own=True)  # "a break from facebook" is no wish to stop
    # "help" alone is no answer; "help my mom cook" is one.
    brief = len(words.split()) <= BRIEF
    interruption = _interruption(
        ranking, sureness.interrupts if brief else sureness.interrupts_words
    )
    if interruption:
        return Placed(interruption=interruption)
    if step.words:
        value = _more_than_words(step, ranking, sureness)
        if value is not None and len(text.split()) <= LONGEST_LIKENESS:
            return Placed(value=value)
        named = _named(step, text, reasons) if reasons else None
        asks = named if named and named.need else None
        # looked at and cut by whoever keeps it
        return Placed(value=words or None, own=True, asks=asks)
    return Placed(value=words[: step.longest].rstrip() or None)


def _more_than_words(step: Step, ranking: Mapping[str, float], sureness: Sureness) -> str | None:
    """Return the choice that own words surely mean where they do more than stand in the plan: one
    that asks for something ("switch em to a diff school"), or one that is no line of a plan ("i
    cant really change it"). Leaving a question out is never guessed."""
    likely = step.choice(_likely(step, ranking, sureness) or "")
    if likely is None or likely.value in (SKIP, LATER) or (likely.keep and not likely.need):
        return None
    # A need too many is a worker's question; words left out of a plan are lost.
    sure = likely.need or _shares(step, ranking)[likely.value] >= sureness.calm_answer
    return likely.value if sure else None


def _interruption(ranking: Mapping[str, float], least: float) -> str | None:
    top = max(ranking, key=lambda intent: ranking[intent], default="")
    return top if top in INTERRUPTIONS and ranking[top] >= least else None


def _asks_person(step: Step) -> bool:
    return any(intent_of(choice) == ASK_PERSON for choice in step.choices)


def _shares(step: Step, ranking: Mapping[str, float]) -> dict[str, float]:
    """Return each value's probability: its own intent's, and the general one's that it lists."""
    shares = {choice.value: ranking.get(intent_of(choice), 0.0) for choice in step.choices}
    for intent, marks in GENERAL.items():
        taker = _taker(step, marks)
        if taker is not None:
            shares[taker] += ranking.get(intent, 0.0)
    return shares
