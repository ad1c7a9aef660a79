"""What the README says can be done, can be done; what it names is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli import saf
from bot.settings import ROOT, Settings
from tests.support.rehearsal import play

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"python3 -m bot ([^\n`|#]+)")


def commands() -> list[str]:
    """Return each command that the README writes down, without its comment."""
    return sorted({found.strip() for found in COMMAND.findall(README)} - {"COMMAND"})


def parsed(words: list[str]) -> Iterator[click.Context]:
    """Parse a command down to its last part without calling it."""
    group: click.Command = saf
    context = click.Context(saf)
    while isinstance(group, click.Group):
        if not words and group.invoke_without_command:
            yield context
            return
        name, group, words = group.resolve_command(context, words)
        assert group is not None, name
        if not isinstance(group, click.Group):
            yield group.make_context(str(name), words, parent=context)
            return
        context = click.Context(group, info_name=name, parent=context)


@pytest.mark.parametrize("command", commands())
def test_each_command_is_one(command: str) -> None:
    words = [
        "data/rehearsals/a_night.yml" if one == "FILE" else one for one in shlex.split(command)
    ]
    assert list(parsed(words))


def test_each_place_is_there() -> None:
    named = re.findall(r"\]\(((?!http)[^)]+)\)", README)
    named += re.findall(r"^\| `([a-z_/]+/)` \|", README, re.MULTILINE)
    assert len(named) > 10
    assert [one for one in named if one != "models/" and not (ROOT / one).exists()] == []


def test_the_settings_are_the_settings() -> None:
    told = set(re.findall(r"SAF_[A-Z_]+", README))
    known = set(re.findall(r"SAF_[A-Z_]+", Settings.__doc__ or ""))
    assert told == known


def test_the_night_that_staff_can_rehearse_is_heard_and_reached(tmp_path: Path) -> None:
    text = (ROOT / "data" / "rehearsals" / "a_night.yml").read_text(encoding="utf-8")
    rows = play(text, tmp_path)
    pages = [row["to"] for row in rows if row["kind"] == "page"]
    assert {"Ben", "Cora"} <= set(pages)
    assert any(row["to"] == "Ana" and row["kind"] == "anniversary" for row in rows)
