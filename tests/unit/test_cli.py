"""How a command ends: its exit code, and what a person sees."""

import subprocess
import sys

import click
import pytest

from bot import cli
from bot.environments import ROOT
from bot.errors import SafError


def ends_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command that ends with this error."""

    @click.command
    def failing() -> None:
        raise error

    monkeypatch.setattr(cli.saf, "get_command", lambda context, name: failing)
    return cli.main(["failing"])


def test_an_error_is_one_sentence_and_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends_with(SafError("The key is missing: put it back."), monkeypatch) == 2
    told = capsys.readouterr()
    assert told.err == "The key is missing: put it back.\n"
    assert told.out == ""


def test_ctrl_c_is_quiet_and_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends_with(KeyboardInterrupt(), monkeypatch) == 130
    assert capsys.readouterr().err.strip() == ""


def test_what_nobody_expected_shows_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        ends_with(ZeroDivisionError(), monkeypatch)


def test_an_unknown_command_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["nonsense"]) == 2
    assert "No such command 'nonsense'" in capsys.readouterr().err


def test_a_command_is_imported_only_when_it_is_called() -> None:
    ask = (
        "import sys; from bot import cli; cli.main(['lock', '--help']);"
        " sys.exit('bot.commands.test' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", ask], cwd=ROOT, check=False).returncode == 0


def test_a_reader_that_has_gone_is_no_error() -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m bot.cli --help | true"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_every_command_says_what_it_does() -> None:
    context = click.Context(cli.saf)
    for name in cli.saf.list_commands(context):
        found = cli.saf.get_command(context, name)
        assert found is not None
        assert found.help, f"{name} has no help"
