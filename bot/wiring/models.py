"""The trained models: made where they are missing or older than what they were trained on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from bot import content
from bot.danger import checks
from bot.danger.encoder import Encoder, EncoderMissing
from bot.danger.messages import fingerprint
from bot.danger.models import MANIFEST, ModelMissing, facts_of, load_model
from bot.danger.train import train as train_danger
from bot.environments import Environments
from bot.errors import SafError
from bot.settings import ROOT, Settings

ENTRY = ROOT / "bot" / "dialogue" / "inside_rasa" / "__main__.py"
MODEL = "dialogue.tar.gz"
KEY = "dialogue"  # our key in the manifest; the danger model has its own
# What the dialogue is trained on, below the data folder.
LEARNED = ("flows", "nlu", "rules", "stories")
_NAME = re.compile(rb"^  (utter_\w+):", re.MULTILINE)
STORIES = ROOT / "tests" / "stories"
Say = Callable[[str], None]


def danger(settings: Settings, say: Say, *, anew: bool = False) -> str:
    """Train the danger model if it is missing or its messages changed (seconds to minutes).

    Returns why an older model stays in place, empty when it is the one for these messages.
    """
    facts = facts_of(settings.models)
    if not anew and facts.get("trained_on") == fingerprint(settings.data / "danger"):
        return str(facts.get("kept", ""))
    if wrong := checks.problems(settings.data):
        raise wrong[0]
    say("training the danger model (about a minute)")
    report = train_danger(settings.data, settings.models, say)
    if report.written:
        return ""
    say(report.why)
    return report.why


def dialogue(settings: Settings, say: Say, *, anew: bool = False) -> None:
    """Train the dialogue if it is missing or what it learns from changed (half a minute).

    Rasa trains in the engine's own environment; SafError with its last words when it cannot.
    """
    wanted = fingerprint_of(settings.data)
    if not anew and _facts(settings.models).get("trained_on") == wanted:
        return
    content.load(settings.data)  # its mistakes have lines, those that Rasa finds have none
    say("training the dialogue (about half a minute)")
    settings.models.mkdir(parents=True, exist_ok=True)
    if why := _rasa(settings, "train", "--out", str(settings.models)):
        raise SafError(f"the dialogue could not be trained: {why}")
    digest = hashlib.sha256((settings.models / MODEL).read_bytes()).hexdigest()
    _keep(settings.models / MANIFEST, {"trained_on": wanted, "files": {MODEL: digest}})


def play_stories(settings: Settings, say: Say) -> str:
    """Play the test stories on the trained dialogue; return what goes wrong, empty when nothing."""
    if not any(STORIES.glob("test_*.yml")):
        return ""
    say("playing the test stories (about half a minute)")
    model = str(settings.models / MODEL)
    why = _rasa(settings, "test-stories", "--model", model, "--stories", str(STORIES))
    return f"a test story of tests/stories goes wrong: {why}" if why else ""


def _rasa(settings: Settings, *words: str) -> str:
    """Run one command in the engine's environment; return why it failed, empty when it did not."""
    python = Environments().engine() / "bin" / "python"
    done = subprocess.run(  # noqa: S603 - our own interpreter and file
        [python, ENTRY, "--data", settings.data, *words],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stderr.splitlines() if line.strip() and "it/s" not in line]
    return lines[-1].strip() if lines else "it gave no reason"


def wrong(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what is missing, or not what was trained, and the sentence that says so."""
    try:
        encoder = Encoder.installed()
    except EncoderMissing:
        encoder = None
    try:
        load_model(settings.models, encoder)
    except ModelMissing as missing:
        yield "danger model", str(missing)
    facts = _facts(settings.models)
    if not facts:
        yield "dialogue model", "no dialogue is trained; run `python3 -m bot train`"
        return
    digest = hashlib.sha256((settings.models / MODEL).read_bytes()).hexdigest()
    if facts.get("files") != {MODEL: digest}:
        yield "dialogue model", f"{settings.models / MODEL} is not what was trained; train again"


def stale(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the models that were trained on something else than stands in data/ now."""
    known = facts_of(settings.models)
    if known and known.get("trained_on") != fingerprint(settings.data / "danger"):
        yield "danger model", "its messages have changed since; run `python3 -m bot train`"
    facts = _facts(settings.models)
    if facts and facts.get("trained_on") != fingerprint_of(settings.data):
        yield "dialogue model", "flows or examples have changed since; run `python3 -m bot train`"


def fingerprint_of(data: Path) -> str:
    """Return a hash over all that the dialogue learns from."""
    found = hashlib.sha256()
    for path in _files(data):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    # The service says the texts, the dialogue only names them: a new wording needs no training.
    for path in sorted((data / "responses").glob("*.yml")):
        found.update(b"\0".join(_NAME.findall(path.read_bytes())) + b"\0")
    return found.hexdigest()


def _files(data: Path) -> Iterator[Path]:
    yield from (ROOT / "config.yml", ROOT / "domain.yml", ENTRY.with_name("importer.py"))
    for folder in LEARNED:
        yield from sorted((data / folder).glob("*.yml"))
    yield from sorted((data / "danger").glob("messages_*.yml"))


def _facts(models: Path) -> dict[str, object]:
    try:
        facts = json.loads((models / MANIFEST).read_text(encoding="utf-8")).get(KEY)
    except (OSError, ValueError, AttributeError):
        return {}
    known = isinstance(facts, dict) and (models / MODEL).exists()
    return facts if known else {}


def _keep(path: Path, facts: dict[str, object]) -> None:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = {}
    beside = path.with_suffix(".new")
    text = json.dumps({**manifest, KEY: facts}, indent=2, sort_keys=True)
    beside.write_text(text + "\n", encoding="utf-8")
    os.replace(beside, path)
