"""Staff's way to write a phrase: plain words with alternatives, read into one safe expression.

| written | means |
|---|---|
| ``they outside`` | these words, one after the other |
| ``(they | he)`` | one of these |
| ``[really]`` | may stand there or not |
| ``...`` | up to four words between, within one sentence |
| ``shoot*`` | any ending of the word |
| ``#`` | any number |
| ``{they}`` | any entry of the word list with that name |

Nothing here can repeat without bound, so no message can make matching slow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.danger.normalise import STOP, Normaliser

GAP = 4  # words that "..." may skip: "they [are right now] outside", but not a new thought
_SIGNS = re.compile(r"\s*(\.\.\.|\{[a-z_]+\}|[()\[\]|#]|[^\s()\[\]|{}#]+)")
_normalise = Normaliser()


class PatternError(ValueError):
    """A pattern cannot be read; the message says why."""


def compile_pattern(written: str, lists: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    """Return the expression that finds the pattern in ``Normal.words`` with a space before it."""
    reader = _Reader(written, lists)
    source = reader.alternatives()
    if reader.left:
        raise PatternError(f'"{written}": "{reader.left[0]}" closes nothing')
    if re.fullmatch(source, ""):
        raise PatternError(
            f'"{written}" would match every message; at least one word must be required'
        )
    return re.compile(f"{source}(?= |$)")


def _plain(word: str) -> str:
    """Return a written word as messages look after they were made comparable."""
    return _normalise(word).words.replace(STOP, "").strip()


class _Reader:
    """Reads one pattern from left to right; each part keeps the space before its word."""

    def __init__(self, written: str, lists: Mapping[str, Sequence[str]], depth: int = 0) -> None:
        self.written = written
        self.lists = lists
        self.depth = depth
        self.left: list[str] = _SIGNS.findall(written)
        if "".join(self.left) != re.sub(r"\s", "", written):
            raise PatternError(f'"{written}": a list name is written {{like_this}}')

    def alternatives(self) -> str:
        """Read parts separated by ``|`` up to a closing bracket or the end."""
        options = [self._row()]
        while self.left and self.left[0] == "|":
            self.left.pop(0)
            options.append(self._row())
        if not all(options):
            raise PatternError(f'"{self.written}": nothing stands beside a "|"')
        return options[0] if len(options) == 1 else f"(?:{'|'.join(options)})"

    def _row(self) -> str:
        """Read words one after the other."""
        parts = []
        while self.left and self.left[0] not in "|)]":
            parts.append(self._part(self.left.pop(0)))
        return "".join(parts)

    def _part(self, sign: str) -> str:
        """Read one word, list, gap or bracket."""
        if sign in "([":
            inside = self.alternatives()
            if not self.left or self.left.pop(0) != {"(": ")", "[": "]"}[sign]:
                raise PatternError(f'"{self.written}": a "{sign}" is not closed')
            return f"(?:{inside})?" if sign == "[" else inside
        if sign == "...":
            return f"(?: [a-z0-9]+){{0,{GAP}}}"
        if sign == "#":
            return " [0-9]+"
        if sign.startswith("{"):
            return self._list(sign[1:-1])
        plain = _plain(sign.removesuffix("*"))
        if not plain:
            raise PatternError(f'"{self.written}": "{sign}" holds no letters')
        return f" {plain}" + ("[a-z0-9]*" if sign.endswith("*") else "")

    def _list(self, name: str) -> str:
        """Read a word list; its entries are patterns too, but may use no further lists."""
        if name not in self.lists or self.depth:
            known = ", ".join(sorted(self.lists))
            raise PatternError(
                f'"{self.written}": there is no list "{name}" here (there are: {known})'
            )
        entries = [_Reader(entry, self.lists, self.depth + 1) for entry in self.lists[name]]
        sources = [entry.alternatives() for entry in entries]
        return f"(?:{'|'.join(sources)})"
