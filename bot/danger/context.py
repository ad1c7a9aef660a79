"""What a message answers and what came before it: the same words weigh differently there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.yaml import Reader
from bot.core.danger import Context, Signal, Urgency
from bot.danger.normalise import STOP, Normal, Normaliser
from bot.danger.zones import Lift

PLANS = "plan_"  # with this the flows of plans begin


@dataclass(frozen=True, slots=True)
class Question:
    """A question about safety: which answer means danger, and what that answer then says."""

    unsafe: str  # "yes" or "no"
    means: str
    times: float
    bare: tuple[Signal, Urgency] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """How a message answers a question: ``bare`` when it is a yes or no and nothing more.

    ``said`` is the answer as a whole sentence when it is the unsafe one, else empty.
    """

    question: Question
    bare: bool
    unsafe: bool
    said: str


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions about safety and the words with which people answer them."""

    questions: dict[str, Question]
    words: dict[str, tuple[str, ...]]  # under "yes", "no" and "calm", the longest first
    in_plans: float = 1.0  # how many times likelier danger counts in a plan's other answers

    def prior(self, asked: str) -> float:
        """Return how many times likelier danger counts in any answer to a question."""
        plain = asked.startswith(PLANS) and asked not in self.questions
        return self.in_plans if plain else 1.0

    def answer(self, normal: Normal, asked: str) -> Answer | None:
        """Return how the message answers what was asked; None when it was no question of these."""
        question = self.questions.get(asked)
        if question is None:
            return None
        words = normal.words.strip(f" {STOP}")
        if words in self.words["calm"]:  # "im okay now": as good as the safe yes or no
            return Answer(question, True, False, "")
        for kind in ("no", "yes"):
            for opening in self.words[kind]:
                if words != opening and not words.startswith(f"{opening} "):
                    continue
                rest = words[len(opening) :].strip(f" {STOP}")
                calm = any(f" {word} " in f" {rest} " for word in self.words["calm"])
                unsafe = kind == question.unsafe
                said = f"{question.means}. {rest}" if unsafe and rest and not calm else ""
                return Answer(question, not rest, unsafe, said)
        return Answer(question, False, False, "")


def load_questions(danger_dir: Path) -> Questions:
    """Read questions.yml."""
    file = Reader(danger_dir / "questions.yml")
    file.only(file.root, {"questions", "yes", "no", "calm", "in_plans"})
    normalise = Normaliser()
    entries = file.get(file.root, "questions", dict, "write the questions below `questions:`")
    return Questions(
        {str(name): _question(file, entry) for name, entry in entries.items()},
        {
            kind: tuple(
                sorted(
                    (
                        normalise(str(word)).words
                        for word in file.get(file.root, kind, list, "[yes]")
                    ),
                    key=len,
                    reverse=True,
                )
            )
            for kind in ("yes", "no", "calm")
        },
        _weight(file),
    )


def _weight(file: Reader) -> float:
    """Read how answers to a plan weigh; more than 0, or danger in them would never be heard."""
    weight = file.root.get("in_plans", 1)
    if not isinstance(weight, (int, float)) or not 0.1 <= weight <= 10:
        raise file.wrong(file.root, "in_plans", f"`{weight}` is no weight", "write 0.1 to 10")
    return float(weight)


def lift(lifts: tuple[Lift, ...], context: Context, heard: frozenset[Signal]) -> Lift | None:
    """Return the strongest lift that holds: something recent, and one of ``heard`` now."""
    holding = [one for one in lifts if one.after & set(context.recent) and one.saying & heard]
    return max(holding, key=lambda one: one.times, default=None)


def _question(file: Reader, entry: Any) -> Question:
    """Read one question."""
    file.only(entry, {"unsafe", "means", "times", "bare"})
    mend = 'write {unsafe: "no", means: "i am not safe right now"}'
    unsafe = file.get(entry, "unsafe", str, mend)
    if unsafe not in ("yes", "no"):
        raise file.wrong(entry, "unsafe", f"`unsafe` is {unsafe}", 'write "yes" or "no"')
    bare = None
    if "bare" in entry:
        try:
            bare = (Signal(entry["bare"]["signal"]), Urgency(entry["bare"]["urgency"]))
        except (KeyError, TypeError, ValueError) as error:
            mend = "write {signal: immediate_threat, urgency: now}"
            raise file.wrong(entry, "bare", f"no signal and urgency ({error})", mend) from None
    return Question(unsafe, file.get(entry, "means", str, mend), float(entry.get("times", 1)), bare)
