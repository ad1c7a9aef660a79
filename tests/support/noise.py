"""Ways in which the same message arrives spelt differently: functions of text and chance."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

LOOKS = str.maketrans("aeopcyx", "аеорсух")  # Cyrillic letters
LEET = str.maketrans("aeios", "43105")
EMOJI = ("😭", "😤", "🙏", "💯", "‼️", "👀")  # none that laughs: that one says something
OTHERS = ("привет", "你好", "مرحبا", "שלום")


def typo(text: str, chance: Random) -> str:
    """Swap two letters inside one word of three or more."""
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    if long:
        place = chance.choice(long)
        at = chance.randrange(1, len(words[place]) - 2)
        word = words[place]
        words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def leetspeak(text: str, chance: Random) -> str:
    """Write one word with digits."""
    words = text.split(" ")
    place = chance.randrange(len(words))
    words[place] = words[place][:1] + words[place][1:-1].translate(LEET) + words[place][1:][-1:]
    return " ".join(words)


def emoji(text: str, chance: Random) -> str:
    """End with emoji."""
    return text + " " + "".join(chance.choices(EMOJI, k=chance.randint(1, 3)))


def spacing(text: str, chance: Random) -> str:
    """Blank lines and spaces around and between."""
    return "  " + text.replace(" ", chance.choice(("  ", " \t", "\n"))) + "\n\n"


def shouting(text: str, chance: Random) -> str:
    """Upper case, with exclamation marks."""
    return text.upper() + "!" * chance.randint(1, 4)


def stretched(text: str, chance: Random) -> str:
    """Stretch the last letter of one word."""
    words = text.split(" ")
    place = chance.randrange(len(words))
    words[place] += words[place][-1:] * 3 if words[place][-1:].isalpha() else ""
    return " ".join(words)


def zero_width(text: str, chance: Random) -> str:
    """Put an invisible character somewhere into each long word."""
    return " ".join(
        word[:2] + chance.choice("\u200b\u200d\u2060\ufeff") + word[2:] if len(word) > 3 else word
        for word in text.split(" ")
    )


def look_alikes(text: str, chance: Random) -> str:
    """Write with Cyrillic letters that look Latin."""
    return text.translate(LOOKS) if chance.random() < 0.9 else text.lower().translate(LOOKS)


def mixed_scripts(text: str, chance: Random) -> str:
    """Greet in another script first."""
    return f"{chance.choice(OTHERS)} {text}"


def long(text: str, chance: Random) -> str:
    """Stand somewhere in a message of the 4,096 characters that Telegram allows."""
    filler = "ok so anyway we just been at the house watching tv and eating. "
    room = 4096 - len(text) - 2
    before = chance.randrange(0, max(1, room // len(filler))) * len(filler)
    whole = (filler * 70)[:before] + text + ". " + filler * 70
    return whole[:4096]


NOISES: tuple[Callable[[str, Random], str], ...] = (
    typo,
    leetspeak,
    emoji,
    spacing,
    shouting,
    stretched,
    zero_width,
    look_alikes,
    mixed_scripts,
    long,
)
