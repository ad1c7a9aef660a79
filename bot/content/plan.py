"""What plans share, from data/program/plan.yml: how people skip, put off, and say nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.content.texts import Texts
from bot.content.values import phrases
from bot.content.yaml import Reader
from bot.core.answers import REASONS, fold
from bot.core.flows import LATER, SKIP, Choice, Flow, Step
from bot.core.people import Language

_Said = dict[str, tuple[str, ...]]  # by language

BUTTONS = {SKIP: "utter_button_skip", LATER: "utter_button_later"}


@dataclass(frozen=True, slots=True)
class PlanWords:
    """What clients say instead of an answer, and why a need can be declined."""

    says: dict[str, _Said]  # skip and later, by language
    no_answer: tuple[str, ...]
    reasons: tuple[str, ...]
    offers: dict[str, frozenset[str]]  # folded: what means yes and no to what we offer
    tells: dict[str, tuple[str, ...]]  # folded: what tells a yes from a no beside a reason


def load(path: Path, texts: Texts) -> PlanWords:
    """Read plan.yml; ContentError when a phrase stands twice or a reason has no text."""
    reader = Reader(path)
    root = reader.root
    reader.only(root, {"says", "offers", "with_a_reason", "no_answer", "decline_reasons"})
    says = reader.get(root, "says", dict, "add `says:` with skip and later")
    reader.only(says, set(BUTTONS))
    for name in BUTTONS.values():
        if not texts.has(name):
            raise reader.wrong(root, "says", f"there is no text `{name}`", "add it to buttons.yml")
    found = _groups(reader, says, BUTTONS)
    no_answer = _said(reader, root, "no_answer")
    reasons = reader.get(root, "decline_reasons", list, "list the reasons")
    for place, reason in enumerate(reasons):
        if not texts.has(f"utter_need_reason_{reason}"):
            mend = "add it in data/responses/worker_plan.yml"
            raise reader.wrong(reasons, place, f"no text `utter_need_reason_{reason}`", mend)
    if not reasons:
        what, mend = "no need could be declined", "list at least one reason"
        raise reader.wrong(root, "decline_reasons", what, mend)
    offers = reader.get(root, "offers", dict, "add `offers:` with yes and no")
    reader.only(offers, {"yes", "no"})
    answers = _groups(reader, offers, ("yes", "no"))
    meant = {kind: frozenset(_folded(said)) for kind, said in answers.items()}
    mend = "add `with_a_reason:` with " + ", ".join(REASONS)
    tells: dict[str, tuple[str, ...]] = dict.fromkeys(REASONS, ())
    if "with_a_reason" in root:  # a version published before there was such a list lives on
        told = reader.get(root, "with_a_reason", dict, mend)
        reader.only(told, set(REASONS))
        tells = {kind: tuple(_folded(_said(reader, told, kind))) for kind in REASONS}
    why = tuple(str(one) for one in reasons)
    return PlanWords(found, tuple(_folded(no_answer)), why, meant, tells)


def _groups(reader: Reader, node: Any, kinds: Collection[str]) -> dict[str, _Said]:
    """Return what people say for each kind; a phrase that would mean two things is refused."""
    found = {kind: _said(reader, node, kind) for kind in kinds}
    meant: dict[str, str] = {}
    for kind, said in found.items():
        for phrase in _folded(said):
            if meant.setdefault(phrase, kind) != kind:
                what = f"`{phrase}` stands under `{meant[phrase]}` too"
                raise reader.wrong(node, kind, what, "keep it in one place")
    return found


def _said(reader: Reader, node: Any, key: str) -> _Said:
    found: dict[str, list[str]] = {language.value: [] for language in Language}
    for language, phrase in phrases(reader, reader.get(node, key, dict, "write en and es")):
        found[language.value].append(phrase)
    return {language: tuple(said) for language, said in found.items()}


def _folded(said: _Said) -> Iterator[str]:
    return (fold(phrase) for group in said.values() for phrase in group)


def with_ways_out(flows: Mapping[str, Flow], words: PlanWords, texts: Texts) -> dict[str, Flow]:
    """Return the flows, those of plans with [Skip] and [Later] under every question."""
    return {name: _flow(flow, words, texts) if flow.plan else flow for name, flow in flows.items()}


def _flow(flow: Flow, words: PlanWords, texts: Texts) -> Flow:
    steps = tuple(_step(step, words, texts) if step.collect else step for step in flow.steps)
    return replace(flow, steps=steps, no_answer=words.no_answer, reasons=words.tells)


def _step(step: Step, words: PlanWords, texts: Texts) -> Step:
    own = {
        fold(said)
        for choice in step.choices
        for said in (*choice.label.values(), *(s for group in choice.says.values() for s in group))
    }
    outs = tuple(
        Choice(
            value=value,
            label={language.value: texts.say(name, language) for language in Language},
            # A question's own choices come first: "no" may well be one of them.
            says={
                language: tuple(
                    said
                    for said in (*group, *(step.puts_off if value == LATER else ()))
                    if fold(said) not in own
                )
                for language, group in words.says[value].items()
            },
            keep=False,
        )
        for value, name in BUTTONS.items()
    )
    return replace(step, choices=(*step.choices, *outs))
