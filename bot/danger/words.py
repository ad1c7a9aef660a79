"""Say a message in plain English words: slang, Spanish and emoji become what the encoder knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.yaml import line_of, read
from bot.danger.normalise import Normaliser
from bot.errors import ContentError

_TOKEN = re.compile(r"[a-z0-9']+|[^a-z0-9'\s]+")
_LONGEST = 5  # words in one entry
_NEAR = 3  # words to each side in which a surely Spanish word makes a shared one Spanish
_MOSTLY = 0.3  # share of surely Spanish words from which on a message is Spanish throughout
_SHORT = 4  # letters; shorter words sound like too many others
_HEARD = re.compile(rf"[a-z]{{{_SHORT},}}")
_PLAIN = re.compile(r'  (?P<q>"?)(?P<word>[a-z0-9 ]+)(?P=q): (?P<p>"?)(?P<says>[^":#]+)(?P=p)')
_SAME = re.compile(r"(?:([a-z])(?!\1\1)){2,}")  # one word that is comparable as it stands
# What sounds alike is spelt alike by who spells Spanish by ear: "kiero", "aser", "yego", "bamos".
_SOUNDS = (
    (re.compile(r"qu(?=[ei])|c(?![eih])"), "k"),
    (re.compile(r"c(?=[ei])|z"), "s"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"gu(?=[ei])"), "g"),
    (re.compile(r"(?<![cgpstw])h"), ""),
    (re.compile(r"ll"), "y"),
    (re.compile(r"v"), "b"),
)
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
    by_sound: Mapping[str, str]  # how a Spanish word sounds -> how it is spelt

    def respelt(self, text: str) -> str:
        """Return a comparable text with Spanish words that were spelt by ear as they are spelt.

        Only beside a word that is surely Spanish, or where all words are, and never a word that
        some list knows.
        """
        said = [word for word in _TOKEN.findall(text) if word[0].isalpha()]
        if not any(word in self.spanish and word not in self.shared for word in said):
            heard = (self._meant(word) for word in said)
            if not all(word in self.spanish or word in self.shared for word in heard):
                return text
        return _HEARD.sub(lambda match: self._meant(match.group()), text)

    def _meant(self, word: str) -> str:
        """Return a word as it is spelt, if it is a Spanish one that no list knows as written."""
        if word in self.spanish or word in self.slang or word in self.shared or len(word) < _SHORT:
            return word
        return self.by_sound.get(sound(word), word)

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


def sound(word: str) -> str:
    """Return how a Spanish word sounds, in letters that stand for one sound each."""
    for pattern, letter in _SOUNDS:
        word = pattern.sub(letter, word)
    return word


def _spanish(path: Path) -> Mapping[str, Any]:
    """Return the content of words_es.yml, which is plain lines and ten thousand of them.

    As YAML they take three seconds; a line of another shape, or one that stands twice, lets the
    file be read as that, which knows what to say about it.
    """
    found: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return read(path)
    below = False
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        plain = _PLAIN.fullmatch(line)
        if (line == "spanish:") is below or (below and (plain is None or plain["word"] in found)):
            return read(path)
        if plain is not None:
            found[plain["word"]] = plain["says"]
        below = True
    return {"spanish": found}


def load_words(danger_dir: Path) -> Words:
    """Read words.yml and words_es.yml; an empty list is no error, nor is no words_es.yml: what was
    published before there was one has its Spanish in words.yml."""
    normalise = Normaliser()

    def entries(content: Mapping[str, Any], path: Path, name: str) -> dict[str, str]:
        found = content.get(name) or {}
        if not isinstance(found, dict):
            raise ContentError(
                path,
                line_of(content, name),
                f"`{name}` is no list of words",
                f"write lines of `word: plain words` under `{name}:`",
            )
        return {
            word if _SAME.fullmatch(word := str(key)) else normalise(word).words: str(plain)
            for key, plain in found.items()
        }

    path, path_es = danger_dir / "words.yml", danger_dir / "words_es.yml"
    content = read(path)

    def listed(name: str) -> frozenset[str]:
        return frozenset(normalise(str(word)).words for word in content.get(name) or ())

    emoji = content.get("emoji") or {}
    spanish = entries(content, path, "spanish")
    if path_es.exists():
        spanish |= entries(_spanish(path_es), path_es, "spanish")
    heard = [word for word in spanish if _HEARD.fullmatch(word)]
    return Words(
        emoji={str(sign): str(word) for sign, word in emoji.items()},
        slang=entries(content, path, "slang"),
        spanish=spanish,
        shared=listed("shared"),
        doubled=listed("keep_double"),
        in_words=listed("keep_in"),
        by_sound={sound(word): word for word in reversed(heard)},  # the first of a list counts
    )
