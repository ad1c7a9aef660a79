"""Staff's README is true: its commands are commands, and its examples work as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from bot import content
from bot.cli import saf
from bot.core.danger import Signal, Urgency
from bot.service import checkins
from bot.settings import ROOT
from bot.store import dues
from bot.store.tables import DueKind
from bot.wiring import examining, load_triage
from tests.support.fake_engine import fake_engine
from tests.support.program import build, client
from tests.support.room import own_room

TEXT = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("#")[0]
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]
EXAMPLES = re.findall(r"<!-- example: (.*?) -->\n```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A staff's room in which every example of the README was carried out."""
    data = own_room(tmp_path_factory.mktemp("staff"))
    for where, block in EXAMPLES:
        if where != "shown":
            apply(data, where, block)
    return data


def apply(data: Path, where: str, block: str) -> None:
    """Write a block where the README says: after or before a line, or at the end."""
    name, place, *line = re.fullmatch(
        r'(\S+) (after|before|at the end)(?: "(.*)")?', where
    ).groups()  # type: ignore[union-attr]
    path = data / name
    text = path.read_text(encoding="utf-8")
    if place == "at the end":
        changed = text + block
    else:
        assert text.count(f"\n{line[0]}\n") == 1, where
        both = (f"{line[0]}\n{block}", f"{block}{line[0]}\n")
        changed = text.replace(f"\n{line[0]}\n", f"\n{both[place == 'before']}", 1)
    path.write_text(changed, encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_one(command: str) -> None:
    python, dash, bot, *words = shlex.split(command)
    assert (python, dash, bot) == ("python3", "-m", "bot")
    with click.Context(saf) as ctx:
        found = saf.get_command(ctx, words[0])
        assert found is not None, command
        found.make_context(words[0], words[1:], parent=ctx)


def test_what_it_shows_stands_in_data() -> None:
    every = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "data").glob("responses/*.yml")
    )
    shown = [block for where, block in EXAMPLES if where == "shown"]
    assert shown and all(block in every for block in shown)


def test_every_folder_is_explained() -> None:
    folders = {path.name for path in (ROOT / "data").iterdir() if path.is_dir()}
    assert folders == set(re.findall(r"`(\w+)/`", TEXT.split("## What never")[0])) & folders


def test_the_examples_pass_the_check(room: Path) -> None:
    assert [str(one) for one in examining.mistakes(room)] == []


async def test_the_new_question_is_asked_and_the_talk_goes_on(room: Path, tmp_path: Path) -> None:
    program = build(tmp_path)
    house = program.house
    house.content = content.load(room)
    async with fake_engine(house.turns) as (_, engine):
        house.engine = engine
        with house.db.write() as s:
            at, ana = program.clock.now(), s.merge(client(program))
            due = dues.put(s, DueKind.CHECKIN, ana, at, key="first")
            assert due is not None and dues.take(s, due.id)
            checkins.ask(s, house, at, ana, due)
        await program.settle()
        for tap in ("Not good", "Safe tonight", "Nobody", "Everybody's okay"):
            await program.taps("Ana", tap)
        assert "How have you been sleeping?" in program.got("Ana")[-1].text
        await program.taps("Ana", "Hardly sleeping")
        assert "What would help" in program.got("Ana")[-1].text


def test_the_new_phrase_is_found(room: Path, tmp_path: Path) -> None:
    verdict = load_triage(tmp_path, room).judge("somebody left a bullet on my windshield")
    assert verdict.urgency is Urgency.TODAY and verdict.signals == (Signal.THREAT_RECEIVED,)
    before = load_triage(tmp_path, ROOT / "data").judge("somebody left a bullet on my windshield")
    assert before.urgency is Urgency.NONE, "the example teaches something new"


def test_the_new_day_is_in_the_calendar(room: Path) -> None:
    steps = {step.id: step for step in content.load(room).calendar.date_steps}
    assert steps["two_weeks_after"].offset == 14
