"""A small data/danger of its own, with which training takes a second and needs no encoder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from bot.settings import ROOT

# Urgency, signals, and texts that resemble each other so much that little is enough to learn.
KINDS = (
    (
        "now",
        "[immediate_threat]",
        (
            "they outside my house with the lights off",
            "dude keep riding past my crib real slow",
            "a car been following me since the store",
        ),
    ),
    (
        "today",
        "[threat_received]",
        (
            "he said he gonna find me this week",
            "my name came up in a threat they posted",
            "somebody been asking my granny when i get home",
        ),
    ),
    (
        "watch",
        "[distress]",
        (
            "aint been sleeping since the funeral",
            "every loud noise got me shaking",
            "feel numb most days",
        ),
    ),
    (
        "none",
        "[]",
        (
            "good morning how are you doing",
            "that math test killed me fr",
            "thanks for the ride to work",
        ),
    ),
)


def small(folder: Path, learned: int = 60) -> Path:
    """Copy staff's real lists into ``folder`` with few messages; return the data folder."""
    danger = folder / "data" / "danger"
    danger.mkdir(parents=True)
    for name in ("words", "questions", "signals", "prices", "phrases_en", "phrases_es"):
        shutil.copy(ROOT / "data" / "danger" / f"{name}.yml", danger)
    write(danger / "messages_some.yml", learned, "train")
    write(danger / "messages_dev.yml", 10, "dev")
    return folder / "data"


def write(path: Path, count: int, split: str) -> None:
    """Write so many messages of each urgency."""
    lines = ["messages:"]
    for number in range(count):
        for urgency, signals, texts in KINDS:
            text = f"{texts[number % len(texts)]} {number} {split}"
            lines.append(
                f"  - {{id: {split}-{urgency}-{number}, text: {json.dumps(text)}, lang: en, "
                f"signals: {signals}, urgency: {urgency}, split: {split}}}"
            )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
