"""``check``, ``train``, ``publish``, ``rollback`` as staff type them: one sentence and exit 2."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.room import edit, own_room
from tests.support.service import saf


@pytest.fixture
def room(tmp_path: Path) -> dict[str, str]:
    """What a command needs to read a room of the test's own."""
    return {"SAF_DATA": str(own_room(tmp_path)), "SAF_MODELS": str(tmp_path / "models")}


def broken(room: dict[str, str]) -> int:
    """Break a flow; return the line."""
    path = Path(room["SAF_DATA"]) / "flows" / "checkin.yml"
    line = path.read_text(encoding="utf-8").split("then: all_good")[0].count("\n") + 1
    edit(path, "then: all_good", "then: al_good")
    return line


def test_check_says_in_one_sentence_that_all_is_well(tmp_path: Path, room: dict[str, str]) -> None:
    done = saf(tmp_path, "check", **room)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("All is well in ") and done.stdout.count("\n") == 1
    assert saf(tmp_path, "check", "--json", **room).stdout == ""


def test_check_names_file_and_line(tmp_path: Path, room: dict[str, str]) -> None:
    line = broken(room)
    done = saf(tmp_path, "check", **room)
    assert done.returncode == 2 and done.stdout.count("\n") == 1
    assert f"checkin.yml:{line}: there is no step `al_good`; use END or one of: " in done.stdout
    done = saf(tmp_path, "check", "--json", **room)
    [row] = [json.loads(one) for one in done.stdout.splitlines()]
    assert done.returncode == 2 and row["line"] == line
    assert row.keys() == {"file", "line", "what", "write"}


def test_what_is_broken_is_neither_trained_nor_published(
    tmp_path: Path, room: dict[str, str]
) -> None:
    line = broken(room)
    for words in (("train",), ("train", "--force", "--only", "danger"), ("publish",)):
        done = saf(tmp_path, *words, **room)
        assert done.returncode == 2 and done.stdout == ""
        assert f"checkin.yml:{line}: there is no step `al_good`" in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "models").exists()


def test_with_nothing_published_there_is_nothing_to_list_or_to_go_back_to(tmp_path: Path) -> None:
    assert saf(tmp_path, "publish", "--list").stdout == "Nothing is published yet.\n"
    done = saf(tmp_path, "rollback")
    assert done.returncode == 2
    assert done.stderr == "Nothing is published yet, so there is nothing to go back to.\n"
    done = saf(tmp_path, "rollback", "3")
    assert done.returncode == 2 and done.stderr.count("\n") == 1
