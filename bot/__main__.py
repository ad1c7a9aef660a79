"""The way in: makes what is missing on this machine, then becomes the cli.

Standard library only, and nothing newer than Python 3.8 may stand in this file: an old Python must get
as far as the sentence that says so.
"""

import os
import sys

# These ask for the dialogue engine as soon as they start; `simulate` and others make it when they come to it.
ENGINE_COMMANDS = ("chat", "run", "train", "test", "check", "publish", "bench")


def main():
    """Make the environments that the command needs, then become `.venv/service/bin/python -m bot.cli`."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the reason why this file exists
        print("Python 3.11 or newer is needed, and this is %d.%d." % sys.version_info[:2], file=sys.stderr)
        return 2
    if os.name != "posix":
        print("This runs on Linux and macOS; on Windows, start it inside WSL.", file=sys.stderr)
        return 2
    from bot.environments import Environments
    from bot.errors import SafError

    arguments = sys.argv[1:]
    command = next((word for word in arguments if not word.startswith("-")), "")
    try:
        environments = Environments()
        service = environments.service()
        if "--help" not in arguments:
            if command == "test":
                environments.checks()
            # With `--engine URL` the engine runs somewhere else already.
            if command in ENGINE_COMMANDS and not any(word.split("=")[0] == "--engine" for word in arguments):
                environments.engine()
    except SafError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    python = str(service / "bin" / "python")
    sys.stdout.flush()
    os.execv(python, [python, "-m", "bot.cli"] + arguments)


if __name__ == "__main__":
    sys.exit(main())
