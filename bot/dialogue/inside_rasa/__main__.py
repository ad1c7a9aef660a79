"""The dialogue engine's entry point, run by path in the engine's Python.

    .venv/engine/bin/python bot/dialogue/inside_rasa/__main__.py COMMAND --help

serve, for a service; train, validate, test-nlu, test-stories, for staff's changes; export, for the
benchmark.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Only what is Rasa's: the service reads the other folders, which would take seconds here.
ROOMS = ("nlu", "rules", "stories", "responses")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Rasa without TensorFlow, for this project's dialogue only."
    )
    parser.add_argument("--data", default=str(ROOT / "data"), help="the staff's room")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve", help="serve turns on loopback; settings come as one JSON line on stdin"
    )
    serve.add_argument(
        "--parent", type=int, help="process id of the service; the engine ends with it"
    )
    train = commands.add_parser(
        "train", help="train the dialogue from config.yml, domain.yml and data/"
    )
    train.add_argument("--out", required=True, help="directory for dialogue.tar.gz")
    commands.add_parser("validate", help="let Rasa check domain, rules and examples")
    nlu = commands.add_parser("test-nlu", help="cross-validate the intents")
    nlu.add_argument("--least", type=float, default=0.0, help="fail below this F1")
    stories = commands.add_parser("test-stories", help="play test stories on a trained model")
    stories.add_argument("--model", required=True)
    stories.add_argument("--stories", required=True)
    stories.add_argument("--out", help="directory for Rasa's reports")
    plain = commands.add_parser(
        "export", help="write all that is trained on as a Rasa project without code of ours"
    )
    plain.add_argument("--out", required=True, help="directory of the project")
    return parser.parse_args()


def main() -> int:
    """Run one command; returns its exit code."""
    # Run by path, Python puts this very folder first: its `channel` or `turn` could hide another
    # package's.
    sys.path[0] = str(ROOT)
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # training is short; a cache would hold examples
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    # Rasa draws thousands of progress bars otherwise.
    os.environ["LOG_LEVEL"], os.environ["TQDM_DISABLE"] = "WARNING", "1"
    # Old packages warn of each other at every start; some of them switch the filters back on.
    warnings.showwarning = lambda *_, **__: None  # type: ignore[assignment]
    options = _options()
    line = ""
    if options.command == "serve":
        from bot.dialogue.inside_rasa import leash

        line = (
            sys.stdin.readline()
            if options.parent is None
            else leash.hold(options.parent, sys.stdin)
        )

    from bot.dialogue.inside_rasa import tensorflow_stand_in

    stands_in = tensorflow_stand_in.install()
    if options.command == "serve":
        from bot.dialogue.inside_rasa.serve import serve

        serve(line, sys.stdout)
    from bot.dialogue.inside_rasa import learning, quiet

    quiet.only_warnings()
    os.chdir(ROOT)
    try:
        rooms = [Path(options.data).resolve() / room for room in ROOMS]
        data = [str(room) for room in rooms if room.exists()]
        return learning.run(options, ROOT, data, stands_in)
    except tensorflow_stand_in.NeedsTensorFlow as problem:
        sys.stderr.write(f"{problem}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
