"""Logs: constant event names, our own opaque ids, never a text, a name, a chat id or a token."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog


def _bare_traceback(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keep of an exception only its type and the places it passed: its text and the local
    variables may hold what somebody wrote."""
    error = sys.exc_info()[1] if event.pop("exc_info", None) else None
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


class _Stderr(io.TextIOBase):
    """Standard error as it is at the moment; a broken one must not break what is being logged."""

    def write(self, text: str) -> int:
        """Write what can be written."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


class _Bare(logging.Formatter):
    """Formats what libraries log; of an exception only its type and the places it passed."""

    def formatException(self, ei: Any) -> str:
        """Return type and places; the text may hold what somebody wrote."""
        kind, _, trace = ei
        frames = traceback.extract_tb(trace)
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps({"error": getattr(kind, "__name__", ""), "trace": places})


def set_up(*, verbose: bool = False, quiet: bool = False) -> None:
    """Write events as JSON lines to stderr; libraries only from WARNING on.

    ``quiet``: only what is broken, for a terminal on which a person reads something else.
    httpx logs request URLs at INFO, and Telegram's hold the bot's token.
    """
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(_Bare("%(message)s"))
    least = logging.ERROR if quiet else logging.WARNING
    logging.basicConfig(handlers=[handler], level=least, force=True)
    for name in ("httpx", "httpcore", "telegram", "alembic", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns whenever a tick takes longer than its distance, which a tick may.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _bare_traceback,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if verbose else least),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Stderr())),
    )
