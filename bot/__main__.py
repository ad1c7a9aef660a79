"""The way in: makes what is missing on this machine, then becomes the cli.

Standard library only, and no word newer than Python 3.8 in this file: an old Python must get as far
as the sentence that says so.
"""

import os
import sys

# These ask for the dialogue engine as soon as they start. Others (`simulate`) make it on their way.
ENGINE_COMMANDS = ("chat", "run", "train", "test", "check", "publish", "bench")


def main() -> int:
    """Make the environments that the command needs, then become the service's Python with it."""
    if sys.version_info < (3, 11):
        version = ".".join(map(str, sys.version_info[:2]))
        print("Python 3.11 or newer is needed, this is " + version + ".", file=sys.stderr)
        return 2
    if os.name != "posix":
        print("This runs on Linux and macOS; on Windows, start it in WSL.", file=sys.stderr)
        return 2
    from bot.environments import Environments
    from bot.errors import SafError

    arguments = sys.argv[1:]
    command = next((word for word in arguments if not word.startswith("-")), "")
    options = [word.split("=")[0] for word in arguments]
    try:
        environments = Environments()
        service = environments.service()
        if command == "test" and "--help" not in options:
            environments.checks()
        # With `--engine URL` the engine runs somewhere else already.
        if command in ENGINE_COMMANDS and not {"-h", "--help", "--engine"}.intersection(options):
            environments.engine()
    except SafError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    python = str(service / "bin" / "python")
    os.execv(python, [python, "-m", "bot.cli", *arguments])  # noqa: S606 - there must be no wrapper


if __name__ == "__main__":
    sys.exit(main())
