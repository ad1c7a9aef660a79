"""What all tests share."""

from __future__ import annotations

import structlog

# structlog's own default draws every local variable of a traceback, which takes minutes here.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
    ]
)
