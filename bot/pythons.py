"""Which Pythons this machine has: the one that runs now, and a 3.10 for the dialogue engine.

Standard library only: this runs before anything is installed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ASK_3_10 = (
    "import os, sys;"
    " print(os.path.realpath(sys._base_executable) if sys.version_info[:2] == (3, 10) else '')"
)


def base_python() -> str:
    """Return the Python under us by its real name: /usr/bin/python3 may be another one tomorrow."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def python_3_10_here() -> str | None:
    """Find a Python 3.10 on PATH or in pyenv's versions; None if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    held = sorted(map(str, pyenv.glob("versions/3.10.*/bin/python3.10")), reverse=True)
    return next(filter(None, map(_real_3_10, ["python3.10", *held])), None)


def python_3_10_of(uv: str) -> str | None:
    """Find a Python 3.10 that uv has downloaded; None if there is none."""
    return _real_3_10(
        _output([uv, "python", "find", "--managed-python", "--no-python-downloads", "3.10"])
    )


def _real_3_10(candidate: str) -> str | None:
    # pyenv's shim on PATH exits 127 where no 3.10 is activated: each candidate has to prove itself.
    program = shutil.which(candidate) if candidate else None
    return (_output([program, "-c", ASK_3_10]) or None) if program else None


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    return done.stdout.strip() if done.returncode == 0 else ""
