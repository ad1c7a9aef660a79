"""The fake's HTTP side: the Bot API, the control routes, and deliveries to a webhook."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.bench.fake_telegram.control import Control
from bot.bench.fake_telegram.faults import Fault
from bot.bench.fake_telegram.methods import METHODS
from bot.bench.fake_telegram.world import Account, ApiError, Call, Json, World

# Telegram waits longer after each failure; tests have no time for that.
REDELIVER_AFTER = 0.05
DELIVERY_TIMEOUT = 10.0
# Made once: every httpx client would make its own in 40 ms, and none here needs one.
TLS = httpx.create_ssl_context()
LOWERCASE = {name.lower(): name for name in METHODS}


class FakeServer:
    """One Bot API server with its world; make it inside the loop that will serve it."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self.world = World(tokens)
        self.control = Control(self.world)
        self.app: ASGIApp = self._with_transport(
            Starlette(
                routes=[
                    Route("/bot{token}/{method}", self.api, methods=["GET", "POST"]),
                    Route("/file/bot{token}/{path:path}", self.file),
                    Route("/control/{verb}", self.steer, methods=["POST"]),
                ]
            )
        )

    async def api(self, request: Request) -> Response:
        """Answer one Bot API call and log it."""
        params = await _params(request)
        called = request.path_params["method"]
        method = LOWERCASE.get(called.lower(), called)
        try:
            account = self.world.by_token(request.path_params["token"])
        except ApiError as error:
            return _error(error)
        call = Call(account.name, method, params, 0)
        self.world.calls.append(call)
        try:
            answer = await self._answer(account, method, params)
        except ApiError as error:
            answer = _error(error)
        call.status = answer.status_code
        return answer

    async def _answer(self, account: Account, method: str, params: Json) -> Response:
        if method not in METHODS:
            raise ApiError(404, "Not Found")
        fault = self._fault(account, method, params)
        if fault is not None and not fault.after_effect:
            return fault.strike()
        result = await METHODS[method](self.world, account, params)
        if fault is not None:
            return fault.strike()
        return JSONResponse({"ok": True, "result": result})

    def _fault(self, account: Account, method: str, params: Json) -> Fault | None:
        for fault in self.control.faults:
            if fault.fits(account.name, method, params):
                fault.times -= 1
                return fault
        weather = self.control.weather_now
        return weather.fault(method) if weather is not None else None

    async def file(self, request: Request) -> Response:
        """Serve the bytes of any file."""
        try:
            self.world.by_token(request.path_params["token"])
        except ApiError as error:
            return _error(error)
        return Response(b"x", media_type="application/octet-stream")

    async def steer(self, request: Request) -> Response:
        """Carry out one control verb."""
        verb = self.control.verb(request.path_params["verb"])
        if verb is None:
            return JSONResponse({"error": "no such verb"}, 404)
        try:
            return JSONResponse({"result": await verb(**await request.json())})
        except (LookupError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    async def deliver(self, account: Account) -> None:
        """Bring one bot's updates to its webhook, in order, each until it is answered with 2xx."""
        async with httpx.AsyncClient(
            timeout=DELIVERY_TIMEOUT, trust_env=False, verify=TLS
        ) as client:
            while True:
                async with self.world.changed:
                    await self.world.changed.wait_for(
                        lambda: account.webhook is not None and bool(account.updates)
                    )
                webhook, update = account.webhook or {}, account.updates[0]
                status = await self._post(client, webhook, update)
                account.deliveries.append({"update_id": update["update_id"], "status": status})
                if 200 <= status < 300:
                    account.updates.remove(update)
                    continue
                webhook["last_error_date"] = self.world.stamp()
                webhook["last_error_message"] = f"Wrong response from the webhook: {status}"
                await asyncio.sleep(REDELIVER_AFTER)

    async def _post(self, client: httpx.AsyncClient, webhook: Json, update: Json) -> int:
        secret = webhook.get("secret_token")
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        try:
            answer = await client.post(webhook["url"], json=update, headers=headers)
        except httpx.HTTPError:
            return 0
        return answer.status_code

    @staticmethod
    def _with_transport(app: ASGIApp) -> ASGIApp:
        """Give the routes the connection itself, so that a fault can break it."""

        async def outer(scope: Scope, receive: Receive, send: Send) -> None:
            cycle = getattr(send, "__self__", None)
            scope["fake.transport"] = getattr(cycle, "transport", None)
            await app(scope, receive, send)

        return outer


async def _params(request: Request) -> Json:
    params: Json = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        body: Any = json.loads(await request.body() or b"{}")
        return {**params, **body}
    form = await request.form()
    for name, value in form.items():
        params[name] = value if isinstance(value, str) else f"<file {value.filename}>"
    return params


def _error(error: ApiError) -> Response:
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return JSONResponse(body, error.code)
