"""Everything that CI checks, in one list: a new check is a new Step in STEPS."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.environments import ROOT

PYTHON = sys.executable
ENGINE_PYTHON = str(ROOT / ".venv" / "engine" / "bin" / "python")
RASA = (ENGINE_PYTHON, "bot/dialogue/inside_rasa/__main__.py")

# The line that closes a run of pytest, without its colours: "=== 12 passed in 0.34s ===".
PYTEST_CLOSES = re.compile(
    r"^=+ .*\b(passed|failed|errors?|skipped|no tests ran)\b.* in [\d.]+s.* =+$"
)
COLOURS = re.compile(r"\x1b\[[\d;]*m")


@dataclass(frozen=True)
class Step:
    """One check: it passes when its command ends with 0."""

    name: str
    command: tuple[str, ...]
    # The check is left out, and says so, until there is a file of this pattern.
    needs: str = ""
    # Shown while it runs, not only when it fails.
    live: bool = False


STEPS = (
    Step("lint", (PYTHON, "-m", "ruff", "check", "--quiet")),
    Step("format", (PYTHON, "-m", "ruff", "format", "--quiet", "--check", "--diff")),
    Step("types", (PYTHON, "-m", "mypy")),
    Step("import directions", (str(Path(PYTHON).with_name("lint-imports")), "--no-logo")),
    # What staff own; the same as `saf check`.
    Step("content", (PYTHON, "-m", "bot.cli", "check")),
    Step("models", (PYTHON, "-m", "bot.cli", "train"), live=True),
    # A file is played by one process: what is dear to start (an engine, a server) starts once.
    Step("tests", (PYTHON, "-m", "pytest", "-n", "2", "--dist", "loadfile"), live=True),
    # Inside Rasa's environment, where pytest 9 cannot be installed.
    Step(
        "tests inside the engine",
        (ENGINE_PYTHON, "-m", "unittest", "discover", "--start-directory", "tests/engine"),
        needs="tests/engine/**/test_*.py",
    ),
    Step("Rasa's data", (*RASA, "validate")),
    Step(
        "test stories",
        (*RASA, "test-stories", "--model", "models/dialogue.tar.gz", "--stories", "tests/stories"),
        needs="models/dialogue.tar.gz",
    ),
    # Among them what people answer to a plan in words of their own, which is anything.
    Step("intents, cross-validated", (*RASA, "test-nlu", "--least", "0.9"), live=True),
)


@dataclass(frozen=True)
class Result:
    """What came of one step; `passed` is None when it was left out."""

    step: Step
    passed: bool | None
    seconds: float
    output: str

    def closing_line(self) -> str | None:
        """Return the line that closes a run of pytest; None if there is none in the output."""
        lines = COLOURS.sub("", self.output).splitlines()
        return next((line for line in reversed(lines) if PYTEST_CLOSES.match(line)), None)


def run_steps(
    steps: Sequence[Step],
    *,
    root: Path = ROOT,
    say: Callable[[str], None],
    show: Callable[[str], None],
) -> list[Result]:
    """Run every step, whatever becomes of those before it.

    `say` gets the progress, `show` the output of what fails and of what is live.
    """
    results = []
    for number, step in enumerate(steps, start=1):
        head = f"[{number}/{len(steps)}] {step.name}"
        if step.needs and not any(root.glob(step.needs)):
            say(f"{head}: nothing to check yet ({step.needs})")
            results.append(Result(step, None, 0.0, ""))
            continue
        say(f"{head} ...")
        result = _run(step, root, show)
        if not result.passed and not step.live:
            show(result.output)
        say(f"{head}: {'ok' if result.passed else 'FAILED'}, {result.seconds:.1f} s")
        results.append(result)
    return results


def _run(step: Step, root: Path, show: Callable[[str], None]) -> Result:
    began = time.monotonic()
    lines: list[str] = []
    # Our code reaches the engine's environment by path; Rasa must never report about a program.
    environment = os.environ | {"PYTHONPATH": str(root), "RASA_TELEMETRY_ENABLED": "false"}
    try:
        with subprocess.Popen(  # noqa: S603 - the list above
            step.command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as child:
            for line in child.stdout or ():
                lines.append(line)
                if step.live:
                    show(line)
        passed = child.returncode == 0
    except OSError as error:
        lines.append(f"{step.command[0]}: {error.strerror}\n")
        passed = False
    return Result(step, passed, time.monotonic() - began, "".join(lines))
