"""How we speak to clients, as far as a machine can hold it: warm, short, plain, in both languages.

What it cannot hold (a question for names, advice nobody asked for) stands in data/README.md.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from bot.content import reading
from bot.content.texts import Texts
from bot.content.yaml import Reader, files
from bot.core.flows import Flow
from bot.core.people import Language
from bot.errors import ContentError

# Words of offices and of police, in what clients read. "In case" is no case.
_WORDS = {
    Language.EN: r"(?<!\bin )\bcases?\b|\bincidents?\b|\breport(s|ed|ing)?\b|\bsuspects?\b"
    r"|\boffenders?\b|\bgang\b|\busers?\b|\bsnitch\w*",
    Language.ES: r"(?<!\bpor )(?<!\ben )\bcasos?\b|\bincidentes?\b|\bdenunci\w+|\breport\w+"
    r"|\bsospechos\w+|\bdelincuentes?\b|\bpandilla\w*|\busuarios?\b|\busted\b",
}
LONGEST = 600  # characters a client is sent at once; more is not read on a small phone
LONGEST_FOR_WORKERS = 1500
LONGEST_BUTTON = 40
_SHORT = 8  # letters; so few may be alike in both languages by chance
_FOR_WORKERS = ("utter_date_tell_worker", "utter_situation_", "utter_date_kind_")


def examine(data_dir: Path, texts: Texts, flows: Collection[Flow]) -> Iterator[ContentError]:
    """Yield what no client should read; the texts are whole already, and so are flows given."""
    for path in files(data_dir / "responses"):
        reader = Reader(path)
        for name in reader.root.get("responses") or {}:
            if texts.by_name.get(name):
                yield from _text(reader, path, name, texts)
    for path in files(data_dir / "flows") if flows else ():
        yield from _labels(Reader(path))


def _labels(reader: Reader) -> Iterator[ContentError]:
    for flow in reader.root["flows"].values():
        for step in flow["steps"]:
            for choice in step.get("choices") or ():
                for language in Language:
                    label = choice["label"][language.value]
                    if found := _wrong_word(label, language):
                        yield reader.wrong(choice, "label", *found)


def _text(reader: Reader, path: Path, name: str, texts: Texts) -> Iterator[ContentError]:
    node: Any = reader.root["responses"]
    said = texts.by_name[name]
    workers = path.name.startswith("worker") or name.startswith(_FOR_WORKERS)
    for language, text in said.items():
        longest = LONGEST_FOR_WORKERS if workers else LONGEST
        longest = LONGEST_BUTTON if name.startswith("utter_button_") else longest
        if len(text) > longest:
            what = f"`{name}` has {len(text)} characters in `{language}`"
            yield reader.wrong(node, name, what, f"write {longest} at most")
        if not workers and (found := _wrong_word(text, language)):
            yield reader.wrong(node, name, f"`{name}`: {found[0]}", found[1])
        if not workers and (hard := reading.too_hard(text, language)):
            mend = "shorter sentences, shorter words: 5th grade"
            yield reader.wrong(node, name, f"`{name}` {hard} in `{language}`", mend)
    english, spanish = said[Language.EN], said[Language.ES]
    if english == spanish and len(re.sub(r"\{.*?\}|\W", "", english)) > _SHORT:
        what = f"`{name}` is the same in English and Spanish"
        yield reader.wrong(node, name, what, "write it in Spanish for `value: es`")
    for one, other, language in (
        (english, spanish, Language.ES),
        (spanish, english, Language.EN),
    ):
        for field in sorted(_fields(one) - _fields(other)):
            what = f"`{name}` lacks {{{field}}} in `{language}`"
            yield reader.wrong(node, name, what, "say it in both languages, or in neither")


def _wrong_word(text: str, language: Language) -> tuple[str, str] | None:
    """Return what is wrong in a text and what to write; None when nothing is."""
    if found := re.search(_WORDS[language], text, re.IGNORECASE):
        if found[0].lower() == "usted":
            return "`usted` keeps people at a distance", "write it with tú"
        return f"`{found[0]}` is a word of offices or police", "say it in everyday words"
    sign = next((c for c in text if unicodedata.category(c) == "So"), "")
    return (f"{sign} stands in it", "clients get no emoji; leave it out") if sign else None


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}
