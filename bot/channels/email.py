"""E-mail by SMTP: one neutral line to a worker, so that a page rings in a second place too.

The address and the password stand in no error: errors end up in logs.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from bot.channels.base import ChannelUnusable, OutcomeUnknown, Reason, SendFailed
from bot.clock import Clock
from bot.core.messages import Bot, Outgoing

ANSWER_WITHIN = 10.0  # seconds for each word of the server
# Seconds for one letter; below the outbox's lease, so that nobody else sends it meanwhile.
DONE_WITHIN = 40.0
AT_ONCE = 4  # a server that hangs must not take the threads in which the database is written
PORTS = {"smtp": 587, "smtps": 465}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


class EmailChannel:
    """Sends plain-text letters through one SMTP server.

    ``smtps://`` speaks TLS from the first byte; ``smtp://`` asks for STARTTLS and refuses to go on
    without it, but for a server on this machine.
    """

    name = "email"

    def __init__(self, url: str, sender: str, clock: Clock) -> None:
        """Read where the server is; ChannelUnusable when that makes no sense."""
        try:
            parts = urlsplit(url)
            self._host, port = parts.hostname or "", parts.port
        except ValueError:
            self._host, port, parts = "", None, urlsplit("")
        if parts.scheme not in PORTS or not self._host:
            raise ChannelUnusable(
                "SAF_SMTP_URL is no address of a mail server; write it as "
                "smtps://name:password@mail.example.org"
            )
        if not ADDRESS.fullmatch(sender):
            raise ChannelUnusable("SAF_EMAIL_FROM is no e-mail address; write alerts@example.org")
        self._port = port or PORTS[parts.scheme]
        self._secure = parts.scheme == "smtps"
        self._login = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._sender, self._clock = sender, clock
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="email")

    async def send(self, message: Outgoing) -> str:
        """Send one letter; its reference is empty, for nobody can take a letter back."""
        work = self._threads.submit(self._send, self._letter(message))
        try:
            await asyncio.wait_for(asyncio.wrap_future(work), DONE_WITHIN)
        except TimeoutError:
            if work.cancelled():
                raise SendFailed("no turn came", permanent=False, reason=Reason.UNREACHED) from None
            raise OutcomeUnknown("the mail server is too slow") from None
        return ""

    async def delete(self, bot: Bot, ref: str) -> None:
        """Do nothing: a letter cannot be taken back."""

    def _letter(self, message: Outgoing) -> EmailMessage:
        letter = EmailMessage()
        letter["Subject"] = message.text.splitlines()[0]
        letter["From"], letter["To"] = self._sender, message.chat
        letter["Date"] = format_datetime(self._clock.now())
        key = message.key or secrets.token_hex(16)
        letter["Message-ID"] = f"<{key}@{self._sender.partition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter["X-Priority"] = "1"
        letter.set_content(message.text)
        return letter

    def _send(self, letter: EmailMessage) -> None:
        """Talk to the server; up to the letter's last line nothing was sent, after it who knows."""
        written = False
        try:
            with contextlib.closing(self._connect()) as smtp:
                self._ask(smtp.mail(self._sender), whom=False)
                self._ask(smtp.rcpt(str(letter["To"])), whom=True)
                written = True
                self._ask(smtp.data(letter.as_bytes()), whom=False)
                # It is said to be taken: how they part does not matter.
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    smtp.quit()
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, token=_is_login(error)) from None
        except smtplib.SMTPNotSupportedError:
            raise SendFailed(
                "the mail server lacks STARTTLS or a log-in", permanent=False, reason=Reason.TOKEN
            ) from None
        except (OSError, smtplib.SMTPException):
            if written:
                raise OutcomeUnknown("the mail server did not answer to the letter") from None
            raise SendFailed(
                "no mail server there", permanent=False, reason=Reason.UNREACHED
            ) from None

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._secure:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=ANSWER_WITHIN, context=context
            )
        else:
            smtp = smtplib.SMTP(self._host, self._port, timeout=ANSWER_WITHIN)
        try:
            smtp.ehlo_or_helo_if_needed()
            if not self._secure and self._host not in LOOPBACK:
                smtp.starttls(context=context)
                smtp.ehlo()
            if self._login[0]:
                smtp.login(*self._login)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _ask(self, answer: tuple[int, bytes], *, whom: bool) -> None:
        code = answer[0]
        if not 200 <= code < 300:
            raise _refused(code, whom=whom)


def _is_login(error: smtplib.SMTPResponseException) -> bool:
    return isinstance(error, smtplib.SMTPAuthenticationError)


def _refused(code: int, *, whom: bool = False, token: bool = False) -> SendFailed:
    """Return what a server's code means: 4xx passes, 5xx does not, but for our own log-in."""
    if token:
        return SendFailed("the log-in is refused", permanent=False, reason=Reason.TOKEN)
    permanent = 500 <= code < 600
    reason = Reason.SERVER if not permanent else Reason.GONE if whom else Reason.REFUSED
    return SendFailed(f"the mail server says {code}", permanent=permanent, reason=reason)
