"""`lock`: compile pyproject.toml into the hashed requirement files of both worlds, and of stock."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import click

from bot.environments import ROOT, Environments
from bot.errors import SafError


@dataclass(frozen=True)
class Lock:
    """One requirement file: what it is compiled from."""

    name: str
    source: tuple[str, ...]
    python: str
    more: tuple[str, ...] = ()


SERVICE_OVERRIDES = ("--override", "requirements/service.overrides.txt")

LOCKS = (
    Lock("setup", ("--group", "setup"), "3.11"),
    Lock("service", ("pyproject.toml",), "3.11", SERVICE_OVERRIDES),
    # After the service's, whose versions it keeps: both are installed in one environment.
    Lock(
        "checks",
        ("--group", "checks"),
        "3.11",
        ("--constraint", "requirements/service.txt", *SERVICE_OVERRIDES),
    ),
    Lock(
        "engine",
        ("--group", "engine"),
        "3.10",
        ("--override", "requirements/engine.overrides.txt"),
    ),
    # Rasa as it is published, TensorFlow and all: only `bench` installs it, to measure us beside.
    Lock("stock", ("--group", "stock"), "3.10"),
)


@click.command
@click.option(
    "--upgrade", is_flag=True, help="Take the newest versions, not only what has changed."
)
def command(upgrade: bool) -> None:
    """Compile pyproject.toml into requirements/*.txt, with the hash of every permitted file."""
    for lock in LOCKS:
        compile_lock(lock, ROOT, upgrade=upgrade)
        click.echo(f"requirements/{lock.name}.txt", err=True)


def compile_lock(lock: Lock, root: Path, *, upgrade: bool) -> None:
    """Compile one requirement file for every machine, without the address of any index."""
    uv = Environments(root).uv()
    if uv is None:
        raise SafError("uv is missing in .venv/service: delete .venv and start again.")
    words = [uv, "pip", "compile", *lock.source, "--python-version", lock.python, *lock.more]
    words += ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    words += ["--quiet", "--output-file", f"requirements/{lock.name}.txt"]
    words += ["--upgrade"] if upgrade else []
    environment = os.environ | {"UV_CUSTOM_COMPILE_COMMAND": "python3 -m bot lock"}
    done = subprocess.run(words, cwd=root, env=environment, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        raise SafError(f"requirements/{lock.name}.txt could not be compiled; uv says why above.")
