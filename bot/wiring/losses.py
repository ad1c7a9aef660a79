"""What a published version would lose of the danger phrases of the one before."""

from __future__ import annotations

from pathlib import Path

from bot.danger.checks import lost
from bot.danger.features import Reader
from bot.danger.phrases import load_phrases
from bot.danger.words import load_words
from bot.wiring.published import Version

_SHOWN = 3  # lost examples of one phrase; the rest is counted


def missing_phrases(before: Version, data: Path) -> dict[str, str]:
    """Return each phrase of a version that data/ has lost, with the words that say so."""
    then = load_phrases(before.data / "danger")
    now = load_phrases(data / "danger")
    reader = Reader(load_words(data / "danger"))
    there = {phrase.id: phrase.line for phrase in now.phrases}
    said: dict[str, list[str]] = {}
    for phrase, text in lost(then, now, reader):
        said.setdefault(phrase.id, []).append(f'"{text}"')
    found: dict[str, str] = {}
    for phrase in then.phrases:
        texts = said.get(phrase.id, [])
        if not texts:
            continue
        what = "no longer finds" if phrase.id in there else "is gone, and nothing else finds"
        shown = ", ".join(texts[:_SHOWN])
        more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
        # Where it stands, or stood in the version that is live.
        place = f"{Path(phrase.file).name}:{there.get(phrase.id, phrase.line)}"
        found[phrase.id] = (
            f"{place}: the danger phrase {phrase.id} of version {before.number} {what} "
            f"{shown}{more} as {phrase.urgency}"
        )
    return found
