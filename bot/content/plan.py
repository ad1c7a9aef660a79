"""What plans share, from data/program/plan.yml: how people skip, put off, and say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.content.texts import Texts
from bot.content.yaml import Reader
from bot.core.answers import fold
from bot.core.flows import LATER, SKIP, Choice, Flow, Step
from bot.core.people import Language

BUTTONS = {SKIP: "utter_button_skip", LATER: "utter_button_later"}


@dataclass(frozen=True, slots=True)
class PlanWords:
    """What clients say instead of an answer, and why a need can be declined."""

    says: dict[str, dict[str, tuple[str, ...]]]  # skip and later, by language
    no_answer: tuple[str, ...]
    reasons: tuple[str, ...]
    offers: dict[str, frozenset[str]]  # folded: what means yes and no to what we offer


def load(path: Path, texts: Texts) -> PlanWords:
    """Read plan.yml; ContentError when a phrase stands twice or a reason has no text."""
    reader = Reader(path)
    root = reader.root
    reader.only(root, {"says", "offers", "no_answer", "decline_reasons"})
    says = reader.get(root, "says", dict, "add `says:` with skip and later")
    reader.only(says, set(BUTTONS))
    for name in BUTTONS.values():
        if not texts.has(name):
            raise reader.wrong(root, "says", f"there is no text `{name}`", "add it to buttons.yml")
    found = {kind: _phrases(reader, says, kind) for kind in BUTTONS}
    no_answer = _phrases(reader, root, "no_answer")
    reasons = reader.get(root, "decline_reasons", list, "list the reasons")
    for place, reason in enumerate(reasons):
        if not texts.has(f"utter_need_reason_{reason}"):
            mend = "add it in data/responses/worker_plan.yml"
            raise reader.wrong(reasons, place, f"no text `utter_need_reason_{reason}`", mend)
    every = tuple(fold(one) for group in no_answer.values() for one in group)
    offers = reader.get(root, "offers", dict, "add `offers:` with yes and no")
    reader.only(offers, {"yes", "no"})
    meant = {
        kind: frozenset(
            fold(one) for group in _phrases(reader, offers, kind).values() for one in group
        )
        for kind in ("yes", "no")
    }
    return PlanWords(found, every, tuple(str(reason) for reason in reasons), meant)


def _phrases(reader: Reader, node: Any, key: str) -> dict[str, tuple[str, ...]]:
    group = reader.get(node, key, dict, "write them in en and es")
    reader.only(group, {language.value for language in Language})
    return {
        language.value: tuple(
            str(one) for one in reader.get(group, language.value, list, "list what people say")
        )
        for language in Language
    }


def with_ways_out(flows: Mapping[str, Flow], words: PlanWords, texts: Texts) -> dict[str, Flow]:
    """Return the flows, those of plans with [Skip] and [Later] under every question."""
    return {name: _flow(flow, words, texts) if flow.plan else flow for name, flow in flows.items()}


def _flow(flow: Flow, words: PlanWords, texts: Texts) -> Flow:
    steps = tuple(_step(step, words, texts) if step.collect else step for step in flow.steps)
    return replace(flow, steps=steps, no_answer=words.no_answer)


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
