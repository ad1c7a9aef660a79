"""A staff's room of a test's own, quick to read: the real one with few danger messages."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bot.clock import VirtualClock
from bot.settings import ROOT, Settings
from bot.wiring import models
from bot.wiring.publishing import Press, Say
from tests.support import danger
from tests.support.program import MONDAY_NOON


def own_room(folder: Path) -> Path:
    """Copy data/ into a folder; return the copy."""
    danger.small(folder)
    for path in (ROOT / "data").iterdir():
        if path.is_dir() and path.name != "danger":
            shutil.copytree(path, folder / "data" / path.name)
    return folder / "data"


def edit(path: Path, old: str, new: str) -> None:
    """Replace something that stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path.name, old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


@dataclass
class FakeSchool:
    """Trains in no time: a model is the hash of what it would have learned."""

    story: str = ""  # what goes wrong in a test story
    trained: int = 0
    played: int = 0
    meanwhile: list[tuple[Path, str]] = field(default_factory=list)  # edits while it trains

    def train(self, settings: Settings, say: Say) -> None:
        self.trained += 1
        learned = models.fingerprint_of(settings.data)
        for name, text in {
            models.MODEL: learned,
            "danger/model.npz": "numbers",
            "danger/names.json": "{}",
            "manifest.json": json.dumps({"dialogue": {"trained_on": learned}}),
        }.items():
            path = settings.models / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for path, words in self.meanwhile:
            path.write_text(words, encoding="utf-8")

    def play_stories(self, settings: Settings, say: Say) -> str:
        self.played += 1
        return self.story


def press(folder: Path, school: FakeSchool | None = None, note: str = "") -> Press:
    """Return what publishing works with, in a folder with data/ of its own."""
    settings = Settings(home=folder / "home", data=folder / "data", models=folder / "models")
    clock = VirtualClock(MONDAY_NOON)
    return Press(settings, clock, school or FakeSchool(), lambda line: None, "Pat", note)
