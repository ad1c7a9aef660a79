"""Serve the custom actions to the engine on loopback: POST /webhook, as Rasa's action servers do.

Any error answers 500, which the engine turns into a failed turn: nothing is kept of it. Never 400,
which Rasa takes for a polite refusal and goes on.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.deeds import DEEDS, by_rule
from actions.flow import FORM, VALIDATE, FlowForm
from bot.core.answers import Sureness
from bot.dialogue.turns import OpenTurns, TurnClosed

HEADER = "X-Saf-Token"
log = structlog.get_logger("saf.actions")
# rasa-sdk warns at every call that the engine's version is not its own; it was tried (facts.md).
logging.getLogger("rasa_sdk").setLevel(logging.ERROR)

Run = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


def runner(turns: OpenTurns, sureness: Sureness) -> Run:
    """Return what runs one action call with rasa-sdk's executor; raises what the action raises."""
    form = FlowForm(turns, sureness)
    executor = ActionExecutor()
    for name in DEEDS:
        executor.register_function(name, partial(_by_rule, turns, name))

    async def run(call: dict[str, Any]) -> dict[str, Any]:
        name = str(call.get("next_action") or "")
        # One action validates the form of every flow, also of those that staff add while we run.
        if name.startswith(VALIDATE) and name.endswith(FORM) and name not in executor.actions:
            executor.register_function(name, partial(_validate, form, name))
        # The engine leaves the domain out, because no action needs it; the SDK asks for one.
        result = await executor.run({"domain": {"session_config": {}}, **call})
        if result is None:
            raise ValueError("no action was named")
        answer: dict[str, Any] = result.model_dump()
        return answer

    return run


def route(turns: OpenTurns, token: str, sureness: Sureness) -> Route:
    """Return the route `POST /webhook`; only who holds the token is answered."""
    run = runner(turns, sureness)
    expected = token.encode()

    async def webhook(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), expected):
            return JSONResponse({"error": "wrong or missing token"}, status_code=403)
        try:
            return JSONResponse(await run(await request.json()))
        except TurnClosed:
            log.warning("action_of_closed_turn")
        except Exception as problem:  # noqa: BLE001 - the edge; a traceback could hold what was said
            log.error("action_failed", error=type(problem).__name__, where=_where(problem))
        return JSONResponse({"error": "the action failed"}, status_code=500)

    return Route("/webhook", webhook, methods=["POST"])


async def _validate(
    form: FlowForm, name: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
) -> list[EventType]:
    return await form.run(dispatcher, tracker, name)


async def _by_rule(
    turns: OpenTurns, name: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any
) -> list[EventType]:
    return by_rule(name, turns.get(tracker.sender_id), dispatcher)


def _where(problem: BaseException) -> str:
    """Return file and line of the innermost frame, which hold nothing that anybody said."""
    frame = problem.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""
