"""The action server: only who holds the token, and any trouble is an error, never a polite no."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from actions.server import HEADER, route
from bot import content
from bot.core.answers import Sureness
from bot.dialogue.turns import OpenTurns
from bot.settings import ROOT
from tests.unit.test_flow_action import FORM, asking, call

TOKEN = "token"


async def post(turns: OpenTurns, body: Any, token: bytes = TOKEN.encode()) -> httpx.Response:
    """Call the webhook of an app with only this route."""
    app = Starlette(routes=[route(turns, TOKEN, Sureness())])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://saf") as client:
        return await client.post("/webhook", json=body, headers=[(HEADER.encode(), token)])


async def test_an_action_is_answered() -> None:
    turns = OpenTurns()
    with turns.open(content.load(ROOT / "data"), asking("checkin", "day"), choice="good") as turn:
        response = await post(turns, call(FORM, turn, {}))
    assert response.status_code == 200
    assert response.json()["responses"][0]["response"] == "utter_checkin_all_good"


@pytest.mark.parametrize("token", [b"", b"another", "tokén".encode()])
async def test_a_stranger_is_refused(token: bytes) -> None:
    assert (await post(OpenTurns(), {}, token)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"next_action": "action_nobody_wrote"},
        {"next_action": "validate_nowhere_form", "tracker": {"sender_id": "gone"}},
    ],
)
async def test_any_trouble_is_an_error_and_never_a_400(body: Any) -> None:
    assert (await post(OpenTurns(), body)).status_code == 500


async def test_a_failing_action_logs_no_word_of_what_was_said(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    turns = OpenTurns()
    state = asking("checkin", "nowhere")
    with turns.open(content.load(ROOT / "data"), state, text="they outside my house") as turn:
        body = call(FORM, turn, {"out_of_scope": 0.9})
        assert (await post(turns, body)).status_code == 500
    told = capsys.readouterr()
    assert "KeyError" in told.out + told.err
    assert "outside" not in told.out + told.err + caplog.text
