"""/plan: what a worker sees of a client's plan, and how they bring something into it.

What a client marked "only me" is counted and never shown. The client keeps what the worker
proposes, or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.core.hours import out_of_quiet
from bot.core.messages import Kind
from bot.core.people import ClientState, Role, Situation
from bot.core.plan import By, Did, ItemState, Section, Term
from bot.core.plan_words import kept
from bot.service import checkins, speak
from bot.service.planning import needs, plan_taps, reviews, situations
from bot.service.staff import pin
from bot.service.staff.desk import Desk
from bot.store import people
from bot.store import plans as store
from bot.store.outbox import Press
from bot.store.tables import Client, ClientSituation, Plan, PlanItem

WRITING = ("plan_line", "plan_comment")  # what the worker's next text may be about a plan
# Where the talk guide for leaving a bad ride helps.
_GUIDE = (Situation.LOST_SOMEONE, Situation.RECENTLY_SHOT, Situation.GROUP_CONFLICT)


def show(desk: Desk, client: Client) -> None:
    """Show a client's plan and what can be done with it; the look is recorded."""
    desk.audit("plan_shown", client)
    desk.tell(
        "\n".join(sheet(desk, client)), buttons=_buttons(desk, client), about=client, shows=True
    )


def sheet(desk: Desk, client: Client) -> Iterator[str]:
    """Yield the lines of a client's plan as their worker may read it."""
    alias = people.alias(desk.house.sealer, client)
    plan = store.of_client(desk.s, client)
    yield _head(desk, client, plan, alias)
    found = store.situations(desk.s, client)
    if found:
        yield desk.text("utter_plan_about", list=", ".join(_situation(desk, one) for one in found))
    items = store.items(desk.s, client, ItemState.ACTIVE, ItemState.PROPOSED)
    for section in Section:
        for term in Term:
            mine = [i for i in items if i.section is section and i.term is term and not i.only_me]
            if mine:
                name = desk.text(f"utter_plan_section_{section}")
                yield f"\n{name}. {desk.text(f'utter_plan_term_{term}')}"
                yield from (_line(desk, client, item) for item in mine)
    hidden = sum(item.only_me for item in items)
    if hidden:
        yield "\n" + desk.text("utter_plan_more_hidden", count=hidden)
    asked = store.needs(desk.s, client)
    if asked:
        yield "\n" + desk.text("utter_plan_asked")
        yield from (f"- {needs.line(desk.house, need, desk.worker)}" for need in asked)


def _head(desk: Desk, client: Client, plan: Plan | None, alias: str) -> str:
    if plan is None:
        return desk.text("utter_plan_sheet_none", alias=alias)
    old = reviews.stale(desk.s, desk.house, desk.at, client)
    return desk.text(
        "utter_plan_sheet",
        alias=alias,
        number=plan.version,
        day=f"{plan.reviewed_at.astimezone(ZoneInfo(client.timezone)):%Y-%m-%d}",
        state=desk.text("utter_plan_stale" if old else "utter_plan_fresh"),
    )


def _situation(desk: Desk, row: ClientSituation) -> str:
    state = desk.text(f"utter_plan_by_situation_{row.state}")
    return f"{desk.text(f'utter_situation_{row.situation}')} ({state})"


def _line(desk: Desk, client: Client, item: PlanItem) -> str:
    words = store.words(desk.house.sealer, client, item)
    waits = item.state is ItemState.PROPOSED
    return f"- {words}" + (f" ({desk.text('utter_plan_proposed_sheet')})" if waits else "")


def _buttons(desk: Desk, client: Client) -> list[list[Press]]:
    does = ["plan_offer", "plan_propose", "plan_incident", "plan_date"]
    if any(not item.only_me for item in store.items(desk.s, client)):
        does.insert(2, "plan_comment")
    if proposed_by_hand(desk, client):
        does.append("plan_for_them")
    if {row.situation for row in store.situations(desk.s, client)} & set(_GUIDE):
        does.append("plan_guide")
    for need in store.needs(desk.s, client):
        if needs.buttons(desk.house, desk.worker, need)[0]:
            does.append(f"need:{need.id}")
    presses = [_press(desk, client, one) for one in does]
    return [presses[place : place + 2] for place in range(0, len(presses), 2)]


def proposed_by_hand(desk: Desk, client: Client) -> Sequence[PlanItem]:
    """Return what is proposed to a client who has no phone with us to answer it on."""
    if not speak.silenced(client, Kind.QUESTION) or situations.may_not(client):
        return []
    return store.items(desk.s, client, ItemState.PROPOSED)


def ask_by_hand(desk: Desk, client: Client) -> bool:
    """Ask what the client said in person to the next line proposed; False when there is none."""
    waiting = proposed_by_hand(desk, client)
    if not waiting:
        return False
    presses = [
        desk.button(does, step=waiting[0].id, value=client.id)
        for does in ("plan_for_yes", "plan_for_no")
    ]
    desk.say(
        "utter_plan_ask_for_them",
        about=client,
        buttons=[presses],
        alias=people.alias(desk.house.sealer, client),
        words=store.words(desk.house.sealer, client, waiting[0]),
    )
    return True


def _press(desk: Desk, client: Client, does: str) -> Press:
    name, _, need_id = does.partition(":")
    if not need_id:
        return desk.button(name, value=client.id)
    need = next(one for one in store.needs(desk.s, client) if one.id == need_id)
    return desk.button("need", label=desk.text(f"utter_need_{need.kind}")[:40], value=need_id)


def old_ones(desk: Desk) -> list[str]:
    """Return a line for each client of the worker whose plan should be gone through again."""
    if desk.worker.role is Role.OPERATOR:
        return []
    mine = sa.select(Client).join(Plan, Plan.client_id == Client.id)
    mine = mine.where(Client.key.is_not(None), Client.state != ClientState.LEFT)
    lines = []
    for client in desk.s.scalars(mine.order_by(Client.made_at)):
        if desk.sees(client) and reviews.stale(desk.s, desk.house, desk.at, client):
            desk.audit("plan_stale_shown", client)
            alias = people.alias(desk.house.sealer, client)
            lines.append(desk.text("utter_today_plan_stale", alias=alias))
    return lines


def overview(desk: Desk) -> None:
    """List whose plans are old."""
    lines = old_ones(desk)
    if lines:
        desk.tell(desk.text("utter_plans_stale", list="\n".join(lines)), shows=True)
    else:
        desk.say("utter_plans_none_stale")


def offer(desk: Desk, client: Client, which: Situation) -> None:
    """Set a situation and offer its plan now; the words do not say what it is about."""
    s, house, at = desk.s, desk.house, desk.at
    situations.set_to(s, at, client, which)
    desk.audit("plan_offered", client)
    alias = people.alias(house.sealer, client)
    if speak.silenced(client, Kind.QUESTION) or situations.may_not(client):
        client.situation = client.situation or which
        desk.say("utter_plan_offer_waits", about=client, alias=alias)
        return
    words = speak.text(house, "utter_plan_offer_cover", client.language)
    presses = situations.offered(s, house, at, client, which)
    _unasked(desk, client, words, presses)
    desk.say("utter_plan_offered", about=client, alias=alias)


def _unasked(desk: Desk, client: Client, words: str, presses: list[list[Press]]) -> None:
    """Send what the client did not ask for, not before their quiet hours are over."""
    when = out_of_quiet(desk.at, client.timezone, checkins.quiet(client))
    speak.to_client(
        desk.s,
        desk.house,
        desk.at,
        client,
        Kind.QUESTION,
        words,
        buttons=presses,
        not_before=when,
        as_is=True,  # says on any phone no more than that there is a note
    )


def write_line(desk: Desk, client: Client, section: Section) -> None:
    """Wait for the line that the worker proposes for a part."""
    pin.wait_for(desk, "plan_line", {"client": client.id, "section": section.value})
    alias = people.alias(desk.house.sealer, client)
    desk.say("utter_plan_ask_line", about=client, alias=alias)


def write_comment(desk: Desk, client: Client, item: PlanItem) -> None:
    """Wait for what the worker says to an item."""
    pin.wait_for(desk, "plan_comment", {"client": client.id, "item": item.id})
    alias = people.alias(desk.house.sealer, client)
    desk.say("utter_plan_ask_comment", about=client, alias=alias)


def items_to_comment(desk: Desk, client: Client) -> Sequence[PlanItem]:
    """Return the items that a worker may comment: those that they may see."""
    return [item for item in store.items(desk.s, client) if not item.only_me]


def written(desk: Desk, waiting: dict[str, str], words: str) -> None:
    """Keep the line or the comment that was waited for, and leave the client a note of it."""
    desk.worker.writing = None
    if desk.row is not None:
        desk.row.delete_at = desk.at
    client = desk.s.get(Client, waiting["client"])
    if client is None or client.key is None or not desk.sees(client):
        desk.say("utter_worker_not_yours")
        return
    said = kept(words, plan_taps.LONGEST)
    if waiting["what"] == "plan_line":
        section = Section(waiting["section"])
        item: PlanItem | None = store.add(
            desk.s,
            desk.house.sealer,
            client,
            desk.at,
            section,
            Term.SHORT,
            said,
            state=ItemState.PROPOSED,
            by=By.WORKER,
        )
        did = Did.PROPOSED
    else:
        item = store.item_of(desk.s, client, waiting["item"])
        did = Did.COMMENTED
        if item is None or item.state is not ItemState.ACTIVE or item.only_me:
            desk.say("utter_plan_no_line")
            return
        store.say(desk.house.sealer, client, item, said)
    store.note(desk.s, client, desk.at, did, By.WORKER, item)
    desk.audit(f"plan_{did}", client)
    if ask_by_hand(desk, client):
        return
    _leave_note(desk, client, item)
    alias = people.alias(desk.house.sealer, client)
    desk.say("utter_plan_sent", about=client, alias=alias)


def _leave_note(desk: Desk, client: Client, item: PlanItem | None) -> None:
    """Tell the client that there is a note; what it says opens only when they ask."""
    if item is None or situations.may_not(client):
        return
    press = speak.button(desk.house, client.language, "plan_notes")
    if item.state is ItemState.ACTIVE:
        label = speak.text(desk.house, "utter_button_plan_notes", client.language)
        value = item.section.value
        press = speak.button(desk.house, client.language, "plan_section", label=label, value=value)
    name = "utter_plan_note"
    facts = speak.facts(desk.s, desk.house, client, desk.at)
    words = speak.text(desk.house, name, client.language, **facts)
    _unasked(desk, client, words, [[press]])
