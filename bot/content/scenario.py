"""A scenario: the people, dates and events of a rehearsal, read from one YAML file.

The format is a contract (`simulate`): staff rehearse with it and outsiders check us with it, so an
unknown word is never passed over; it gets its line and what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from bot.content.program import Escalation, clock_time
from bot.content.values import span, zone
from bot.content.yaml import Reader
from bot.core.alerts import Move
from bot.core.dates import DateKind, Wants
from bot.core.hours import Span
from bot.core.people import Language, Role, Situation
from bot.core.scenario import (
    Day,
    Event,
    Fault,
    Happening,
    Person,
    Scenario,
    Shift,
    Staff,
    Trouble,
)

E = TypeVar("E", bound=StrEnum)

AT = 'write a time with its offset in quotes, such as "2027-03-01T09:00:00-06:00"'


def load(path: Path, program: Escalation) -> Scenario:
    """Read a scenario; ContentError names the first mistake's line and what to write instead.

    ``program``: where alerts are at home; its outcomes can be named, and its zone is the program's
    when the scenario names none.
    """
    return _Scenarist(path, program).scenario()


class _Scenarist(Reader):
    """Reads the sections one after the other; a name must be known before it is used."""

    def __init__(self, path: Path, program: Escalation) -> None:
        super().__init__(path)
        self.outcomes, self.zone = program.outcomes, program.staffed.zone

    def scenario(self) -> Scenario:
        root = self.root
        self.only(
            root,
            {"start", "until", "program", "workers", "clients", "oncall", "dates"}
            | {"incidents", "events"},
        )
        self.start, self.until = self._at(root, "start"), self._at(root, "until")
        if self.until < self.start:
            raise self.wrong(root, "until", "`until` lies before `start`", "write a later time")
        program = self.get(root, "program", dict, "write {timezone: America/Chicago}", {})
        self.only(program, {"timezone"})
        self.zone = zone(self, program, "timezone", self.zone)
        staff = tuple(self._staff(node) for node in self._list("workers"))
        self.workers = {one.name for one in staff}
        people = tuple(self._person(node) for node in self._list("clients"))
        self.clients = {one.name for one in people}
        self._twice("workers", "clients")
        shifts = tuple(self._shift(node) for node in self._list("oncall"))
        days = tuple(self._day(node) for node in self._list("dates"))
        happenings = tuple(self._happening(node) for node in self._list("incidents"))
        events: list[Event] = []
        troubles: list[Trouble] = []
        for node in self._list("events"):
            if "fault" in node:
                troubles.append(self._trouble(node))
            else:
                events.append(self._event(node))
        return Scenario(
            self.start,
            self.until,
            self.zone,
            staff,
            people,
            shifts,
            days,
            happenings,
            tuple(sorted(events, key=lambda event: event.at)),
            tuple(troubles),
        )

    def _list(self, key: str) -> Iterator[Any]:
        section = self.root.get(key)
        if section is None:
            return
        if not isinstance(section, list):
            raise self.wrong(self.root, key, f"`{key}` is no list", "begin each entry with a dash")
        for place, node in enumerate(section):
            if not isinstance(node, dict):
                mend = "write {key: value, ...} after the dash"
                raise self.wrong(section, place, "this entry has no keys", mend)
            yield node

    def _twice(self, *sections: str) -> None:
        seen: set[str] = set()
        for section in sections:
            for node in self._list(section):
                name = str(node["name"]).casefold()
                if name in seen:
                    raise self.wrong(node, "name", f"`{node['name']}` is there twice", "rename one")
                seen.add(name)

    def _staff(self, node: Any) -> Staff:
        self.only(node, {"name", "role", "email", "language", "timezone"})
        roles = {role.value: role for role in Role if role is not Role.CLIENT}
        return Staff(
            self._text(node, "name"),
            self._one_of(node, "role", roles, Role.OUTREACH_WORKER),
            self._enum(node, "language", Language, Language.EN),
            zone(self, node, "timezone", self.zone),
            self._text(node, "email", ""),
        )

    def _person(self, node: Any) -> Person:
        self.only(node, {"name", "worker", "language", "timezone", "quiet_hours", "checkin_time"})
        quiet = self._text(node, "quiet_hours", "21:00-09:00")
        checkin = self._text(node, "checkin_time", "10:00")
        try:
            span_ = Span.parse(quiet)
        except ValueError:
            mend = 'write hours such as "21:00-09:00"'
            raise self.wrong(node, "quiet_hours", f"`{quiet}` are no hours", mend) from None
        try:
            wish = clock_time(checkin)
        except ValueError:
            mend = 'write a time such as "10:00"'
            raise self.wrong(node, "checkin_time", f"`{checkin}` is no time", mend) from None
        return Person(
            self._text(node, "name"),
            self._name(node, "worker", self.workers, "workers"),
            self._enum(node, "language", Language, Language.EN),
            zone(self, node, "timezone", self.zone),
            (_face(span_.start), _face(span_.end)),
            _face(wish),
        )

    def _shift(self, node: Any) -> Shift:
        self.only(node, {"worker", "from", "to"})
        starts, ends = self._at(node, "from"), self._at(node, "to")
        if ends <= starts:
            raise self.wrong(node, "to", "`to` is not later than `from`", "write a later time")
        return Shift(self._name(node, "worker", self.workers, "workers"), starts, ends)

    def _day(self, node: Any) -> Day:
        self.only(node, {"client", "kind", "what", "date", "wants"})
        mend = 'write a day such as "2024-03-05"'
        value = self.get(node, "date", object, mend)
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
        except (ValueError, TypeError):
            raise self.wrong(node, "date", f"`{value}` is no day", mend) from None
        return Day(
            self._name(node, "client", self.clients, "clients"),
            self._enum(node, "kind", DateKind),
            self._text(node, "what", ""),
            day.date() if isinstance(day, datetime) else day,
            self._enum(node, "wants", Wants, Wants.MESSAGES),
        )

    def _happening(self, node: Any) -> Happening:
        self.only(node, {"client", "kind", "at"})
        return Happening(
            self._name(node, "client", self.clients, "clients"),
            self._enum(node, "kind", Situation),
            self._at(node, "at"),
        )

    def _event(self, node: Any) -> Event:
        self.only(node, {"at", "from", "says", "does", "outcome"})
        at = self._moment(node)
        if ("says" in node) == ("does" in node):
            mend = "write one of says, does or fault"
            raise self.wrong(node, None, "this event says nothing to do", mend)
        if "says" in node:
            who = self._name(node, "from", self.workers | self.clients, "people")
            self._only_with(node, "outcome", "does")
            return Event(at, who, says=self._text(node, "says"))
        who = self._name(node, "from", self.workers, "workers")
        move = self._enum(node, "does", Move)
        outcome = "_".join(self._text(node, "outcome", "").lower().split())
        if outcome and move is not Move.CLOSE:
            raise self.wrong(node, "outcome", "only `close` has an outcome", "take it out")
        if outcome and outcome not in self.outcomes:
            mend = "use one of: " + ", ".join(self.outcomes)
            raise self.wrong(node, "outcome", f"`{outcome}` is not known", mend)
        return Event(at, who, move=move, outcome=outcome)

    def _trouble(self, node: Any) -> Trouble:
        self.only(node, {"at", "fault", "for", "who"})
        at, fault = self._moment(node), self._enum(node, "fault", Fault)
        who = ""
        if fault is Fault.BLOCKED_BOT:
            who = self._name(node, "who", self.workers | self.clients, "people")
        else:
            self._only_with(node, "who", Fault.BLOCKED_BOT)
        if "for" not in node and who:
            return Trouble(at, fault, None, who)
        mend = "write how long, such as 90s, 15m, 2h or 1d"
        value = self.get(node, "for", object, mend)
        try:
            return Trouble(at, fault, at + span(value), who)
        except (ValueError, OverflowError):
            raise self.wrong(node, "for", f"`{value}` is no time span", mend) from None

    def _only_with(self, node: Any, key: str, other: str) -> None:
        if key in node:
            raise self.wrong(node, key, f"`{key}` belongs to `{other}` only", "take it out")

    def _moment(self, node: Any) -> datetime:
        at = self._at(node, "at")
        if at < self.start:
            mend = "write a time from `start` on"
            raise self.wrong(node, "at", "this happens before `start`", mend)
        return at

    def _at(self, node: Any, key: str) -> datetime:
        value = self.get(node, key, object, AT)
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (ValueError, TypeError):
            raise self.wrong(node, key, f"`{value}` is no time", AT) from None
        if at.tzinfo is None or not 1971 < at.year < 9000:
            raise self.wrong(node, key, f"`{value}` has no offset or no such year", AT)
        return at

    def _text(self, node: Any, key: str, default: Any = ...) -> str:
        value = self.get(node, key, object, f"add `{key}:`", default)
        if not isinstance(value, (str, int, float, time)) or isinstance(value, bool):
            raise self.wrong(node, key, f"`{key}` is no text", "put the text in quotes")
        text = str(value)
        if not text.strip() and default is ... and key != "says":
            raise self.wrong(node, key, f"`{key}` is empty", f"write something after `{key}:`")
        return text if key == "says" else text.strip()

    def _name(self, node: Any, key: str, known: set[str], what: str) -> str:
        name = self._text(node, key)
        if name not in known:
            mend = f"the {what} are: {', '.join(sorted(known)) or 'none yet'}"
            raise self.wrong(node, key, f"`{name}` is not known", mend)
        return name

    def _enum(self, node: Any, key: str, kind: type[E], default: Any = ...) -> E:
        return self._one_of(node, key, {one.value: one for one in kind}, default)

    def _one_of(self, node: Any, key: str, choices: Mapping[str, E], default: Any = ...) -> E:
        mend = "use one of: " + ", ".join(choices)
        value = self.get(node, key, object, mend, default)
        if isinstance(value, StrEnum) and value in choices.values():
            return choices[value.value]
        if not isinstance(value, str) or value not in choices:
            raise self.wrong(node, key, f"`{value}` is not known", mend)
        return choices[value]


def _face(at: time) -> str:
    return at.strftime("%H:%M")
