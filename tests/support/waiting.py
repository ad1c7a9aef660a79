"""Wait in a test for what another task or process does, no longer than it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def eventually(holds: Callable[[], object], within: float = 5.0) -> None:
    """Return once ``holds()`` is true; fail the test after ``within`` seconds."""
    async with asyncio.timeout(within):
        while not holds():
            await asyncio.sleep(0.01)
