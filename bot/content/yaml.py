"""Reading the staff's YAML so that every mistake can be pointed at by file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.errors import ContentError


def read(path: Path) -> CommentedMap:
    """Return a file's mapping; ContentError when it is not YAML or not a mapping."""
    try:
        found = YAML().load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = " ".join(str(error.problem or error.context or "not YAML").split())
        mend = "look at the spaces before this line and at quotes around texts with a colon"
        raise ContentError(path, line, what, mend) from None
    except YAMLError as error:
        what = " ".join(str(error).split())
        raise ContentError(path, 1, what, "save the file as plain UTF-8 text") from None
    except UnicodeDecodeError:
        raise ContentError(path, 1, "not UTF-8 text", "save the file as UTF-8") from None
    except OSError as error:
        raise ContentError(path, 1, f"cannot be read ({error.strerror})", "put it back") from None
    if found is None:
        return CommentedMap()
    if not isinstance(found, CommentedMap):
        raise ContentError(path, 1, "is not a list of names with values", "begin with `name:`")
    return found


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


class Reader:
    """Walks one file's values and complains with its name and line."""

    def __init__(self, path: Path) -> None:
        """Read the file."""
        self.path = path
        self.root = read(path)

    def wrong(self, node: Any, key: Any, what: str, mend: str) -> ContentError:
        """Return the error for a key of a node."""
        return ContentError(self.path, line_of(node, key), what, mend)

    def get(self, node: Any, key: str, kind: type, mend: str, default: Any = ...) -> Any:
        """Return ``node[key]``, which must be of a kind; the default when it is missing."""
        if key not in node:
            if default is not ...:
                return default
            raise ContentError(self.path, line_of(node), f"`{key}` is missing", mend)
        value = node[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(node, key, f"`{key}` has a value of the wrong kind", mend)
        return value

    def only(self, node: CommentedMap, allowed: set[str]) -> None:
        """Refuse keys that nobody reads: a misspelt word would silently do nothing."""
        for key in node:
            if key not in allowed:
                names = ", ".join(sorted(allowed))
                raise self.wrong(node, key, f"`{key}` is not known here", f"use one of: {names}")
