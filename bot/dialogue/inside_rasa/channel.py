"""The only way into the engine: one turn in, its replies and the new state out.

POST /webhooks/turn/say takes the whole state of a conversation and one message, and keeps nothing
of either. A turn in which anything failed answers 502 and must be tried again as a whole.
"""

from __future__ import annotations

import hmac
import logging
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.dialogue.inside_rasa.mends import TurnFailed
from bot.dialogue.inside_rasa.turn import BadRequest, State, Turn, current

LONGEST = 4096  # what Telegram lets a person write in one message
HEADER = "X-Saf-Token"
CHOICE = "choice"
logger = logging.getLogger("saf.channel")


class TurnChannel(InputChannel):
    """Rasa's input channel `turn`; `token` must come in the header of every request."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    @classmethod
    def name(cls) -> str:
        """Return the name under which Rasa mounts this channel: /webhooks/turn/."""
        return "turn"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes `say` and `health`."""
        routes = Blueprint("turn_channel")

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            ready = getattr(request.app.ctx, "agent", None) is not None
            return json_response({"ready": ready}, status=200 if ready else 503)

        @routes.post("/say")
        async def say(request: Request) -> HTTPResponse:
            if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), self._token):
                return json_response({"error": "wrong or missing token"}, status=403)
            try:
                return json_response(await self._take(request, on_new_message))
            except BadRequest as problem:
                return json_response({"error": str(problem)}, status=400)
            except TurnFailed as problem:
                logger.warning("turn_failed", extra={"why": str(problem)})
                return json_response({"error": str(problem)}, status=502)
            except Exception as problem:  # the edge: whatever happened, the turn did not
                logger.warning("turn_failed", exc_info=True)
                return json_response({"error": type(problem).__name__}, status=502)

        return routes

    async def _take(
        self, request: Request, handle: Callable[[UserMessage], Awaitable[Any]]
    ) -> dict[str, Any]:
        domain: Domain = request.app.ctx.agent.domain
        body = request.json
        if not isinstance(body, dict) or not isinstance(body.get("turn"), str) or not body["turn"]:
            raise BadRequest("turn must be a text")
        state = State.read(body.get("state"), domain)
        turn = Turn(body["turn"], state)
        text = readable(str(body.get("text") or ""))
        token = current.set(turn)
        try:
            await handle(
                UserMessage(
                    text=text,
                    output_channel=CollectingOutputChannel(),
                    sender_id=turn.id,
                    parse_data=parse_without_nlu(text, body, state, domain),
                    input_channel=self.name(),
                    message_id=turn.id,
                )
            )
        finally:
            current.reset(token)
        if turn.finished is None:
            raise TurnFailed("Rasa did not finish the turn in our store")
        return answer(turn.finished, domain)


def readable(text: str) -> str:
    """Return text that can be read but never taken for a command: no control characters, no leading
    `/`."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text[:LONGEST])
    return kept.strip().lstrip("/ ").strip()


def parse_without_nlu(
    text: str, body: dict[str, Any], state: State, domain: Domain
) -> dict[str, Any] | None:
    """Return what was meant where that is known without reading the text, None where it must be
    read.

    A tapped choice is the intent `choose`; `intent` names what a button outside a question means; a
    flow without a step begins; a text without a letter is unclear.
    """
    choice, intent = body.get("choice"), body.get("intent")
    if choice is not None and not isinstance(choice, str):
        raise BadRequest("choice must be a text or null")
    if choice is not None:
        return _meant("choose", text, [{"entity": CHOICE, "value": choice}])
    if intent is not None:
        if intent not in domain.intents:
            raise BadRequest("intent is not in the trained model")
        return _meant(intent, text)
    if state.flow is not None and state.step is None:
        return _meant(f"start_{state.flow}", text)
    # Rasa reads every figure as the word NUMBER, and "lose my number" is how people stop.
    if not any(c.isalpha() for c in text):
        return _meant("nlu_fallback", text, confidence=0.0)
    return None


def _meant(
    intent: str, text: str, entities: list[dict[str, Any]] | None = None, confidence: float = 1.0
) -> dict[str, Any]:
    found = {"name": intent, "confidence": confidence}
    return {"text": text, "intent": found, "intent_ranking": [found], "entities": entities or []}


def answer(tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    """Return the body of the response: what was said since the message came, and the state it led
    to."""
    replies: list[dict[str, Any]] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered) and event.text:
            replies.insert(0, {"text": event.text, "response": event.metadata.get("utter_action")})
    intent = tracker.latest_message.intent
    return {
        "replies": replies,
        "state": State.after(tracker, domain).as_json(),
        "intent": {
            "name": intent.get("name"),
            "confidence": round(float(intent.get("confidence") or 0.0), 4),
        },
    }
