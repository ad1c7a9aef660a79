"""What the dialogue learns from, looked at before Rasa does: data/nlu, data/rules, data/stories.

Rasa finds most of this too, after half a minute and without a line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from bot.content.texts import Texts
from bot.content.yaml import Mistakes, Reader, files, line_of
from bot.core.answers import fold
from bot.core.flows import Flow

_RULE = {"rule", "story", "steps", "condition", "conversation_start", "wait_for_user_input"}
_STEP = {"intent", "action", "active_loop", "slot_was_set", "user", "or"}
# Rasa's own.
_INTENTS = frozenset({"nlu_fallback"})
_ACTIONS = ("action_listen", "action_restart", "action_default_fallback")


def examine(
    data_dir: Path, domain: Path, flows: Collection[Flow], texts: Texts, mistakes: Mistakes
) -> None:
    """Note the mistakes in examples and rules; ``domain`` is domain.yml."""
    with mistakes.noted():
        known = Reader(domain)
        intents = set(_names(known, "intents")) | _INTENTS
        for flow in flows:
            intents |= {f"start_{flow.name}"}
            intents |= {f"say_{c.value}" for step in flow.steps for c in step.choices}
        actions = {*_names(known, "actions"), *_ACTIONS}
        actions |= {f"{flow.name}_form" for flow in flows}
        said: dict[str, tuple[str, str]] = {}
        for path in files(data_dir / "nlu"):
            with mistakes.noted():
                _examples(Reader(path), intents, said, mistakes)
        for room in ("rules", "stories"):
            for path in files(data_dir / room):
                with mistakes.noted():
                    _rules(Reader(path), room, intents, actions, texts, mistakes)


def _names(reader: Reader, key: str) -> Iterator[str]:
    for entry in reader.get(reader.root, key, list, f"list the {key}"):
        yield str(next(iter(entry)) if isinstance(entry, dict) else entry)


def _examples(
    reader: Reader, intents: set[str], said: dict[str, tuple[str, str]], mistakes: Mistakes
) -> None:
    reader.only(reader.root, {"version", "nlu"})
    entries = reader.get(reader.root, "nlu", list, "begin with `nlu:`")
    for place, entry in enumerate(entries):
        with mistakes.noted():
            if not isinstance(entry, dict):
                mend = "write `- intent: ...` and its `examples: |`"
                raise reader.wrong(entries, place, "this is no intent", mend)
            reader.only(entry, {"intent", "examples"})
            intent = reader.get(entry, "intent", str, "name the intent")
            if intent not in intents:
                mend = "use one of domain.yml, or say_<value> of a choice in data/flows"
                raise reader.wrong(entry, "intent", f"there is no intent `{intent}`", mend)
            shape = "write `examples: |` and below it one example a line, each after a dash"
            examples = reader.get(entry, "examples", str, shape)
            for number, line in enumerate(examples.splitlines(), line_of(entry, "examples") + 1):
                with mistakes.noted():
                    _example(reader, number, line, intent, said)


def _example(
    reader: Reader, number: int, line: str, intent: str, said: dict[str, tuple[str, str]]
) -> None:
    words = line.strip()
    if not words or words.startswith("#"):
        return
    if not words.startswith("- ") or not words.removeprefix("- ").strip():
        mend = 'begin each example with "- " and write words after it'
        raise _at(reader, number, f"`{words}` is no example", mend)
    other, place = said.setdefault(fold(words), (intent, f"{reader.path.name}:{number}"))
    if other != intent:
        what = f"`{words.removeprefix('- ')}` means `{other}` in {place} and `{intent}` here"
        raise _at(reader, number, what, "keep it in one of them")


def _at(reader: Reader, line: int, what: str, mend: str) -> Exception:
    wrong = reader.wrong(None, None, what, mend)
    return type(wrong)(reader.path, line, what, mend)


def _rules(
    reader: Reader,
    room: str,
    intents: set[str],
    actions: set[str],
    texts: Texts,
    mistakes: Mistakes,
) -> None:
    reader.only(reader.root, {"version", room})
    entries = reader.get(reader.root, room, list, f"begin with `{room}:`")
    for place, entry in enumerate(entries):
        with mistakes.noted():
            if not isinstance(entry, dict):
                what, mend = "this is no rule", "write `- rule: ...` and its `steps:`"
                raise reader.wrong(entries, place, what, mend)
            reader.only(entry, _RULE)
            steps = reader.get(entry, "steps", list, "list the steps, each with a dash")
            for number, step in enumerate(steps):
                if not isinstance(step, dict):
                    what, mend = "this is no step", "write `- intent: ...` or `- action: ...`"
                    raise reader.wrong(steps, number, what, mend)
                _step(reader, step, intents, actions, texts)


def _step(reader: Reader, step: Any, intents: set[str], actions: set[str], texts: Texts) -> None:
    reader.only(step, _STEP)
    intent, action = step.get("intent"), step.get("action")
    if intent is not None and str(intent) not in intents:
        mend = "use one of domain.yml, or say_<value> of a choice in data/flows"
        raise reader.wrong(step, "intent", f"there is no intent `{intent}`", mend)
    if action is None or str(action) in actions:
        return
    if not str(action).startswith("utter_"):
        mend = "use a text (utter_...) or an action of domain.yml"
        raise reader.wrong(step, "action", f"there is no action `{action}`", mend)
    if not texts.has(str(action)):
        mend = "write it in data/responses/, in English and Spanish"
        raise reader.wrong(step, "action", f"there is no text `{action}`", mend)
