"""What cannot be read, written or waited for gets one sentence and exit code 2, no traceback."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import cast

import pytest
import structlog

from bot import log
from bot.cli import main
from bot.clock import ShiftedClock
from bot.danger.messages import fingerprint
from bot.errors import ContentError, KeyTrouble, SafError, SettingsError
from bot.service.house import House
from bot.service.receive import Lines
from bot.settings import Settings
from bot.stage import Stage, set_up
from bot.store.sealed import read_key


@pytest.fixture
def no_folder(tmp_path: Path) -> Path:
    """A file where a folder is looked for: nobody, root neither, can write below it."""
    path = tmp_path / "file"
    path.write_text("", encoding="utf-8")
    return path


def test_a_key_that_cannot_be_written_is_said(no_folder: Path) -> None:
    with pytest.raises(KeyTrouble, match=r"cannot be written \(.+\); name another folder"):
        read_key(no_folder / "key", database_exists=False)


def test_a_key_that_leads_nowhere_is_never_made_anew(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.symlink_to(tmp_path / "gone")
    with pytest.raises(KeyTrouble, match="cannot be read"):
        read_key(key, database_exists=False)


def test_a_command_says_it_in_one_sentence(
    no_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SAF_KEY_FILE", str(no_folder / "key"))
    assert main(["worker", "add", "Ben", "--home", str(tmp_path / "home")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_room_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="cannot be read"):
        fingerprint(tmp_path / "nodata" / "danger")


async def test_a_wait_without_end_is_a_line_that_is_left_out() -> None:
    nothing = cast("House", None), Settings(), cast("Lines", None)
    stage = Stage(*nothing, ShiftedClock(), count(1))
    for line in (">wait 99999999999d", ">wait soon", ">wait"):
        with pytest.raises(SafError, match=">wait needs"):
            await stage.line(line)


def test_a_zone_that_is_none_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'Foo', which is no time zone; write a name"):
        set_up(Settings(timezone="Foo"), tmp_path / "chat", print)
    assert not (tmp_path / "chat").exists()


def test_between_two_phones_stands_no_line_of_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    log.set_up(quiet=True)
    try:
        structlog.get_logger().warning("turn_failed")
        structlog.get_logger().error("turn_broke")
    finally:
        log.set_up()
    said = capsys.readouterr()
    assert "turn_failed" not in said.err + said.out
    assert "turn_broke" in said.err
