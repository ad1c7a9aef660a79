"""/oncall: who is on call, "I'm off tonight, Dev has it", and the test page that comes before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.hours import Span, local
from bot.core.people import Role
from bot.service import second
from bot.service.alerting import oncall
from bot.service.alerting.oncall import NotOnCall
from bot.service.staff.desk import Desk
from bot.store import people
from bot.store.people import fold
from bot.store.tables import ButtonRow, Worker

AHEAD = timedelta(days=7)
MOST = 12  # lines; more does not fit on a small phone
# What "off tonight" means: from the evening, or from now when it is later, to the next morning.
TONIGHT = Span(time(18), time(9))
_TONIGHT = ("tonight", "esta noche")
_NOBODY = ("nobody", "nadie")


def run(desk: Desk, words: Sequence[str]) -> None:
    """Show who is on call; or, with ``off``, record who is not; with ``test``, try a page."""
    first, rest = (fold(words[0]), words[1:]) if words else ("", words)
    if desk.worker.role is Role.OPERATOR:
        desk.say("utter_oncall_not_operator")
    elif not first:
        show(desk)
    elif first in ("off", "libre"):
        _off(desk, rest)
    elif first in ("test", "prueba"):
        _test(desk, rest)
    else:
        desk.say("utter_usage_oncall")


def show(desk: Desk) -> None:
    """Say who is on call from now on, and when nobody of them can be reached."""
    zone = desk.house.content.escalation.staffed.zone
    until = desk.at + AHEAD
    ahead = oncall.outlook(desk.s, zone, desk.house.channels, desk.at, until)
    lines = [
        (one.starts, oncall.spell(desk.house, desk.worker, one.starts, one.ends), one.worker_id)
        for one in ahead.stretches
    ]
    lines += [
        (one.starts, oncall.spell(desk.house, desk.worker, one.starts, one.ends), "")
        for one in ahead.gaps
    ]
    said = []
    for _, hours, id_ in sorted(lines)[:MOST]:
        name = desk.text("utter_oncall_nobody_reached")
        if id_:
            worker = desk.s.get_one(Worker, id_)
            name = people.worker_name(desk.house.sealer, worker)
            if not second.reachable(desk.house.channels, worker):
                name = desk.text("utter_oncall_unreached", other=name)
        said.append(desk.text("utter_oncall_line", hours=hours, other=name))
    desk.say("utter_oncall_head", list="\n".join(said))


def _off(desk: Desk, words: Sequence[str]) -> None:
    """Record that this worker is off: WHEN, then who has it instead, or nobody."""
    span, rest = _when(desk, words)
    if span is None or not rest:
        desk.say("utter_usage_oncall")
        return
    starts, ends = span
    name = " ".join(rest)
    by = people.worker_by_name(desk.s, desk.house.sealer, name)
    if fold(name) not in _NOBODY and (by is None or not by.active):
        desk.say("utter_oncall_no_such", other=name)
        return
    hours = oncall.spell(desk.house, desk.worker, starts, ends)
    zone = desk.house.content.escalation.staffed.zone
    if not oncall.has_any(desk.s, zone, desk.worker, starts, ends):
        desk.say("utter_oncall_not_on", hours=hours)
        return
    try:
        with desk.s.begin_nested():
            oncall.override(
                desk.s, desk.house, desk.at, desk.worker, by, starts, ends, desk.worker.id
            )
    except NotOnCall as error:
        desk.say(f"utter_oncall_not_{error.why}", other=error.name)
        return
    has_it = people.worker_name(desk.house.sealer, by) if by else ""
    desk.say("utter_oncall_off" if by else "utter_oncall_off_nobody", hours=hours, other=has_it)


def _when(
    desk: Desk, words: Sequence[str]
) -> tuple[tuple[datetime, datetime] | None, Sequence[str]]:
    """Read ``tonight``, ``18:00-08:00`` or two moments such as 2027-03-01T18:00, by the program's
    clock; return the span and the words behind it."""
    zone = desk.house.content.escalation.staffed.zone
    today = desk.at.astimezone(ZoneInfo(zone)).date()
    for count in (1, 2):
        if fold(" ".join(words[:count])) in _TONIGHT:
            return _next(TONIGHT, today, zone, desk.at), words[count:]
    try:
        return _next(Span.parse(words[0]), today, zone, desk.at), words[1:]
    except (ValueError, IndexError):
        pass
    try:
        starts, ends = (_moment(word, zone) for word in words[:2])
    except ValueError:
        return None, words
    if starts >= ends or ends <= desk.at:
        return None, words
    return (starts, ends), words[2:]


def _next(span: Span, today: date, zone: str, at: datetime) -> tuple[datetime, datetime]:
    """Return the span of hours that runs now, else the next one; never what is over."""
    over = timedelta(days=1 if span.end <= span.start else 0)
    for day in (today + timedelta(days=n) for n in (-1, 0, 1)):
        starts, ends = local(day, span.start, zone), local(day + over, span.end, zone)
        if ends > at:
            return max(starts, at), ends
    raise ValueError("no such hours")


def _moment(word: str, zone: str) -> datetime:
    found = datetime.fromisoformat(word)
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))


def _test(desk: Desk, words: Sequence[str]) -> None:
    """Send a test page: to oneself, or, as a supervisor, to somebody else."""
    worker = desk.worker
    if words:
        name = " ".join(words)
        found = people.worker_by_name(desk.s, desk.house.sealer, name)
        may = desk.worker.role is Role.SUPERVISOR
        if found is None or not found.active or not (may or found.id == desk.worker.id):
            desk.say("utter_oncall_no_such", other=name)
            return
        worker = found
    try:
        answers = oncall.send_test(desk.s, desk.house, desk.at, worker, desk.worker.id)
    except NotOnCall as error:
        desk.say(f"utter_oncall_not_{error.why}", other=error.name)
        return
    if worker.id != desk.worker.id:
        name = people.worker_name(desk.house.sealer, worker)
        desk.say("utter_oncall_test_sent" if answers else "utter_oncall_test_no_phone", other=name)


def heard(desk: Desk, button: ButtonRow) -> None:
    """Take the tap under a test page."""
    rang = oncall.heard(desk.s, desk.at, desk.worker, button.value)
    desk.say("utter_page_test_heard" if rang else "utter_page_test_old")
