"""What comes in and what goes out: the shapes that channels, store and service share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

CUTS = ("\n\n", "\n", " ")  # where a text is cut in two, the best first


class Bot(StrEnum):
    """Which of the program's two bots a message came to or leaves from."""

    CLIENT = "client"
    WORKER = "worker"


class InboundKind(StrEnum):
    """What a message was, as far as we can handle it."""

    TEXT = "text"  # words; an edited or forwarded message is text with a flag
    BUTTON = "button"  # a tap; ``token`` says which
    START = "start"  # the bot was opened; ``token`` holds the deep link's payload, if any
    VOICE = "voice"
    PHOTO = "photo"  # also video and documents: something to look at that we cannot open
    LOCATION = "location"
    CONTACT = "contact"
    STICKER = "sticker"  # also dice, GIFs: an expression without words
    GROUP = "group"  # somebody added the bot to a group; never answered there
    BLOCKED = "blocked"  # the person blocked the bot
    UNBLOCKED = "unblocked"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that a channel received.

    ``update_id`` is unique within (channel, bot); the same one again is ignored.
    ``chat`` is the channel's address of the sender, as text. ``at`` is aware, UTC.
    ``message_ref`` lets the channel find the message again (to delete it); empty if it cannot.
    """

    channel: str
    bot: Bot
    update_id: str
    chat: str
    kind: InboundKind
    at: datetime
    text: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    edited: bool = False
    forwarded: bool = False
    message_ref: str = ""


class Kind(StrEnum):
    """Why a message leaves; closed, because outside readers rely on it."""

    CHECKIN = "checkin"
    NUDGE = "nudge"
    QUESTION = "question"
    REPLY = "reply"
    SAFETY = "safety"
    ASK = "ask"
    HOLDING = "holding"
    PAGE = "page"
    ESCALATION = "escalation"
    TASK = "task"
    PREPARE = "prepare"
    ANNIVERSARY = "anniversary"
    DIGEST = "digest"
    NOTICE = "notice"

    @property
    def resend_on_unknown(self) -> bool:
        """Tell whether to send again when nobody knows if it arrived: a double page is better
        than none, a double chat line is not."""
        return self in (Kind.PAGE, Kind.ESCALATION, Kind.SAFETY, Kind.ASK)

    @property
    def priority(self) -> int:
        """Order of leaving, lowest first: pages, what answers a person, what nobody waits for."""
        if self in (Kind.PAGE, Kind.ESCALATION):
            return 0
        if self in (Kind.SAFETY, Kind.ASK):
            return 1
        if self in (Kind.REPLY, Kind.QUESTION, Kind.HOLDING, Kind.NOTICE):
            return 2
        return 3


@dataclass(frozen=True, slots=True)
class Button:
    """One button under a message: what it says, and the short token (<= 64 bytes) it sends."""

    label: str
    token: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message handed to a channel; ``silent``: no sound, ``protect``: no forwarding."""

    chat: str
    text: str = field(repr=False)
    buttons: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False
    protect: bool = False
    bot: Bot = Bot.CLIENT
    key: str = ""  # the same when a message is sent again; for channels that drop doubles


def parts(text: str, most: int) -> list[str]:
    """Cut a text into parts of at most ``most`` UTF-16 units, as Telegram counts: between
    paragraphs where that leaves no part nearly empty, else between lines, words, characters."""
    found, rest = [], text
    while len(rest.encode("utf-16-le")) // 2 > most:
        head = rest.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")
        place = next((at for cut in CUTS if (at := head.rfind(cut)) > len(head) // 2), len(head))
        found.append(rest[:place].rstrip())
        rest = rest[place:].lstrip()
    return [*found, rest]
