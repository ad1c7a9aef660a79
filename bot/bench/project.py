"""The stock project: our flows as plain Rasa YAML, the pipeline of `rasa init`, trained once.

It lies in stock's own environment, so that deleting that leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from bot import content
from bot.bench.script import FLOW
from bot.dialogue.supervisor import ENTRY
from bot.environments import Environments
from bot.errors import SafError
from bot.settings import ROOT, Settings

OURS = Path(__file__).parent / "stock_project"  # its action server, its stories, its channel
DEFAULT_CONFIG = "lib/python3.10/site-packages/rasa/engine/recipes/config_files/default_config.yml"
MODEL = "stock"
TRAINED_ON = "trained_on"
# The default hundred would train for an hour on our examples, and how long a network was trained
# changes nothing about what a turn costs. Six read every line of the script as it is meant.
EPOCHS = 6
STILL_AT_IT_SECONDS = 30.0
# What our service fills in when a reply is written; Rasa fills it from slots.
FACTS = {"worker": "Ben", "hours": "Somebody reads Mon to Fri 9 am to 6 pm", "time": "9:00 am"}
Say = Callable[[str], None]


def prepare(settings: Settings, say: Say) -> tuple[Path, Path]:
    """Make stock Rasa's environment and its trained project; return both folders.

    What is there already and made of the same is taken as it is. SafError when Rasa cannot train.
    """
    environments = Environments()
    environment, engine = environments.stock(), environments.engine()
    project, fresh = environment / "project", environment / "project.new"
    shutil.rmtree(fresh, ignore_errors=True)
    say("writing our flows as a plain Rasa project")
    write(settings, engine, environment, fresh)
    made_of = digest(fresh)
    stamp = project / TRAINED_ON
    if stamp.exists() and stamp.read_text() == made_of:
        shutil.rmtree(fresh)
        return environment, project
    shutil.rmtree(project, ignore_errors=True)
    fresh.rename(project)
    say("training stock Rasa on it, only this first time (about four minutes)")
    words = ["-m", "rasa", "train", "--fixed-model-name", MODEL]
    _run([environment / "bin" / "python", *words], project, project / "train.log", say)
    stamp.write_text(made_of)
    return environment, project


def write(settings: Settings, engine: Path, environment: Path, out: Path) -> None:
    """Write the untrained project: all that `rasa train` reads, and the flow for its actions."""
    out.mkdir(parents=True)
    python, data = engine / "bin" / "python", settings.data.resolve()
    _run(
        [python, ENTRY, "--data", data, "export", "--out", out.resolve()],
        ROOT,
        out / "export.log",
        lambda line: None,
    )
    (out / "export.log").unlink()
    shutil.copytree(OURS, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    flow = content.load(settings.data).flow(FLOW)
    (out / "flow.json").write_text(json.dumps(flow.as_json()), encoding="utf-8")
    config = (environment / DEFAULT_CONFIG).read_text(encoding="utf-8")
    (out / "config.yml").write_text(fewer_epochs(config), encoding="utf-8")
    add_facts(out / "domain.yml")


def fewer_epochs(config: str) -> str:
    """Return Rasa's default configuration with as many epochs as are enough here."""
    changed, times = re.subn(r"\bepochs: \d+", f"epochs: {EPOCHS}", config)
    if not times:
        raise SafError("Rasa's default configuration is not as expected: no component has epochs.")
    return changed


def add_facts(domain: Path) -> None:
    """Give the domain slots for what the texts name, or Rasa would log an error for each reply."""
    yaml = YAML()
    known = yaml.load(domain)
    for name, value in FACTS.items():
        known["slots"][name] = {
            "type": "text",
            "initial_value": value,
            "influence_conversation": False,
            "mappings": [{"type": "custom"}],
        }
    yaml.dump(known, domain)


def digest(folder: Path) -> str:
    """Return the fingerprint of all files below a folder."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def environment_of(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables that stock Rasa runs with: nothing reported, little said."""
    quiet = {
        "RASA_TELEMETRY_ENABLED": "false",
        "LOG_LEVEL": "WARNING",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }
    return {**os.environ, **quiet, **(more or {})}


def last_line(log: Path) -> str:
    """Return what a program said last."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "it said nothing")


def _run(command: Sequence[str | Path], folder: Path, log: Path, say: Say) -> None:
    """Run a step to its end, its output in the log; SafError with its last words when it fails."""
    began = time.monotonic()
    with log.open("wb") as output:
        child = subprocess.Popen(  # noqa: S603 - our own commands
            [str(part) for part in command],
            cwd=folder,
            env=environment_of({"PYTHONPATH": str(ROOT)} if folder == ROOT else None),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while child.poll() is None:
                try:
                    child.wait(STILL_AT_IT_SECONDS)
                except subprocess.TimeoutExpired:
                    say(f"  still at it, {time.monotonic() - began:.0f} s")
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    if child.returncode != 0:
        raise SafError(f"Stock Rasa's project could not be made ({last_line(log)}): see {log}.")
