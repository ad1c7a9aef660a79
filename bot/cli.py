"""The commands: each is a module of bot/commands/ and is imported only when it is called."""

import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from typing import cast

import click

import bot.commands
from bot.errors import SafError


class LazyCommands(click.Group):
    """Read the commands' names from the directory and import only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the modules of bot/commands/ in alphabetical order; _name is a part of another."""
        found = (module.name for module in pkgutil.iter_modules(bot.commands.__path__))
        return sorted(name for name in found if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; None if there is no module of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return cast(click.Command, importlib.import_module(f"bot.commands.{cmd_name}").command)


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
def saf() -> None:
    """Safe, Alive, and Free: safety plans, check-ins, danger alerts, and a person behind them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    0: done. 1: checks found something. 2: it could not do its work, and one sentence says why.
    """
    try:
        result = saf.main(arguments, prog_name="saf", standalone_mode=False)
        sys.stdout.flush()
    except SafError as error:
        click.echo(error, err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        # Who read our output has gone (`... | head`); the interpreter's last flush must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    sys.exit(main())
