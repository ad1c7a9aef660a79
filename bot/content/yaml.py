"""Reading the staff's YAML so that every mistake can be pointed at by file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.errors import ContentError

_QUOTE = (
    "a quote that opens here is not closed as it should be",
    'put a " at the end of the text, and \\" where one stands inside it',
)
# What YAML's own words mean to somebody who only wants to change a text: words of the problem,
# whether it is found where it began (a quote, a bracket) and not where it was noticed, what is
# wrong, what to write instead.
_PLAINLY = (
    (r"character '\\t'", False, "a Tab stands here", "use spaces to indent, never the Tab key"),
    (r"unexpected (end of stream|document separator)|unknown escape", True, *_QUOTE),
    (
        r"mapping values are not allowed|expected ':'|could not find expected ':'",
        False,
        "a colon stands where none can be",
        'put the text in "quotes", and look here and one line above for a colon or spaces too few',
    ),
    (
        r"expected ',' or|did not find expected ',' or",
        True,
        "a bracket that opens here is not closed, or a comma is missing in it",
        'close it with ] or }, and put a text with a comma or a bracket in "quotes"',
    ),
    (
        r"cannot start any token",
        False,
        "a text cannot begin with this sign",
        'put the whole text in "quotes"',
    ),
    (
        r"expected <block end>|block collections are not allowed|sequence entries are not allowed",
        False,
        "this line does not fit to those above it",
        'give it as many spaces as its neighbours, and put a text with quotes in it in "quotes"',
    ),
    (
        r"undefined alias|anchor",
        False,
        "a word that begins with * or & means something else here",
        'put the text in "quotes"',
    ),
)
_OTHERWISE = "look at the spaces before this line and at quotes around texts with a colon"


def read(path: Path) -> CommentedMap:
    """Return a file's mapping; ContentError when it is not YAML or not a mapping."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ContentError(path, 1, "not UTF-8 text", "save the file as UTF-8") from None
    except OSError as error:
        raise ContentError(path, 1, f"cannot be read ({error.strerror})", "put it back") from None
    try:
        found = _parse(text)
    except MarkedYAMLError as error:
        raise _plainly(path, text.splitlines(), error) from None
    except YAMLError as error:
        what = " ".join(str(error).split())
        raise ContentError(path, 1, what, "save the file as plain UTF-8 text") from None
    except ValueError as error:
        lines = enumerate(text.splitlines(), start=1)
        line = next((number for number, words in lines if _no_date(words)), 1)
        what = f"a date or number that is none ({error})"
        mend = 'write a date as 2027-06-01, or put a text in "quotes"'
        raise ContentError(path, line, what, mend) from None
    if found is None:
        return CommentedMap()
    if not isinstance(found, CommentedMap):
        raise ContentError(path, 1, "is not a list of names with values", "begin with `name:`")
    return found


@lru_cache(maxsize=100)
def _parse(text: str) -> Any:
    """Return what YAML makes of a text. Nobody changes it: one examination reads a file often, and
    parsing it is nearly all that takes time."""
    return YAML().load(text)


def _plainly(path: Path, lines: list[str], error: MarkedYAMLError) -> ContentError:
    """Say in plain words what the YAML library found."""
    problem = " ".join(str(error.problem or error.context or "not YAML").split())
    mark = error.problem_mark or error.context_mark
    if isinstance(error, DuplicateKeyError):
        twice = re.search(r'duplicate key "(.*?)"', problem)
        name = twice[1] if twice else "a name"
        return ContentError(
            path, _line(mark), f"`{name}` stands here twice", "keep one of them, or rename it"
        )
    left_open = _quote_left_open(lines[: _line(mark)])
    if left_open:
        return ContentError(path, left_open, *_QUOTE)
    for words, where_it_began, what, mend in _PLAINLY:
        if re.search(words, problem):
            began = error.context_mark if where_it_began else None
            return ContentError(path, _line(began or mark), what, mend)
    return ContentError(path, _line(mark), problem, _OTHERWISE)


def _quote_left_open(lines: list[str]) -> int:
    """Return the last line that opens a quote and is followed by a new entry, 0 if there is none.

    YAML reads on to the next quote, which may be lines further down, and complains only there.
    """
    entry = re.compile(r"\s*(- |[\w.]+:(\s|$)|#|$)")
    found = 0
    for number, words in enumerate(lines, start=1):
        follows = lines[number] if number < len(lines) else ""
        if len(re.findall(r'(?<!\\)"', words)) % 2 and number < len(lines):
            found = number if entry.match(follows) and ': "' in words else found
    return found


def _no_date(words: str) -> bool:
    written = re.search(r"\d{4}-\d{1,2}-\d{1,2}", words)
    try:
        if written:
            date.fromisoformat(written[0])
    except ValueError:
        return True
    return False


def _line(mark: Any) -> int:
    return int(mark.line) + 1 if mark else 1


def files(folder: Path) -> Iterator[Path]:
    """Yield the YAML files of a folder in order of their names."""
    yield from sorted(p for p in folder.glob("*.y*ml") if not p.name.startswith("."))


def line_of(node: Any, key: Any = None) -> int:
    """Return the 1-based line of a node, or of one of its keys or items."""
    try:
        if key is None:
            return int(node.lc.line) + 1
        if isinstance(node, CommentedSeq):
            return int(node.lc.item(key)[0]) + 1
        return int(node.lc.key(key)[0]) + 1
    except (AttributeError, KeyError, TypeError, IndexError):
        return 1


class Mistakes:
    """What is wrong: either the first mistake ends the reading, or all of them are collected."""

    def __init__(self, *, first: bool = False) -> None:
        """``first``: raise the first mistake instead of collecting."""
        self.found: list[ContentError] = []
        self._first = first

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note the mistake that ends the block, and go on after it."""
        try:
            yield
        except ContentError as mistake:
            if self._first:
                raise
            self.found.append(mistake)


class Reader:
    """Walks one file's values and complains with its name and line."""

    def __init__(self, path: Path) -> None:
        """Read the file."""
        self.path = path
        self.root = read(path)

    def wrong(self, node: Any, key: Any, what: str, mend: str) -> ContentError:
        """Return the error for a key of a node."""
        # What somebody wrote may have lines of its own; the mistake is told in one.
        return ContentError(self.path, line_of(node, key), " ".join(what.split()), mend)

    def get(self, node: Any, key: str, kind: type, mend: str, default: Any = ...) -> Any:
        """Return ``node[key]``, which must be of a kind; the default when it is missing."""
        self.named(node, key, mend)
        if key not in node:
            if default is not ...:
                return default
            raise ContentError(self.path, line_of(node), f"`{key}` is missing", mend)
        value = node[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            what = (
                f"`{key}` is empty" if value is None else f"`{key}` has a value of the wrong kind"
            )
            raise self.wrong(node, key, what, mend)
        return value

    def entries(self, node: Any, key: str, mend: str) -> list[Any]:
        """Return the entries of a list, each with names and values of its own."""
        found: list[Any] = self.get(node, key, list, mend)
        for place, entry in enumerate(found):
            if not isinstance(entry, dict):
                raise self.wrong(found, place, "this entry has no names with values", mend)
        return found

    def only(self, node: Any, allowed: set[str]) -> None:
        """Refuse keys that nobody reads: a misspelt word would silently do nothing."""
        names = ", ".join(sorted(allowed))
        self.named(node, names, f"write here: {names}")
        for key in node:
            if key not in allowed:
                raise self.wrong(node, key, f"`{key}` is not known here", f"use one of: {names}")

    def named(self, node: Any, what: str, mend: str) -> None:
        """Refuse what is no list of names with values."""
        if not isinstance(node, dict):
            shown = "nothing" if node is None else f"`{node}`" if _short(node) else "a list"
            raise self.wrong(node, None, f"{shown} stands where `{what}` is looked for", mend)


def _short(node: Any) -> bool:
    return isinstance(node, str | int | float) and len(str(node)) < 60
