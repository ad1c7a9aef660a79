"""Say a message in plain English words: slang, Spanish and emoji become what the encoder knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.content.yaml import line_of, read
from bot.danger.normalise import Normaliser
from bot.errors import ContentError

_TOKEN = re.compile(r"[a-z0-9']+|[^a-z0-9'\s]+")
_LONGEST = 5  # words in one entry
_NEAR = 3  # words to each side in which a surely Spanish word makes a shared one Spanish
_MOSTLY = 0.3  # share of surely Spanish words from which on a message is Spanish throughout
# "spinnin", "lookin": the g is dropped in writing.
_IN_ENDINGS = re.compile(r"^[a-z]{3,}in$")


@dataclass(frozen=True, slots=True)
class Words:
    """Staff's word lists: emoji, slang and Spanish, each with its plain English."""

    emoji: Mapping[str, str]
    slang: Mapping[str, str]
    spanish: Mapping[str, str]
    shared: frozenset[str]  # Spanish words that are English words too
    doubled: frozenset[str]  # words that keep a stretched letter double
    in_words: frozenset[str]  # words that end in "in" by themselves

    def plain(self, clean: str) -> str:
        """Return ``Normal.clean`` in plain English words; what is in no list stays as it is."""
        tokens = _TOKEN.findall(clean)
        bare = [token.replace("'", "") if token[0].isalnum() else token for token in tokens]
        surely = [word in self.spanish and word not in self.shared for word in bare]
        mostly = sum(surely) >= _MOSTLY * sum(word[0].isalnum() for word in bare)
        said: list[str] = []
        at = 0
        while at < len(tokens):
            for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
                entry = " ".join(bare[at : at + length])
                found = self.slang.get(entry)
                if mostly or any(surely[max(0, at - _NEAR) : at + length + _NEAR]):
                    spanish = self.spanish.get(entry)
                    found = spanish or found if mostly else found or spanish
                if found is not None:
                    said.append(found)
                    at += length
                    break
            else:
                said.append(self._with_g(tokens[at]))
                at += 1
        return " ".join(word for word in said if word)

    def _with_g(self, word: str) -> str:
        """Give a word its dropped g back."""
        return f"{word}g" if _IN_ENDINGS.match(word) and word not in self.in_words else word


def load_words(danger_dir: Path) -> Words:
    """Read words.yml; a missing file is an error, an empty list is not."""
    path = danger_dir / "words.yml"
    content = read(path)
    normalise = Normaliser()

    def entries(name: str) -> dict[str, str]:
        found = content.get(name) or {}
        if not isinstance(found, dict):
            raise ContentError(
                path,
                line_of(content, name),
                f"`{name}` is no list of words",
                f"write lines of `word: plain words` under `{name}:`",
            )
        return {normalise(str(word)).words: str(plain) for word, plain in found.items()}

    def listed(name: str) -> frozenset[str]:
        return frozenset(normalise(str(word)).words for word in content.get(name) or ())

    emoji = content.get("emoji") or {}
    return Words(
        emoji={str(sign): str(word) for sign, word in emoji.items()},
        slang=entries("slang"),
        spanish=entries("spanish"),
        shared=listed("shared"),
        doubled=listed("keep_double"),
        in_words=listed("keep_in"),
    )
