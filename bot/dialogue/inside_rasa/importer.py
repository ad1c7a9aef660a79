"""Turn data/flows/*.yml into what Rasa trains on: slots, forms, rules, intents and their examples.

Nothing is validated here: the service does that with file and line (bot/content), before anybody
trains.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method
from rasa.shared.utils.io import read_yaml_file
from ruamel.yaml import YAML

from bot.dialogue.inside_rasa.turn import FORM

FEWEST = 90  # a choice with fewer examples is only known by its exact words: it would be guessed at
TELLS = "tells"  # somebody tells what happened: no answer, no question to us
ENOUGH_TALES = 700  # all two thousand double the training and read nothing better
SHORTEST_TALE = 6  # words; shorter messages may well be answers
GENERAL = {"affirm", "deny", "unsure", "choose"}  # answers that belong to no single choice
ASK_PERSON = "ask_person"  # every choice that asks for a person is this one intent


class FlowImporter(TrainingDataImporter):
    """Named in config.yml beside RasaFileImporter; reads the flows once."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        leave_out: tuple[str, ...] | list[str] = (),
    ) -> None:
        paths = (
            [training_data_paths] if isinstance(training_data_paths, str) else training_data_paths
        )
        # data/nlu, data/rules ...: the flows lie beside them.
        room = self._room = Path(paths[0]).parent if paths else Path("data")
        self._flows: dict[str, Any] = {}
        for found in _each(room / "flows"):
            self._flows.update(found.get("flows") or {})
        for name in leave_out:
            self._flows.pop(name, None)
        self._rules = [rule for found in _each(room / "rules") for rule in found.get("rules") or []]
        self._written = {
            fold(line.strip().removeprefix("- ")): part["intent"]
            for found in _each(room / "nlu")
            for part in found.get("nlu") or []
            for line in str(part.get("examples") or "").splitlines()
        }
        often = Counter([*self._written.values(), *(intent for intent, _ in self._said_once())])
        asked = {intent for intent, _ in self._said()}
        self._learned = {intent for intent in asked if often[intent] >= FEWEST}

    def get_domain(self) -> Domain:
        """Return a slot for each question, a form and its validation for each flow, an intent for
        each answer."""
        slots = {f"{flow}_{step['collect']}": _slot("text") for flow, step in self._questions()}
        forms = {f"{flow}{FORM}": {"required_slots": []} for flow in self._flows}
        for flow, step in self._questions():
            forms[f"{flow}{FORM}"]["required_slots"].append(f"{flow}_{step['collect']}")
        intents = sorted(
            {*self._learned, *(f"start_{flow}" for flow in self._flows)} - {ASK_PERSON}
        )
        return Domain.from_dict(
            {
                "intents": [{intent: {"use_entities": []}} for intent in intents],
                "slots": slots,
                "forms": forms,
                # Without this Rasa sends the whole domain along with every answer that is checked.
                "actions": [{f"validate_{form}": {"send_domain": False}} for form in forms],
            }
        )

    @cached_method
    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Return what people say for each choice that is learned; the same value in any flow is one
        intent."""
        learned = sorted(pair for pair in self._said_once() if pair[0] in self._learned)
        tales = sorted(self._tales())
        learned += [(TELLS, text) for text in tales[:: len(tales) // ENOUGH_TALES + 1]]
        return TrainingData([Message.build(text=text, intent=intent) for intent, text in learned])

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """Return the rules that begin each flow, and those that come back to it after an
        interruption."""
        # An answer when nothing was asked: a person is offered.
        answered = {rule["steps"][0].get("intent") for rule in self._rules}
        answers = self._learned - {ASK_PERSON} - answered
        rules: list[dict[str, Any]] = [
            {
                "rule": f"{intent} to nothing",
                "steps": [{"intent": intent}, {"action": "utter_fallback"}],
            }
            for intent in sorted(answers | GENERAL)
        ]
        rules += [
            {
                "rule": f"begin {flow}",
                "steps": [{"intent": f"start_{flow}"}, *_form(f"{flow}{FORM}")],
            }
            for flow in self._flows
        ]
        for flow in self._flows:
            form = f"{flow}{FORM}"
            # Without this rule nothing is known to follow a form's end, and the fallback is said.
            ends = {
                "condition": [{"active_loop": form}],
                "steps": [{"action": form}, {"active_loop": None}],
            }
            rules.append({"rule": f"end {flow}", **ends})
            for rule in filter(_interrupts, self._rules):
                leaves = any("active_loop" in step for step in rule["steps"])
                rules.append(
                    {
                        "rule": f"{rule['rule']} (within {flow})",
                        "condition": [{"active_loop": form}],
                        "steps": [*rule["steps"], *([] if leaves else _form(form))],
                    }
                )
        reader = YAMLStoryReader(self.get_domain())
        return StoryGraph(reader.read_from_parsed_yaml({"version": "3.1", "rules": rules}))

    def get_conversation_tests(self) -> StoryGraph:
        """Return none: test stories are written by hand."""
        return StoryGraph([])

    def get_config(self) -> dict[str, Any]:
        """Return none: config.yml is read by Rasa's own importer."""
        return {}

    def get_config_file_for_auto_config(self) -> str | None:
        """Return none."""
        return None

    def _questions(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, flow in self._flows.items():
            for step in flow.get("steps") or []:
                if "collect" in step:
                    yield name, step

    def _said(self) -> Iterator[tuple[str, str]]:
        for _, step in self._questions():
            for choice in step.get("choices") or []:
                texts = [*(choice.get("label") or {}).values()]
                texts += [text for said in (choice.get("says") or {}).values() for text in said]
                intent = (
                    ASK_PERSON
                    if choice.get("signal") == "contact_request"
                    else f"say_{choice['value']}"
                )
                yield from ((intent, str(text)) for text in texts)

    def _tales(self) -> Iterator[str]:
        """Return the danger model's training messages, as what is neither answer nor question.

        Without them one message in six about somebody's life was read as "stop" or "who reads
        this", because every message had to be something that is asked of us.
        """
        for path in sorted((self._room / "danger").glob("messages_*.yml")):
            for message in YAML(typ="safe", pure=False).load(path)["messages"]:
                asks = "contact_request" in message["signals"]
                long = len(message["text"].split()) >= SHORTEST_TALE
                answers = fold(message["text"]) in self._written
                if message["split"] == "train" and long and not asks and not answers:
                    yield message["text"]

    def _said_once(self) -> set[tuple[str, str]]:
        """Return what means one thing wherever it is said, and is not written in data/nlu.

        What is said for two things ("no", "im good") teaches nothing: the service knows which
        question is open, and takes such an answer word for word.
        """
        meanings: dict[str, set[tuple[str, str]]] = {}
        for intent, text in self._said():
            meanings.setdefault(fold(text), set()).add((intent, text))
        return {
            min(said)
            for text, said in meanings.items()
            if text not in self._written and len({intent for intent, _ in said}) == 1
        }


def fold(text: str) -> str:
    """Return a text without case, accents and punctuation, as bot.core.answers compares it."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    kept = (
        c if c.isalnum() else "" if c in "'’´`" else " "
        for c in bare
        if not unicodedata.combining(c)
    )
    return " ".join("".join(kept).split())


def _each(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.yml")):
        yield read_yaml_file(path) or {}


def _slot(kind: str) -> dict[str, Any]:
    # custom: only the service's validation fills it, never Rasa by itself.
    return {"type": kind, "influence_conversation": False, "mappings": [{"type": "custom"}]}


def _form(form: str) -> list[dict[str, str]]:
    return [{"action": form}, {"active_loop": form}]


def _interrupts(rule: dict[str, Any]) -> bool:
    """Tell whether a rule answers one intent at any time, so that it must also work within every
    flow."""
    steps = rule.get("steps") or []
    return (
        bool(steps)
        and "intent" in steps[0]
        and not rule.get("condition")
        and not rule.get("conversation_start")
    )
