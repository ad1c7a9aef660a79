"""The trained danger model on disk: its files, and their hashes in the shared manifest."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.danger.classifier import Classifier, load, save
from bot.danger.encoder import Encodes
from bot.danger.zones import Zones
from bot.errors import SafError

MANIFEST = "manifest.json"
KEY = "danger"  # our key in the manifest; the dialogue model has its own
NUMBERS, NAMES = "danger/model.npz", "danger/names.json"
CARD = "danger/card.md"  # for people; nothing reads it


class ModelMissing(SafError):
    """There is no trained model, or its files are not the ones that were written."""


def load_model(models_dir: Path, encoder: Encodes | None) -> tuple[Classifier, Zones]:
    """Return the model and its lines; ModelMissing unless every file is what the manifest says."""
    facts = facts_of(models_dir)
    if not facts:
        raise ModelMissing("no danger model is trained; run `python3 -m bot train`")
    try:
        for name, wanted in facts["files"].items():
            if _hash(models_dir / name) != wanted:
                raise ModelMissing(f"{models_dir / name} is not what was trained; train again")
        classifier = load(models_dir / NUMBERS, models_dir / NAMES, encoder)
        return classifier, Zones(**facts["zones"])
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        problem = type(error).__name__
        raise ModelMissing(
            f"the danger model in {models_dir} is broken ({problem}); train again"
        ) from None


def facts_of(models_dir: Path) -> dict[str, Any]:
    """Return what the manifest says of the danger model; empty when there is none."""
    try:
        manifest = json.loads((models_dir / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    facts = manifest.get(KEY) if isinstance(manifest, dict) else None
    return facts if isinstance(facts, dict) else {}


def write_model(
    models_dir: Path, classifier: Classifier, zones: Zones, facts: dict[str, Any]
) -> None:
    """Put a new model in the place of the old one; the manifest's other keys stay as they are.

    Each file is written beside its place and moved there. A crash in between leaves files that the
    manifest does not confirm, which loading refuses in one sentence.
    """
    (models_dir / NUMBERS).parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_dir) as made:
        save(classifier, Path(made) / "numbers", Path(made) / "names")
        os.replace(Path(made) / "numbers", models_dir / NUMBERS)
        os.replace(Path(made) / "names", models_dir / NAMES)
    files = {name: _hash(models_dir / name) for name in (NUMBERS, NAMES)}
    entry = {"files": files, "zones": asdict(zones), **facts}
    _rewrite(models_dir / MANIFEST, lambda manifest: {**manifest, KEY: entry})


def note(models_dir: Path, facts: dict[str, Any]) -> None:
    """Add facts to what the manifest says of the danger model, whose files stay as they are."""
    entry = {**facts_of(models_dir), **facts}
    _rewrite(models_dir / MANIFEST, lambda manifest: {**manifest, KEY: entry})


def _rewrite(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change a JSON file in one step."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    beside = path.with_suffix(".new")
    text = json.dumps(change(found if isinstance(found, dict) else {}), indent=2, sort_keys=True)
    beside.write_text(text + "\n", encoding="utf-8")
    os.replace(beside, path)


def _hash(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
