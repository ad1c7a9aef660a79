"""What is kept about one client, as a text for that client: nothing left out but other people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.danger import Signal
from bot.core.flows import Flow
from bot.core.people import Language
from bot.core.plan import ItemState
from bot.service import dates, runs, speak
from bot.service.house import House
from bot.service.planning import needs
from bot.store import inbox, people, plans
from bot.store.tables import Alert, Checkin, Client, FlowRun, Inbox, Incident, Seen


def about(s: Session, house: House, at: datetime, client: Client, language: Language) -> str:
    """Return what is kept about a client, in their language."""
    page = _Page(s, house, client, language)
    parts = (
        page.person(at),
        page.dates(),
        page.incidents(),
        page.plan(),
        page.answers(),
        page.checkins(),
        page.danger(),
        page.words(),
    )
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


class _Page:
    """One client's page; each part yields its lines, none when there is nothing."""

    def __init__(self, s: Session, house: House, client: Client, language: Language) -> None:
        self._s, self._house, self._client, self._language = s, house, client, language
        self._zone = ZoneInfo(client.timezone)
        self._box = people.box(house.sealer, client)

    def _say(self, name: str, **facts: Any) -> str:
        return speak.text(self._house, name, self._language, **facts)

    def _day(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d}"

    def person(self, at: datetime) -> Iterator[str]:
        client = self._client
        yield self._say("utter_export_head", day=self._day(at))
        yield self._say(
            "utter_export_person",
            alias=people.alias(self._house.sealer, client),
            worker=speak.worker_for(self._s, self._house, client, at),
            state=self._say(f"utter_export_state_{client.state}"),
            what=self._say(f"utter_phone_{client.phone}"),
        )
        hours = f"{client.quiet_from}-{client.quiet_to}"
        yield self._say("utter_export_hours", hours=hours, time=client.checkin_time)
        if client.situation is not None:
            what = self._say(f"utter_situation_{client.situation}")
            yield self._say("utter_export_situation", what=what)
        if client.code_word is not None:
            yield self._say("utter_export_code_word")
        if client.agreed_question is not None:
            words = self._box.open("client.agreed_question", client.id, client.agreed_question)
            yield self._say("utter_export_question", words=words)
        if client.never_tell:
            yield self._say("utter_export_never_tell", count=len(client.never_tell))
        if client.consented_at is not None:
            yield self._say("utter_export_agreed", day=self._day(client.consented_at))

    def dates(self) -> Iterator[str]:
        for found in dates.of_client(self._s, self._client):
            what = dates.what_of(self._house, self._client, found)
            kind = self._say(f"utter_date_kind_{found.kind}")
            day = dates.day_of(self._house, self._client, found).isoformat()
            yield self._say("utter_export_date", day=day, what=f"{kind}, {what}" if what else kind)

    def incidents(self) -> Iterator[str]:
        mine = sa.select(Incident).where(Incident.client_id == self._client.id)
        for found in self._s.scalars(mine.order_by(Incident.at)):
            what = self._say(f"utter_situation_{found.kind}")
            yield self._say("utter_export_happened", day=self._day(found.at), what=what)

    def plan(self) -> Iterator[str]:
        """Yield the whole plan, what is marked "only me" too: this is the client's own paper."""
        for item in plans.items(self._s, self._client, *ItemState):
            yield self._say(
                "utter_export_plan",
                what=self._say(f"utter_plan_section_{item.section}"),
                words=plans.words(self._house.sealer, self._client, item),
            )
        for need in plans.needs(self._s, self._client):
            line = needs.line(self._house, need, self._client)
            yield self._say("utter_export_need", day=self._day(need.made_at), what=line)
        for row in plans.situations(self._s, self._client):
            what = self._say(f"utter_situation_{row.situation}")
            state = self._say(f"utter_plan_by_situation_{row.state}")
            yield self._say("utter_export_plan_about", what=what, state=state)

    def answers(self) -> Iterator[str]:
        mine = sa.select(FlowRun).where(FlowRun.client_id == self._client.id)
        for run in self._s.scalars(mine.order_by(FlowRun.began_at, FlowRun.id)):
            flow = runs.flow_of(run)
            for step, value in runs.answers(self._s, self._house, self._client, run).items():
                yield self._say(
                    "utter_export_answer",
                    day=self._day(run.began_at),
                    question=self._question(flow, step),
                    words=self._label(flow, step, value),
                )

    def _question(self, flow: Flow, step: str) -> str:
        """Return what was asked; the step's name where the text is not there any more."""
        name = f"utter_ask_{flow.name}_{step}"
        if not self._house.content.texts.has(name):
            return step
        facts = speak.facts(self._s, self._house, self._client, self._client.made_at)
        return self._say(name, **facts)

    def _label(self, flow: Flow, step: str, value: str) -> str:
        try:
            choice = flow.step(step).choice(value)
        except KeyError:
            return value
        return choice.label[self._language] if choice is not None else value

    def checkins(self) -> Iterator[str]:
        mine = sa.select(Checkin.state).where(Checkin.client_id == self._client.id)
        for state, count in sorted(Counter(self._s.scalars(mine)).items()):
            yield self._say(f"utter_export_checkins_{state}", count=count)

    def danger(self) -> Iterator[str]:
        mine = sa.select(Alert).where(Alert.client_id == self._client.id)
        for alert in self._s.scalars(mine.order_by(Alert.id)):
            why = self._box.open("alert.why", alert.id, alert.why) if alert.why else "-"
            yield self._say(
                "utter_export_alert",
                day=self._day(alert.opened_at),
                urgency=self._say(f"utter_urgency_{alert.urgency}"),
                signals=", ".join(self._meaning(Signal(one)) for one in alert.signals) or "-",
                why=why,
                outcome=self._say(f"utter_outcome_{alert.outcome or 'unsaid'}"),
            )
        seen = sa.select(Seen).where(Seen.client_id == self._client.id, Seen.alert_id.is_(None))
        for one in self._s.scalars(seen.order_by(Seen.at)):
            signals = self._meaning(one.signal)
            yield self._say("utter_export_seen", day=self._day(one.at), signals=signals)

    def _meaning(self, signal: Signal) -> str:
        return self._house.content.signals.of(signal).meaning[self._language]

    def words(self) -> Iterator[str]:
        mine = sa.select(Inbox).where(Inbox.client_id == self._client.id, Inbox.text.is_not(None))
        for row in self._s.scalars(mine.order_by(Inbox.place)):
            words = inbox.words(self._house.sealer, row, self._client)
            yield self._say("utter_export_words", day=self._day(row.received_at), words=words)
