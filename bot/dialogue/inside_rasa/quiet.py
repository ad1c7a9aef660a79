"""Let the engine log what happened and never what was said.

Rasa writes texts, slots and whole requests into its messages and tracebacks, and structlog, left
alone, prints them at every level. So a line on stderr here is built from what cannot hold a text:
the logger's name, the level, the kind of error, the places in the code it passed.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
import warnings

import structlog

OURS = "saf."


class Shape(logging.Formatter):
    """One JSON object a line; only our own loggers may say more than where it happened."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.msg if record.name.startswith(OURS) else "rasa",
            "where": f"{record.module}:{record.lineno}",
        }
        if record.name.startswith(OURS) and hasattr(record, "why"):
            line["why"] = record.why
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])[-6:]
            line["through"] = [f"{frame.name}:{frame.lineno}" for frame in frames]
        return json.dumps(line)


def install() -> None:
    """Send every log line of this process through Shape, warnings and structlog too."""
    warnings.simplefilter("ignore")
    logging.raiseExceptions = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Shape())
    logging.root.handlers[:] = [handler]
    only_warnings()


def only_warnings() -> None:
    """Log from WARNING on: below it Rasa prints every message and every slot."""
    logging.root.setLevel(logging.WARNING)
    for name in ("rasa", "sanic.root", "sanic.error", "sanic.access", "aiohttp", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.stdlib.LoggerFactory(),
        processors=[structlog.processors.JSONRenderer()],
    )
