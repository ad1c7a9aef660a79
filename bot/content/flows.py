"""What is asked, and where each answer leads: data/flows/*.yml, checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from bot.content import ways
from bot.content.texts import Texts
from bot.content.yaml import Mistakes, Reader, files, line_of
from bot.core.answers import fold
from bot.core.danger import Signal
from bot.core.flows import Branch, Choice, Flow, Step
from bot.core.people import Language, Situation
from bot.core.plan import NeedKind, Section, Term
from bot.errors import ContentError

NAME = re.compile(r"[a-z][a-z0-9_]*")
A_NAME = "use small letters, digits and _, beginning with a letter"
# What a flow may do beside asking and telling; actions/deeds.py does it, and a test holds both
# together.
ACTIONS = frozenset(
    {"action_ask_person", "action_give_consent", "action_decline_consent", "action_trial_page"}
    | {"action_help_wanted", "action_stop", "action_pause", "action_offer_stop"}
    | {"action_change_language", "action_keep_hour", "action_keep_cadence"}
    | {"action_open_plan", "action_make_plan", "action_offer_item"}
)
LONGEST_LABEL = 40  # more is cut off on a small phone
LONGEST_WORDS = 1000
LONGEST_ITEM = 100


def load(folder: Path, texts: Texts, *, mistakes: Mistakes | None = None) -> dict[str, Flow]:
    """Read every flow; ContentError names the file and line of the first mistake.

    With ``mistakes`` they are collected there, one for each flow.
    """
    mistakes = mistakes or Mistakes(first=True)
    before = len(mistakes.found)
    flows: dict[str, Flow] = {}
    links: list[tuple[Path, Step]] = []
    taken: list[tuple[Path, Step, str]] = []
    names: set[str] = set()
    for path in files(folder):
        with mistakes.noted():
            reader = Reader(path)
            reader.only(reader.root, {"version", "flows"})
            found = reader.get(reader.root, "flows", dict, "begin with `flows:`")
            for name, node in found.items():
                with mistakes.noted():
                    if not NAME.fullmatch(str(name)):
                        raise reader.wrong(found, name, f"`{name}` is no name for a flow", A_NAME)
                    if name in names:
                        what = f"there are two flows `{name}`"
                        raise reader.wrong(found, name, what, "rename one")
                    names.add(name)
                    flows[name] = _FlowReader(reader, str(name), texts).read(node)
                    links += [(path, step) for step in flows[name].steps if step.link]
                    taken += [(path, s, one) for s in flows[name].steps for one in s.known]
    for path, step in links:
        with mistakes.noted():
            ways.check_link(path, step, names)
    # While a flow cannot be read, what names it is not judged: one mistake is told once.
    for path, step, source in taken if len(mistakes.found) == before else ():
        with mistakes.noted():
            ways.check_known(path, step, source, flows)
    return flows


class _FlowReader:
    """Reads one flow of a file."""

    def __init__(self, reader: Reader, name: str, texts: Texts) -> None:
        self.reader = reader
        self.name = name
        self.texts = texts

    def read(self, node: Any) -> Flow:
        get = self.reader.get
        if not isinstance(node, CommentedMap):
            raise ContentError(
                self.reader.path,
                line_of(self.reader.root["flows"], self.name),
                f"`{self.name}` is empty",
                "give it version, description, steps",
            )
        self.reader.only(node, {"version", "description", "steps", "plan", "once"})
        steps = get(node, "steps", list, "list the steps, each with a dash")
        flow = Flow(
            name=self.name,
            version=get(node, "version", int, "write `version: 1`, and one more at each change"),
            description=get(node, "description", str, "say in one sentence what is asked"),
            steps=tuple(self._step(steps, place) for place in range(len(steps))),
            plan=get(node, "plan", bool, "write true", default=False),
            once=get(node, "once", bool, "write true", default=False),
        )
        if not flow.steps or not flow.steps[0].collect:
            raise self.reader.wrong(
                node, "steps", "a flow begins with a question", "add `- collect: <name>`"
            )
        ways.check(self.reader.path, flow, steps)
        return flow

    def _step(self, steps: Any, place: int) -> Step:
        node = steps[place]
        get, wrong = self.reader.get, self.reader.wrong
        kinds = [k for k in ("collect", "action", "link") if isinstance(node, dict) and k in node]
        if len(kinds) != 1:
            mend = "give each step exactly one of: collect, action, link"
            raise wrong(steps, place, "this step is not one thing", mend)
        kind = kinds[0]
        allowed = {
            "collect": {"collect", "id", "choices", "unclear", "next", "longest", "words", "plan"}
            | {"calm", "later", "known"},
            "action": {"action", "id", "next"},
            "link": {"link", "id", "next"},
        }
        self.reader.only(node, allowed[kind])
        value = get(node, kind, str, "write a name")
        step_id = get(node, "id", str, A_NAME, default=value)
        if not NAME.fullmatch(step_id):
            raise wrong(node, "id" if "id" in node else kind, f"`{step_id}` is no name", A_NAME)
        choices = self._choices(node) if kind == "collect" and "choices" in node else ()
        step = Step(
            id=step_id,
            **{kind: value},
            choices=choices,
            unclear=get(node, "unclear", str, "name a step, or END", default=""),
            next=tuple(self._branches(node, choices)),
            longest=get(node, "longest", int, "write a number", default=300),
            line=line_of(node),
            words=get(node, "words", bool, "write true", default=False),
            calm=self._listed(node, "calm"),
            puts_off=self._listed(node, "later"),
            known=tuple(str(one) for one in get(node, "known", list, "list them", default=[])),
            **self._place(node),
        )
        self._check_step(node, step)
        return step

    def _place(self, node: Any) -> dict[str, Any]:
        """Return the section and term of the plan in which an answer stands; empty: in none."""
        if "plan" not in node:
            return {}
        place = self.reader.get(node, "plan", dict, "write {section: calm, term: short}")
        self.reader.only(place, {"section", "term", "opens", "drops", "moment"})
        found: dict[str, Any] = {}
        if "opens" in place:
            found["opens"] = self._both(place, "opens")
        found["drops"] = self._sayings(place, "drops")
        found["moment"] = self.reader.get(place, "moment", bool, "write true", default=False)
        for key, known in (("section", Section), ("term", Term)):
            mend = "use one of: " + ", ".join(known)
            found[key] = self.reader.get(place, key, str, mend)
            self._known(place, key, found[key], known, f"no {key}")
        if found["moment"] and found["term"] == Term.LONG:
            raise self.reader.wrong(place, "moment", "what is for later is no step", "leave it out")
        return found

    def _known(self, node: Any, key: str, one: str | None, known: type[StrEnum], what: str) -> None:
        if one is not None and one not in list(known):
            mend = "use one of: " + ", ".join(known)
            raise self.reader.wrong(node, key, f"`{one}` is {what}", mend)

    def _listed(self, node: Any, key: str) -> tuple[str, ...]:
        """Return what people say, in both languages, where a question has such a list."""
        return tuple(text for said in self._sayings(node, key).values() for text in said)

    def _sayings(self, node: Any, key: str) -> dict[str, tuple[str, ...]]:
        """Return what people say, by language; nothing where it is left out."""
        mend = f"write `{key}: {{en: [...], es: [...]}}`"
        says = self.reader.get(node, key, dict, mend, default={})
        if says:
            self.reader.only(says, {language.value for language in Language})
        return {language.value: self._said(says, language.value) for language in Language}

    def _check_step(self, node: Any, step: Step) -> None:
        wrong = self.reader.wrong
        if step.collect:
            text = f"utter_ask_{self.name}_{step.id}"
            if step.id != step.collect:
                raise wrong(node, "id", "a question's id is what it collects", "leave `id` out")
            if not self.texts.has(text):
                mend = "write it in data/responses/, in English and Spanish"
                raise wrong(node, "collect", f"there is no text `{text}`", mend)
            if step.calm and not step.words:
                mend = "write them under `says:` of a choice, or add `words: true`"
                raise wrong(node, "calm", "here only choices are answers", mend)
            if "unclear" in node and not step.choices:
                raise wrong(node, "unclear", "any words are an answer here", "leave `unclear` out")
            if not 1 <= step.longest <= LONGEST_WORDS:
                raise wrong(node, "longest", "is too much", f"write 1 to {LONGEST_WORDS}")
            leads_astray = any(not branch.values for branch in step.next)
            needs_a_way = leads_astray or any(choice.signal for choice in step.choices)
            if step.choices and not step.unclear and needs_a_way:
                mend = "add `unclear:` with the step that follows an answer nobody understood"
                raise wrong(node, "collect", "an unclear answer has no way of its own", mend)
        if step.action.startswith("utter_") and not self.texts.has(step.action):
            mend = "write it in data/responses/, in English and Spanish"
            raise wrong(node, "action", f"there is no text `{step.action}`", mend)
        if step.action and not step.action.startswith("utter_") and step.action not in ACTIONS:
            mend = "use a text (utter_...) or one of: " + ", ".join(sorted(ACTIONS))
            raise wrong(node, "action", f"`{step.action}` is not known", mend)

    def _choices(self, node: Any) -> tuple[Choice, ...]:
        wrong = self.reader.wrong
        nodes = self.reader.get(node, "choices", list, "list the choices, each with a dash")
        choices: list[Choice] = []
        said: dict[str, str] = {}
        for place, found in enumerate(nodes):
            if not isinstance(found, dict):
                raise wrong(nodes, place, "this is no choice", "give it value, label and says")
            choice = self._choice(found)
            if choice.value in (c.value for c in choices):
                raise wrong(
                    found, "value", f"`{choice.value}` stands twice", "give each its own value"
                )
            choices.append(choice)
            own = [*choice.label.values(), *(t for texts in choice.says.values() for t in texts)]
            for text in own:
                if said.setdefault(fold(text), choice.value) != choice.value:
                    what = f'"{text}" would mean `{said[fold(text)]}` and `{choice.value}`'
                    raise wrong(found, "value", what, "keep it in one of them")
        return tuple(choices)

    def _choice(self, node: Any) -> Choice:
        get, wrong = self.reader.get, self.reader.wrong
        known = {"value", "label", "says", "hears", "signal", "need", "item", "keep", "hide_for"}
        self.reader.only(node, known)
        value = get(node, "value", str, 'write a name, with quotes for "yes" and "no"')
        if not NAME.fullmatch(value):
            raise wrong(node, "value", f"`{value}` is no name", A_NAME)
        labels = self._both(node, "label")
        signal = get(node, "signal", str, "name a signal", default=None)
        self._known(node, "signal", signal, Signal, "no danger signal")
        need = get(node, "need", str, "name a need", default=None)
        self._known(node, "need", need, NeedKind, "no need")
        hide_for = get(node, "hide_for", list, "list situations", default=[])
        for situation in hide_for:
            self._known(node, "hide_for", str(situation), Situation, "no situation")
        return Choice(
            value=value,
            label=labels,
            says=self._sayings(node, "says"),
            signal=signal,
            need=need,
            hears=self._listed(node, "hears"),
            item=self._both(node, "item", LONGEST_ITEM) if "item" in node else None,
            keep=get(node, "keep", bool, "write false", default=True),
            hide_for=tuple(str(one) for one in hide_for),
        )

    def _both(self, node: Any, key: str, longest: int = LONGEST_LABEL) -> dict[str, str]:
        """Return a short text in both languages."""
        texts = self.reader.get(node, key, dict, f"add `{key}: {{en: ..., es: ...}}`")
        self.reader.only(texts, {language.value for language in Language})
        for language in Language:
            text = self.reader.get(texts, language.value, str, f"`{key}` exists in both languages")
            if not text.strip() or len(text) > longest:
                mend = f"write 1 to {longest} characters"
                raise self.reader.wrong(texts, language.value, "this does not fit", mend)
        return {language.value: str(texts[language.value]) for language in Language}

    def _said(self, says: Any, language: str) -> tuple[str, ...]:
        texts = self.reader.get(says, language, list, "list what people say", default=[])
        for place, text in enumerate(texts):
            if not isinstance(text, str) or not fold(text):
                mend = 'write words; put "quotes" around numbers and marks'
                raise self.reader.wrong(texts, place, f"`{text}` is nothing a person says", mend)
        return tuple(str(text) for text in texts)

    def _branches(self, node: Any, choices: tuple[Choice, ...]) -> Iterator[Branch]:
        wrong = self.reader.wrong
        if "next" not in node:
            return
        if isinstance(node["next"], str):
            yield Branch((), node["next"])
            return
        branches = self.reader.get(node, "next", list, "name a step, or list `if`, `then`, `else`")
        for place, branch in enumerate(branches):
            if isinstance(branch, dict) and set(branch) == {"else"}:
                if place + 1 < len(branches):
                    raise wrong(branches, place, "`else` comes last", "move it to the end")
                yield Branch((), str(branch["else"]))
                continue
            if not isinstance(branch, dict) or set(branch) != {"if", "then"}:
                raise wrong(
                    branches, place, "this is no branch", "write `if:` and `then:`, or `else:`"
                )
            values = branch["if"] if isinstance(branch["if"], list) else [branch["if"]]
            for value in values:
                if value not in [choice.value for choice in choices]:
                    mend = "use one of: " + ", ".join(c.value for c in choices)
                    raise wrong(branch, "if", f"`{value}` is no choice of this question", mend)
            yield Branch(tuple(values), str(branch["then"]))
