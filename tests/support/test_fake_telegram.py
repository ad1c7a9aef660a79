"""The fake must refuse what Telegram refuses, else tests prove nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.bench.fake_telegram.server import TLS
from tests.support.fake_telegram import CLIENT_TOKEN, WORKER_TOKEN, FakeTelegram

ANA = 7
ROOT = Path(__file__).resolve().parents[2]
Api = Callable[..., dict[str, Any]]


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        fake.open_chat(ANA)
        yield fake


@pytest.fixture
def api(fake: FakeTelegram) -> Iterator[Api]:
    """Call the client bot's API as python-telegram-bot does: form fields, JSON inside."""
    with httpx.Client(base_url=fake.base_url, timeout=5, trust_env=False, verify=TLS) as http:

        def call(method: str, token: str = CLIENT_TOKEN, **params: Any) -> dict[str, Any]:
            fields = {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in params.items()
            }
            return dict(http.post(f"/bot{token}/{method}", data=fields).json())

        yield call


def refusal(answer: dict[str, Any]) -> tuple[int, str]:
    assert answer["ok"] is False
    return answer["error_code"], answer["description"]


def test_it_knows_its_bots(api: Api) -> None:
    assert api("getMe")["result"]["username"] == "fake_client_bot"
    assert api("getme", WORKER_TOKEN)["result"]["username"] == "fake_worker_bot"
    assert refusal(api("getMe", "99:wrong")) == (401, "Unauthorized")
    assert refusal(api("getMe", "wrong")) == (404, "Not Found")
    assert refusal(api("noSuchMethod")) == (404, "Not Found")


def test_the_offset_confirms(fake: FakeTelegram, api: Api) -> None:
    first, second, third = (fake.say(ANA, words) for words in ("one", "two", "three"))
    assert [one["update_id"] for one in api("getUpdates", limit=2)["result"]] == [first, second]
    assert [one["update_id"] for one in api("getUpdates", offset=second)["result"]] == [
        second,
        third,
    ]
    assert fake.status()["pending"] == [second, third]
    assert [one["update_id"] for one in api("getUpdates", offset=-1)["result"]] == [third]
    assert api("getUpdates", offset=third + 1)["result"] == []
    assert fake.status()["pending"] == []


def test_updates_are_kept_for_a_day(fake: FakeTelegram, api: Api) -> None:
    fake.say(ANA, "one")
    fake.pass_time(timedelta(hours=25))
    assert api("getUpdates")["result"] == []


def test_only_the_wanted_updates_come(fake: FakeTelegram, api: Api) -> None:
    api("getUpdates", allowed_updates=["my_chat_member"])
    fake.say(ANA, "one")
    fake.block(ANA)
    [update] = api("getUpdates")["result"]
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"


def test_no_poll_beside_a_webhook(fake: FakeTelegram, api: Api) -> None:
    assert api("setWebhook", url="https://example.org", secret_token="s")["result"] is True
    info = api("getWebhookInfo")["result"]
    assert (info["url"], info["pending_update_count"]) == ("https://example.org", 0)
    assert "secret_token" not in info
    assert refusal(api("getUpdates"))[0] == 409
    api("deleteWebhook")
    assert api("getUpdates")["ok"]
    fake.say(ANA, "one")
    api("deleteWebhook", drop_pending_updates=True)
    assert api("getUpdates")["result"] == []
    assert refusal(api("setWebhook", url="http://example.org"))[0] == 400


def test_it_refuses_what_is_too_long(fake: FakeTelegram, api: Api) -> None:
    def keyboard(data: str) -> dict[str, Any]:
        return {"inline_keyboard": [[{"text": "Yes", "callback_data": data}]]}

    assert api("sendMessage", chat_id=ANA, text="x" * 4096)["ok"]
    assert "too long" in refusal(api("sendMessage", chat_id=ANA, text="x" * 4097))[1]
    assert "empty" in refusal(api("sendMessage", chat_id=ANA, text=" "))[1]
    assert api("sendMessage", chat_id=ANA, text="?", reply_markup=keyboard("é" * 32))["ok"]
    answer = api("sendMessage", chat_id=ANA, text="?", reply_markup=keyboard("é" * 33))
    assert refusal(answer) == (400, "Bad Request: BUTTON_DATA_INVALID")
    assert len(fake.sent(ANA)) == 2


def test_it_refuses_chats_that_cannot_be_reached(fake: FakeTelegram, api: Api) -> None:
    assert refusal(api("sendMessage", chat_id=1, text="x")) == (400, "Bad Request: chat not found")
    fake.block(ANA)
    assert refusal(api("sendMessage", chat_id=ANA, text="x"))[0] == 403
    fake.unblock(ANA)
    assert api("sendMessage", chat_id=ANA, text="x")["ok"]
    fake.vanish(ANA)
    said = refusal(api("sendMessage", chat_id=ANA, text="x"))
    assert said == (403, "Forbidden: user is deactivated")


def test_limits_stop_a_flood_until_time_passes(fake: FakeTelegram, api: Api) -> None:
    fake.set_time(datetime(2026, 3, 1, tzinfo=UTC))
    fake.limits()
    assert api("sendMessage", chat_id=ANA, text="x")["ok"]
    flooded = api("sendMessage", chat_id=ANA, text="x")
    assert flooded["parameters"] == {"retry_after": 1}
    fake.pass_time(timedelta(seconds=1))
    assert api("sendMessage", chat_id=ANA, text="x")["ok"]
    fake.pass_time(timedelta(seconds=1))
    answers = []
    for chat in range(100, 131):
        fake.open_chat(chat)
        answers.append(api("sendMessage", chat_id=chat, text="x")["ok"])
    assert answers == [True] * 30 + [False]


def test_messages_are_deleted_within_48_hours_only(fake: FakeTelegram, api: Api) -> None:
    fake.say(ANA, "hers")
    ours = api("sendMessage", chat_id=ANA, text="ours")["result"]["message_id"]
    assert api("deleteMessage", chat_id=ANA, message_id=1)["result"] is True
    said = refusal(api("deleteMessage", chat_id=ANA, message_id=1))
    assert said == (400, "Bad Request: message to delete not found")
    fake.pass_time(timedelta(hours=49))
    said = refusal(api("deleteMessage", chat_id=ANA, message_id=ours))
    assert said == (400, "Bad Request: message can't be deleted")
    again = api("sendMessage", chat_id=ANA, text="again")["result"]["message_id"]
    assert api("deleteMessages", chat_id=ANA, message_ids=[1, again])["result"] is True
    assert [one.deleted for one in fake.sent(ANA)] == [False, True]


def test_messages_are_edited(fake: FakeTelegram, api: Api) -> None:
    rows = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    sent = api("sendMessage", chat_id=ANA, text="one", reply_markup=rows)["result"]
    where = {"chat_id": ANA, "message_id": sent["message_id"]}
    assert api("editMessageText", **where, text="two", reply_markup=rows)["ok"]
    assert api("editMessageReplyMarkup", **where)["ok"]
    assert "not modified" in refusal(api("editMessageReplyMarkup", **where))[1]
    assert "not found" in refusal(api("editMessageText", chat_id=ANA, message_id=99, text="x"))[1]
    [shown] = fake.sent(ANA)
    assert (shown.text, shown.buttons, shown.edits) == ("two", [], 2)


def test_the_small_methods_answer(fake: FakeTelegram, api: Api) -> None:
    assert api("sendChatAction", chat_id=ANA, action="typing")["result"] is True
    assert api("setMyCommands", commands=[{"command": "stop", "description": "s"}])["ok"]
    assert fake.status()["commands"] == [{"command": "stop", "description": "s"}]
    assert api("getChat", chat_id=ANA)["result"]["type"] == "private"
    path = api("getFile", file_id="file-1")["result"]["file_path"]
    url = f"{fake.base_url}/file/bot{CLIENT_TOKEN}/{path}"
    assert httpx.get(url, trust_env=False, verify=TLS).content == b"x"
    assert refusal(api("getFile", file_id="nothing"))[0] == 400
    assert refusal(api("answerCallbackQuery", callback_query_id="x"))[0] == 400


def test_files_are_taken(fake: FakeTelegram) -> None:
    for method, name in (("sendDocument", "document"), ("sendPhoto", "photo")):
        answer = httpx.post(
            f"{fake.base_url}/bot{CLIENT_TOKEN}/{method}",
            data={"chat_id": str(ANA), "caption": "c"},
            files={name: ("a.txt", b"abc")},
            trust_env=False,
            verify=TLS,
        )
        assert answer.json()["result"]["caption"] == "c"
    assert len(fake.sent(ANA)) == 2


def test_a_tap_needs_its_button(fake: FakeTelegram, api: Api) -> None:
    rows = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    first = api("sendMessage", chat_id=ANA, text="one", reply_markup=rows)["result"]
    api("sendMessage", chat_id=ANA, text="two", reply_markup=rows)
    fake.tap(ANA, "Yes", message_id=first["message_id"])
    [update] = api("getUpdates")["result"]
    query = update["callback_query"]
    assert (query["data"], query["message"]["text"]) == ("y", "one")
    assert api("answerCallbackQuery", callback_query_id=query["id"])["result"] is True
    assert fake.status()["taps_answered"] == [query["id"]]
    with pytest.raises(LookupError, match=r"no button 'No'.*Yes"):
        fake.tap(ANA, "No")


def test_faults_strike_what_they_name_and_no_more(fake: FakeTelegram, api: Api) -> None:
    fake.open_chat(8)
    fake.fail_next("sendMessage", "flood", chat=ANA, retry_after=9, times=2)
    assert api("sendMessage", chat_id=8, text="x")["ok"]
    for _ in range(2):
        assert api("sendMessage", chat_id=ANA, text="x")["parameters"] == {"retry_after": 9}
    assert api("sendMessage", chat_id=ANA, text="x")["ok"]
    fake.fail_next("*", "reset_after", bot="client")
    with pytest.raises(httpx.ReadError):
        api("sendMessage", chat_id=ANA, text="it was done")
    assert fake.sent(ANA)[-1].text == "it was done"
    statuses = [call["status"] for call in fake.calls("sendMessage", bot="client")]
    assert statuses == [200, 429, 429, 200, 200]
    with pytest.raises(LookupError, match="no_such_fault"):
        fake.fail_next("*", "no_such_fault")


def test_it_can_be_played_by_hand() -> None:
    script = "7 /start abc\n7 !voice\n7 [Yes]\nnonsense\nworker 9 hi\nquit\n"
    played = subprocess.run(
        [sys.executable, "-m", "bot.bench.fake_telegram", "--port", "0"],
        input=script,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
        check=True,
    )
    assert CLIENT_TOKEN in played.stdout
    assert "no: " in played.stdout
    assert played.stderr == ""
