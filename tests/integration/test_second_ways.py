"""E-mail and the gateway against servers on loopback: what leaves, and what each refusal means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from email import message_from_string
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot.channels.base import ChannelUnusable, OutcomeUnknown, Reason, SendFailed
from bot.channels.email import EmailChannel
from bot.channels.webhook_out import WebhookOut
from bot.clock import VirtualClock
from bot.core.messages import Bot, Kind, Outgoing
from bot.service import second
from bot.store import people
from tests.support.fake_smtp import Letters, fake_smtp
from tests.support.program import BLOCKED, MONDAY_NOON, build

LINE = "#12, open. It rings in Telegram."


@pytest.fixture
def smtp() -> Iterator[Letters]:
    with fake_smtp() as letters:
        yield letters


def email(letters: Letters, login: str = "") -> EmailChannel:
    url = f"smtp://{login}127.0.0.1:{letters.port}"
    return EmailChannel(url, "saf@example.org", VirtualClock(MONDAY_NOON))


def letter(to: str = "ben@example.org") -> Outgoing:
    return Outgoing(to, LINE, bot=Bot.WORKER, key="abc")


async def test_a_letter_is_one_neutral_line(smtp: Letters) -> None:
    assert await email(smtp).send(letter()) == ""
    found = message_from_string(smtp.taken[0])
    assert found["Subject"] == LINE
    assert (found["To"], found["From"]) == ("ben@example.org", "saf@example.org")
    assert found["Message-ID"] == "<abc@example.org>"
    assert found["Date"] == "Mon, 01 Mar 2027 18:00:00 +0000"
    assert found.get_payload().strip() == LINE


@pytest.mark.parametrize(
    ("word", "answer", "permanent", "reason"),
    [
        ("RCPT", "550 no such mailbox", True, Reason.GONE),
        ("RCPT", "450 later", False, Reason.SERVER),
        ("MAIL", "421 too busy", False, Reason.SERVER),
        ("MAIL", "hang up", False, Reason.UNREACHED),
        ("DATA", "554 no", True, Reason.REFUSED),
        ("END", "552 too big", True, Reason.REFUSED),
        ("END", "451 later", False, Reason.SERVER),
    ],
)
async def test_a_refused_letter_certainly_did_not_leave(
    smtp: Letters, word: str, answer: str, permanent: bool, reason: Reason
) -> None:
    smtp.answers[word] = answer
    with pytest.raises(SendFailed) as failed:
        await email(smtp).send(letter())
    assert (failed.value.permanent, failed.value.reason) == (permanent, reason)
    assert "ben" not in str(failed.value)
    assert not smtp.taken


async def test_a_server_that_hangs_up_after_the_letter_leaves_it_open(smtp: Letters) -> None:
    smtp.answers["END"] = "hang up"
    with pytest.raises(OutcomeUnknown):
        await email(smtp).send(letter())


async def test_a_letter_that_was_taken_is_sent_whatever_the_goodbye(smtp: Letters) -> None:
    smtp.answers["QUIT"] = "hang up"
    await email(smtp).send(letter())
    assert len(smtp.taken) == 1


async def test_without_a_server_or_a_log_in_it_is_tried_again(smtp: Letters) -> None:
    smtp.answers["EHLO"] = "250 fake"  # offers no log-in
    with pytest.raises(SendFailed) as failed:
        await email(smtp, "me:secret@").send(letter())
    assert (failed.value.permanent, failed.value.reason) == (False, Reason.TOKEN)
    nowhere = EmailChannel("smtp://127.0.0.1:1", "saf@example.org", VirtualClock(MONDAY_NOON))
    with pytest.raises(SendFailed) as failed:
        await nowhere.send(letter())
    assert failed.value.reason is Reason.UNREACHED


@pytest.mark.parametrize("url", ["mail.example.org", "http://x", "smtp://", "smtp://h:x"])
def test_a_mail_server_that_is_none_is_said_without_its_password(url: str) -> None:
    with pytest.raises(ChannelUnusable, match="SAF_SMTP_URL"):
        EmailChannel(url, "saf@example.org", VirtualClock(MONDAY_NOON))
    with pytest.raises(ChannelUnusable, match="SAF_EMAIL_FROM"):
        EmailChannel("smtps://me:pw@mail.example.org", "", VirtualClock(MONDAY_NOON))


class Gateway(ThreadingHTTPServer):
    """A gateway that keeps what it is given and answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.taken: list[tuple[dict[str, str], dict[str, str]]] = []
        self.status = 200
        self.url = f"http://127.0.0.1:{self.server_address[1]}/ring"


class _Take(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((body, dict(self.headers)))
        if self.server.status == 0:
            self.close_connection = True
            return
        self.send_response(self.server.status)
        self.send_header("Retry-After", "7")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def test_a_gateway_gets_number_line_and_secret(gateway: Gateway) -> None:
    assert await WebhookOut(gateway.url, "s3cret").send(letter("+13125550100")) == ""
    ((body, headers),) = gateway.taken
    assert body == {"to": "+13125550100", "text": LINE, "id": "abc"}
    assert headers["Authorization"] == "Bearer s3cret"
    assert headers["Idempotency-Key"] == "abc"


@pytest.mark.parametrize(
    ("status", "permanent", "reason"),
    [
        (422, True, Reason.GONE),
        (401, False, Reason.TOKEN),
        (404, False, Reason.TOKEN),
        (429, False, Reason.FLOOD),
        (503, False, Reason.SERVER),
    ],
)
async def test_what_a_gateway_refuses_has_its_reason(
    gateway: Gateway, status: int, permanent: bool, reason: Reason
) -> None:
    gateway.status = status
    with pytest.raises(SendFailed) as failed:
        await WebhookOut(gateway.url, "s").send(letter("+13125550100"))
    assert (failed.value.permanent, failed.value.reason) == (permanent, reason)
    assert failed.value.retry_after == (7 if status == 429 else None)
    assert "+1312" not in str(failed.value) and "ring" not in str(failed.value)


async def test_a_gateway_that_takes_and_says_nothing_leaves_it_open(gateway: Gateway) -> None:
    gateway.status = 0
    with pytest.raises(OutcomeUnknown):
        await WebhookOut(gateway.url, "s").send(letter("+13125550100"))


async def test_no_gateway_there_is_certain() -> None:
    with pytest.raises(SendFailed) as failed:
        await WebhookOut("http://127.0.0.1:1/", "s").send(letter("+13125550100"))
    assert failed.value.reason is Reason.UNREACHED


@pytest.mark.parametrize("url", ["http://gateway.example.org", "gateway", "ftp://x", "https://"])
def test_a_gateway_must_be_reached_by_tls(url: str) -> None:
    with pytest.raises(ChannelUnusable, match="SAF_GATEWAY_URL"):
        WebhookOut(url, "s")


async def test_many_letters_at_once_all_arrive(smtp: Letters) -> None:
    channel = email(smtp)
    await asyncio.gather(*(channel.send(letter(f"w{n}@example.org")) for n in range(12)))
    assert len(smtp.taken) == 12


async def test_a_page_goes_the_whole_way_and_names_nobody(
    smtp: Letters, gateway: Gateway, tmp_path: Path
) -> None:
    program = build(tmp_path)
    ways = (email(smtp), WebhookOut(gateway.url, "s3cret"))
    program.house.channels = {**program.house.channels, **{way.name: way for way in ways}}
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        second.keep(program.house.sealer, ben, second.EMAIL, "b@example.org")
        second.keep(program.house.sealer, ben, second.WEBHOOK, "+13125550100")
    program.channel.fail("Ben", BLOCKED)
    await program.says("Ana", "they outside my house rn")
    ((body, _),) = gateway.taken
    (letter,) = smtp.taken
    assert body["to"] == "+13125550100"
    for left in (body["text"], letter):
        assert "#1, open." in left
        assert not any(name in left for name in ("Ana", "Ben", "outside"))
    assert [h.channel for h in program.got("Ben", Kind.PAGE)] == ["email", "webhook"]
