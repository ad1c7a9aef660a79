"""A worker's commands; one about a client needs the PIN and that the client is theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from bot.core.dates import DateKind
from bot.core.messages import Bot
from bot.core.people import PhoneState
from bot.errors import SafError
from bot.service import dates
from bot.service.people import enrol
from bot.service.staff import asking, code_words, lines, moving, phones, pin, plans, shifts, today
from bot.service.staff.days import sensible
from bot.service.staff.desk import Desk
from bot.store import people
from bot.store.people import fold
from bot.store.tables import Client

LONGEST_WHAT = 80  # a word for whom a date is about; more would be a story


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what it does, how it is written, and whether it shows a client."""

    does: Callable[[Desk, Sequence[str]], None]
    usage: str = ""  # name of the text that shows how it is written; empty: it needs nothing
    shows: bool = True


def run(desk: Desk, words: str) -> None:
    """Run a command; help for one that we do not have."""
    first, *rest = words.split()
    name = first[1:].partition("@")[0].casefold()  # Telegram adds @name_of_the_bot to a menu's tap
    command = _COMMANDS.get(name)
    if command is None:
        desk.say("utter_worker_help")
    elif command.usage and not rest:
        desk.say(command.usage)
    elif not (command.shows and pin.needs(desk, {"command": words})):
        command.does(desk, rest)
    if name in _SECRET and desk.row is not None:
        desk.row.delete_at = desk.at


def _client(
    desk: Desk, words: Sequence[str], may: Callable[[Desk, Client], bool] = Desk.sees
) -> tuple[Client | None, Sequence[str]]:
    """Return the client whose alias the words begin with, and the words behind it.

    The longest alias counts. Somebody else's client (who does not pass ``may``) is as unknown as
    one who does not exist, and so is one who was forgotten.
    """
    for end in range(len(words), 0, -1):
        client = people.client_by_alias(desk.s, desk.house.sealer, " ".join(words[:end]))
        if client is not None and client.key is not None and may(desk, client):
            return client, words[end:]
    desk.say("utter_worker_no_such_client")
    return None, words


def _help(desk: Desk, words: Sequence[str]) -> None:
    desk.say("utter_worker_help")


def _pin(desk: Desk, words: Sequence[str]) -> None:
    pin.renew(desk)


def _today(desk: Desk, words: Sequence[str]) -> None:
    today.show(desk)


def _checkin(desk: Desk, words: Sequence[str]) -> None:
    client, rest = _client(desk, words)
    if client is not None and not rest:
        asking.ask_now(desk, client)
    elif client is not None:
        desk.say("utter_usage_checkin")


def _date(desk: Desk, words: Sequence[str]) -> None:
    """Record a date: ALIAS KIND YYYY-MM-DD, and what it is in a few words."""
    client, rest = _client(desk, words)
    if client is None:
        return
    kind = next((kind for kind in DateKind if rest and kind == fold(rest[0])), None)
    day = _day(rest[1]) if len(rest) > 1 else None
    if kind is None or day is None:
        desk.say("utter_usage_date")
        return
    alias = people.alias(desk.house.sealer, client)
    if not sensible(kind, day, desk.at.astimezone(ZoneInfo(client.timezone)).date()):
        desk.say("utter_date_not_kept", about=client, alias=alias, day=day.isoformat())
        return
    what = " ".join(rest[2:])[:LONGEST_WHAT]
    dates.record(desk.s, desk.house, desk.at, client, kind, day, what=what)
    desk.audit("date_recorded", client)
    desk.say("utter_date_kept", about=client, alias=alias, day=day.isoformat())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _invite(desk: Desk, words: Sequence[str]) -> None:
    client, _ = _client(desk, words)
    if client is None:
        return
    alias = people.alias(desk.house.sealer, client)
    if client.phone is PhoneState.DECEASED:
        desk.say("utter_phone_never_undone", about=client, alias=alias)
        return
    try:
        with desk.s.begin_nested():
            token = enrol.invite(desk.s, desk.house, desk.at, client, desk.worker)
    except SafError:
        desk.say("utter_invite_too_many", count=enrol.MOST_OPEN)
        return
    link = enrol.link(desk.house, Bot.CLIENT, token)
    days = enrol.GOOD_FOR.days
    desk.say("utter_invite", about=client, alias=alias, link=link, count=days)


def _plan(desk: Desk, words: Sequence[str]) -> None:
    """Show a client's plan; without an alias, whose plans are old."""
    if not words:
        plans.overview(desk)
        return
    client, _ = _client(desk, words)
    if client is not None:
        plans.show(desk, client)


def _write(desk: Desk, words: Sequence[str]) -> None:
    client, _ = _client(desk, words)
    if client is not None:
        lines.begin(desk, client)


def _back(desk: Desk, words: Sequence[str]) -> None:
    lines.back(desk)


def _never_tell(desk: Desk, words: Sequence[str]) -> None:
    client, rest = _client(desk, words)
    if client is not None:
        moving.never_tell(desk, client, rest)


def _question(desk: Desk, words: Sequence[str]) -> None:
    client, rest = _client(desk, words)
    if client is not None:
        moving.question(desk, client, rest)


def _phone(desk: Desk, words: Sequence[str]) -> None:
    client, _ = _client(desk, words, phones.may_mark)
    if client is not None:
        phones.offer(desk, client)


def _code_word(desk: Desk, words: Sequence[str]) -> None:
    """Keep the word that was agreed aloud; the message with it leaves the worker's chat."""
    client, rest = _client(desk, words)
    if client is None:
        return
    word = " ".join(rest)
    if not word:
        desk.say("utter_usage_codeword")
        return
    if not code_words.long_enough(word):
        desk.say("utter_codeword_short", count=code_words.SHORTEST)
        return
    code_words.keep(desk.house, client, word)
    desk.audit("code_word_set", client)
    alias = people.alias(desk.house.sealer, client)
    desk.say("utter_codeword_kept", about=client, alias=alias)


_COMMANDS: dict[str, Command] = {
    "start": Command(_help, shows=False),
    "help": Command(_help, shows=False),
    "pin": Command(_pin, shows=False),
    "today": Command(_today),
    "oncall": Command(shifts.run, shows=False),
    "checkin": Command(_checkin, "utter_usage_checkin"),
    "date": Command(_date, "utter_usage_date"),
    "invite": Command(_invite, "utter_usage_invite"),
    "plan": Command(_plan),
    "phone": Command(_phone, "utter_usage_phone"),
    "write": Command(_write, "utter_usage_write"),
    "back": Command(_back, shows=False),
    "handover": Command(moving.offer, "utter_usage_handover"),
    "nevertell": Command(_never_tell, "utter_usage_nevertell"),
    "question": Command(_question, "utter_usage_question"),
    "codeword": Command(_code_word, "utter_usage_codeword"),
}
# What stands behind them must not stay in a chat.
_SECRET = frozenset({"codeword", "pin", "nevertell", "question"})
