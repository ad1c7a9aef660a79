"""`python3 -m bot` as a newcomer starts it: a real Python, venv and pip, and no packages."""

import ast
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.environments import ROOT
from bot.pythons import base_python

CLI = """import json, sys
print(json.dumps({"prefix": sys.prefix, "arguments": sys.argv[1:]}))
"""


def checkout(root: Path) -> Path:
    """Copy the bootstrap alone, with a cli that says how it was called."""
    (root / "bot").mkdir(parents=True)
    for name in ("__init__", "__main__", "environments", "errors", "pythons"):
        shutil.copy(ROOT / "bot" / f"{name}.py", root / "bot")
    (root / "bot" / "cli.py").write_text(CLI)
    (root / "requirements").mkdir()
    for name in ("setup", "service", "engine", "checks"):
        (root / "requirements" / f"{name}.txt").write_text("# nothing\n")
    return root


def start(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start as on a machine that has only a Python, and no way to the network."""
    (root / "empty").mkdir(exist_ok=True)
    return subprocess.run(
        [base_python(), "-m", "bot", *arguments],
        cwd=root,
        env={"PATH": str(root / "empty"), "HOME": str(root), "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def wheel(directory: Path) -> tuple[Path, str]:
    """Make a wheel of one empty module and return it with its hash."""
    path = directory / "tiny-1.0-py3-none-any.whl"
    files = {
        "tiny.py": "",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
        f",{len(text)}\n"
        for name, text in files.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (files | {"tiny-1.0.dist-info/RECORD": record}).items():
            archive.writestr(name, text)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_first_start_sets_up_and_then_becomes_the_command(tmp_path: Path) -> None:
    root = checkout(tmp_path / "a checkout")

    first = start(root, "triage", "--evaluate", "a file.jsonl", "")

    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)  # nothing else may stand on stdout
    assert told["arguments"] == ["triage", "--evaluate", "a file.jsonl", ""]
    assert Path(told["prefix"]).parent == root / ".venv"
    assert "Making the service's environment" in first.stderr

    second = start(root, "triage")
    assert second.stderr == ""

    # A command that needs the engine, on a machine that has no Python 3.10.
    chat = start(root, "chat")
    assert chat.returncode == 2
    assert chat.stdout == ""
    assert len(chat.stderr.splitlines()) == 1
    assert "Python 3.10" in chat.stderr
    assert start(root, "chat", "--help").returncode == 0
    assert start(root, "run", "--engine=http://127.0.0.1:1").returncode == 0


def test_a_wrong_hash_is_refused(tmp_path: Path) -> None:
    root = checkout(tmp_path / "checkout")
    path, digest = wheel(tmp_path)
    (root / "requirements" / "service.txt").write_text(f"{path} --hash=sha256:{'0' * 64}\n")

    refused = start(root, "triage")

    assert refused.returncode == 2
    assert "service.txt could not be installed" in refused.stderr
    assert digest in refused.stderr, "pip says which hash it found"
    assert "Traceback" not in refused.stderr
    assert not (root / ".venv" / "service").exists()


@pytest.mark.parametrize("version", [(3, 8), (3, 10)])
def test_an_old_python_can_read_the_way_in(version: tuple[int, int]) -> None:
    source = (ROOT / "bot" / "__main__.py").read_text()
    ast.parse(source, feature_version=version)


def test_an_old_python_gets_one_sentence() -> None:
    old = (
        "import sys, runpy; sys.version_info = (3, 9, 1);"
        " runpy.run_module('bot', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", old], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "Python 3.11 or newer is needed, this is 3.9.\n"


def test_the_bootstrap_imports_the_standard_library_only() -> None:
    done = subprocess.run(
        [base_python(), "-S", "-c", "import bot.environments, bot.pythons, bot.__main__"],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert done.returncode == 0
