"""Talk to the dialogue engine: one turn, three seconds, no second try here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from bot.errors import EngineDown, TurnFailed

HEADER = "X-Saf-Token"
SECONDS = 3.0  # a person waits no longer before they hear that we are slow


class EngineClient:
    """Holds turns with an engine, wherever it is at the moment."""

    def __init__(self, where: Callable[[], str | None], token: str) -> None:
        """Take what tells the engine's address (None while it is down) and the shared token."""
        self._where = where
        # trust_env: a proxy of the machine must never see a turn.
        self._http = httpx.AsyncClient(headers={HEADER: token}, trust_env=False)

    async def turn(self, request: Mapping[str, Any], timeout: float = SECONDS) -> Mapping[str, Any]:
        """Return ``replies``, ``state`` and ``intent`` of one turn.

        EngineDown when nobody answers in time; TurnFailed when the engine says that the turn did
        not work, or says something that is no turn.
        """
        where = self._where()
        if where is None:
            raise EngineDown("the engine is not up")
        try:
            response = await self._http.post(
                f"{where}/webhooks/turn/say", json=dict(request), timeout=httpx.Timeout(timeout)
            )
        except (httpx.HTTPError, OSError) as problem:
            raise EngineDown(type(problem).__name__) from None
        if response.status_code != httpx.codes.OK:
            raise TurnFailed(f"the engine answered {response.status_code}")
        try:
            answer = response.json()
        except ValueError:
            raise TurnFailed("the engine's answer is not JSON") from None
        if not _is_turn(answer):
            raise TurnFailed("the engine's answer is no turn")
        return dict(answer)

    async def up(self) -> bool:
        """Tell whether the engine takes turns at this moment."""
        where = self._where()
        if where is None:
            return False
        try:
            response = await self._http.get(f"{where}/webhooks/turn/health", timeout=SECONDS)
        except (httpx.HTTPError, OSError):
            return False
        return response.status_code == httpx.codes.OK

    async def close(self) -> None:
        """End the kept connections."""
        await self._http.aclose()


def _is_turn(answer: Any) -> bool:
    state = answer.get("state") if isinstance(answer, dict) else None
    if not isinstance(state, dict) or not {"flow", "step", "asked_again"} <= state.keys():
        return False
    replies = answer.get("replies")
    return isinstance(replies, list) and all(
        isinstance(reply, dict) and isinstance(reply.get("text"), str) for reply in replies
    )
