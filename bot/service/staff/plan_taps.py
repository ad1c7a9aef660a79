"""A worker's taps about plans: incidents and dates in three taps, lines and comments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from bot.core import hours
from bot.core.dates import PAST, DateKind
from bot.core.people import PhoneState, Situation
from bot.core.plan import By, Section
from bot.service import dates, incidents
from bot.service.planning.plans import answer_proposal as answered
from bot.service.staff import need_taps, plans
from bot.service.staff.desk import Desk
from bot.store import people
from bot.store import plans as store
from bot.store.outbox import Press
from bot.store.tables import ButtonRow, Client

BACK = 6  # days back that are offered as buttons; an older one is written as a command
AHEAD = 7


def _on_client(does: Callable[[Desk, ButtonRow, Client], None]) -> Does:
    """Do something about the client of a button, if this worker may see them."""

    def tapped(desk: Desk, button: ButtonRow) -> None:
        client = desk.s.get(Client, button.value)
        if client is None or client.key is None or not desk.sees(client):
            desk.say("utter_worker_not_yours")
        else:
            does(desk, button, client)

    return tapped


def _ask(desk: Desk, client: Client, name: str, rows: list[list[Press]]) -> None:
    alias = people.alias(desk.house.sealer, client)
    desk.say(name, about=client, buttons=rows, alias=alias)


def _pairs(presses: list[Press]) -> list[list[Press]]:
    return [presses[place : place + 2] for place in range(0, len(presses), 2)]


def _each_situation(desk: Desk, client: Client, does: str) -> list[list[Press]]:
    return _pairs(
        [
            desk.button(
                does,
                label=desk.text(f"utter_situation_{one}"),
                step=one.value,
                value=client.id,
            )
            for one in Situation
        ]
    )


def _offer(desk: Desk, button: ButtonRow, client: Client) -> None:
    _ask(desk, client, "utter_plan_ask_situation", _each_situation(desk, client, "plan_offer_as"))


def _offer_as(desk: Desk, button: ButtonRow, client: Client) -> None:
    plans.offer(desk, client, Situation(button.step))


def _propose(desk: Desk, button: ButtonRow, client: Client) -> None:
    presses = [
        desk.button(
            "plan_propose_in",
            label=desk.text(f"utter_plan_short_{section}"),
            step=section.value,
            value=client.id,
        )
        for section in Section
    ]
    _ask(desk, client, "utter_plan_ask_part", _pairs(presses))


def _propose_in(desk: Desk, button: ButtonRow, client: Client) -> None:
    plans.write_line(desk, client, Section(button.step))


def _comment(desk: Desk, button: ButtonRow, client: Client) -> None:
    presses = [
        desk.button(
            "plan_comment_on",
            label=store.words(desk.house.sealer, client, item)[:40],
            step=item.id,
            value=client.id,
        )
        for item in plans.items_to_comment(desk, client)
    ]
    _ask(desk, client, "utter_plan_ask_item", [[press] for press in presses])


def _comment_on(desk: Desk, button: ButtonRow, client: Client) -> None:
    item = store.item_of(desk.s, client, button.step)
    if item is None or item not in plans.items_to_comment(desk, client):
        desk.say("utter_plan_no_line")
    else:
        plans.write_comment(desk, client, item)


def _incident(desk: Desk, button: ButtonRow, client: Client) -> None:
    rows = _each_situation(desk, client, "plan_incident_as")
    _ask(desk, client, "utter_plan_ask_incident", rows)


def _days(desk: Desk, client: Client, does: str, step: str, back: int, ahead: int) -> None:
    """Ask which day it is, by buttons from the past to what is coming."""
    today = desk.at.astimezone(ZoneInfo(client.timezone)).date()
    presses = []
    for offset in [*range(0, -back - 1, -1), *range(1, ahead + 1)]:
        day = today + timedelta(days=offset)
        known = {0: "utter_days_today", -1: "utter_days_yesterday"}
        label = desk.text(known[offset]) if offset in known else day.isoformat()
        presses.append(
            desk.button(does, label=label, step=f"{step}:{day.isoformat()}", value=client.id)
        )
    _ask(desk, client, "utter_plan_ask_when", _pairs(presses))


def _incident_as(desk: Desk, button: ButtonRow, client: Client) -> None:
    _days(desk, client, "plan_incident_on", button.step, BACK, 0)


def _split(step: str) -> tuple[str, date]:
    kind, _, day = step.partition(":")
    return kind, date.fromisoformat(day)


def _incident_on(desk: Desk, button: ButtonRow, client: Client) -> None:
    kind, day = _split(button.step)
    alias = people.alias(desk.house.sealer, client)
    if client.phone is PhoneState.DECEASED:
        desk.say("utter_phone_never_undone", about=client, alias=alias)
        return
    noon = hours.local(day, time(12), client.timezone)
    happened = min(desk.at, noon)  # of today: now, if it is not noon yet
    incidents.record(desk.s, desk.house, desk.at, client, Situation(kind), happened)
    desk.audit("incident_recorded", client)
    what = desk.text(f"utter_situation_{kind}")
    desk.say("utter_incident_kept", about=client, alias=alias, what=what, day=day.isoformat())


def _date(desk: Desk, button: ButtonRow, client: Client) -> None:
    presses = [
        desk.button(
            "plan_date_as",
            label=desk.text(f"utter_date_kind_{kind}"),
            step=kind.value,
            value=client.id,
        )
        for kind in DateKind
    ]
    _ask(desk, client, "utter_plan_ask_date_kind", _pairs(presses))


def _date_as(desk: Desk, button: ButtonRow, client: Client) -> None:
    past = DateKind(button.step) in PAST or button.step == DateKind.ANNIVERSARY
    _days(desk, client, "plan_date_on", button.step, BACK if past else 0, 0 if past else AHEAD)


def _date_on(desk: Desk, button: ButtonRow, client: Client) -> None:
    kind, day = _split(button.step)
    alias = people.alias(desk.house.sealer, client)
    dates.record(desk.s, desk.house, desk.at, client, DateKind(kind), day)
    desk.audit("date_recorded", client)
    desk.say("utter_date_kept", about=client, alias=alias, day=day.isoformat())


def _for_them(desk: Desk, button: ButtonRow, client: Client) -> None:
    if not plans.ask_by_hand(desk, client):
        desk.say("utter_plan_no_line")


def _for_yes(desk: Desk, button: ButtonRow, client: Client) -> None:
    _settle_for(desk, button, client, True)


def _for_no(desk: Desk, button: ButtonRow, client: Client) -> None:
    _settle_for(desk, button, client, False)


def _settle_for(desk: Desk, button: ButtonRow, client: Client, yes: bool) -> None:
    """Keep what a client without a phone said to their worker about a line; it is recorded who
    settled it."""
    item = store.item_of(desk.s, client, button.step)
    if item is None or item not in plans.proposed_by_hand(desk, client):
        desk.say("utter_plan_no_line")
        return
    answered(desk.s, desk.house, desk.at, client, item, yes, by=By.WORKER)
    desk.audit("plan_accepted_for_them" if yes else "plan_refused_for_them", client)
    alias = people.alias(desk.house.sealer, client)
    name = "utter_plan_kept_for_them" if yes else "utter_plan_refused_for_them"
    desk.say(name, about=client, alias=alias)
    plans.ask_by_hand(desk, client)


def _guide(desk: Desk, button: ButtonRow, client: Client) -> None:
    desk.say("utter_plan_guide")


Does = Callable[[Desk, ButtonRow], None]
DOES: dict[str, Does] = {
    "plan_offer": _on_client(_offer),
    "plan_offer_as": _on_client(_offer_as),
    "plan_propose": _on_client(_propose),
    "plan_propose_in": _on_client(_propose_in),
    "plan_comment": _on_client(_comment),
    "plan_comment_on": _on_client(_comment_on),
    "plan_incident": _on_client(_incident),
    "plan_incident_as": _on_client(_incident_as),
    "plan_incident_on": _on_client(_incident_on),
    "plan_date": _on_client(_date),
    "plan_date_as": _on_client(_date_as),
    "plan_date_on": _on_client(_date_on),
    "plan_guide": _on_client(_guide),
    "plan_for_them": _on_client(_for_them),
    "plan_for_yes": _on_client(_for_yes),
    "plan_for_no": _on_client(_for_no),
    **need_taps.DOES,
}
