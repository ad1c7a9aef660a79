"""/handover and /nevertell: what a supervisor moves, and what a client told their worker aloud."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.people import Role
from bot.errors import SafError
from bot.service.people import caseload, never
from bot.service.staff import code_words
from bot.service.staff.desk import Desk
from bot.store import people
from bot.store.tables import ButtonRow, Client, Worker


def offer(desk: Desk, words: Sequence[str]) -> None:
    """Ask once more before a caseload goes: FROM TO; supervisors only."""
    found = _two(desk, words)
    if desk.worker.role is not Role.SUPERVISOR:
        desk.say("utter_worker_not_yours")
    elif found is None:
        desk.say("utter_usage_handover")
    else:
        before, to = found
        try:
            caseload.check(before, to)
        except SafError:
            desk.say("utter_usage_handover")
            return
        count = len(_known(desk, before))
        press = desk.button("hand_over", value=f"{before.id}:{to.id}")
        name, other = _name(desk, before), _name(desk, to)
        desk.say("utter_handover_sure", buttons=[[press]], count=count, worker=name, other=other)


def tapped(desk: Desk, button: ButtonRow) -> None:
    """Hand a caseload over; who stays where they are is named."""
    before, to = (desk.s.get(Worker, one) for one in button.value.split(":"))
    if desk.worker.role is not Role.SUPERVISOR or before is None or to is None or not to.active:
        desk.say("utter_worker_not_yours")
        return
    became = caseload.move(desk.s, desk.house, desk.at, before, to, desk.worker.id)
    lines = [desk.text("utter_handover_done", other=_name(desk, to))]
    for client, other in became.elsewhere:
        if people.may_know(desk.worker, client):
            alias = people.alias(desk.house.sealer, client)
            lines.append(desk.text("utter_handover_else", alias=alias, other=_name(desk, other)))
    for client in became.stay:
        if people.may_know(desk.worker, client):
            alias = people.alias(desk.house.sealer, client)
            lines.append(desk.text("utter_handover_stays", alias=alias))
    desk.tell("\n".join(lines), shows=True)


def never_tell(desk: Desk, client: Client, words: Sequence[str]) -> None:
    """Keep who must not be told about a client, and who hears instead: NAME, INSTEAD."""
    named, _, instead = " ".join(words).partition(",")
    worker, other = _worker(desk, named), _worker(desk, instead)
    alias = people.alias(desk.house.sealer, client)
    if worker is None or (instead.strip() and other is None):
        desk.say("utter_usage_nevertell")
        return
    try:
        with desk.s.begin_nested():
            never.keep(desk.s, desk.house, desk.at, client, worker, other, desk.worker.id)
    except SafError:
        desk.say("utter_nevertell_not", about=client, alias=alias)
        return
    name = "utter_nevertell_kept" if other is not None else "utter_nevertell_nobody"
    hears = _name(desk, other) if other is not None else ""
    desk.say(name, about=client, alias=alias, worker=_name(desk, worker), other=hears)


def question(desk: Desk, client: Client, words: Sequence[str]) -> None:
    """Keep the question agreed aloud; the message with it leaves the chat."""
    code_words.keep_question(desk.house, client, " ".join(words))
    desk.audit("agreed_question_set", client)
    alias = people.alias(desk.house.sealer, client)
    desk.say("utter_question_kept" if words else "utter_question_gone", about=client, alias=alias)


def _known(desk: Desk, worker: Worker) -> list[Client]:
    found = caseload.clients_of(desk.s, worker)
    return [client for client in found if people.may_know(desk.worker, client)]


def _two(desk: Desk, words: Sequence[str]) -> tuple[Worker, Worker] | None:
    for place in range(1, len(words)):
        first = _worker(desk, " ".join(words[:place]))
        second = _worker(desk, " ".join(words[place:]))
        if first is not None and second is not None:
            return first, second
    return None


def _worker(desk: Desk, name: str) -> Worker | None:
    found = people.worker_by_name(desk.s, desk.house.sealer, name) if name.strip() else None
    return found if found is not None and found.active else None


def _name(desk: Desk, worker: Worker) -> str:
    return people.worker_name(desk.house.sealer, worker)
