"""A gateway that texts or calls: one POST with a neutral line, to whatever URL the program has.

The URL may hold a secret and the number is somebody's: neither stands in an error.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from bot.channels.base import ChannelUnusable, OutcomeUnknown, Reason, SendFailed
from bot.core.messages import Bot, Outgoing

ANSWER_WITHIN, CONNECT_WITHIN = 15.0, 5.0  # seconds; both below the outbox's lease
FLOOD, LATER = 429, (408, 425)
OURS = (401, 403, 404, 405)  # the URL or its secret is wrong: the operator's work, not the worker's
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Nothing was written to the network when one of these was raised.
NEVER_WRITTEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class WebhookOut:
    """POSTs ``{"to", "text", "id"}`` as JSON, with the secret as a bearer token.

    ``id`` (also the header Idempotency-Key) is the same when a message is sent again because nobody
    knows whether it arrived: a gateway that keeps it never rings twice.
    """

    name = "webhook"

    def __init__(self, url: str, secret: str) -> None:
        """Keep where to post; ChannelUnusable when that makes no sense."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            parts, host = urlsplit(""), ""
        if not host or not (
            parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
        ):
            raise ChannelUnusable(
                "SAF_GATEWAY_URL is no https:// address; only on this machine may it be http://"
            )
        self._url = url
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self._client: httpx.AsyncClient | None = None

    async def send(self, message: Outgoing) -> str:
        """Post one message; its reference is empty, for nobody can take it back."""
        headers = {**self._headers, **({"Idempotency-Key": message.key} if message.key else {})}
        body = {"to": message.chat, "text": message.text, "id": message.key}
        try:
            answer = await self._open().post(self._url, json=body, headers=headers)
        except NEVER_WRITTEN:
            raise SendFailed("no gateway there", permanent=False, reason=Reason.UNREACHED) from None
        except httpx.HTTPError:
            raise OutcomeUnknown("the gateway did not answer") from None
        if not answer.is_success:
            raise _refused(answer)
        return ""

    async def delete(self, bot: Bot, ref: str) -> None:
        """Do nothing: what was sent cannot be taken back."""

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            timeout = httpx.Timeout(ANSWER_WITHIN, connect=CONNECT_WITHIN)
            self._client = httpx.AsyncClient(timeout=timeout)
        return self._client


def _refused(answer: httpx.Response) -> SendFailed:
    """Return what a gateway's status means: our own mistakes and its troubles pass, a 4xx about
    this very message does not."""
    code = answer.status_code
    said = f"the gateway says {code}"
    if code == FLOOD:
        wait = answer.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isdecimal() else None
        return SendFailed(said, permanent=False, reason=Reason.FLOOD, retry_after=seconds)
    if code in OURS:
        return SendFailed(said, permanent=False, reason=Reason.TOKEN)
    if 400 <= code < 500 and code not in LATER:
        return SendFailed(said, permanent=True, reason=Reason.GONE)
    return SendFailed(said, permanent=False, reason=Reason.SERVER)
