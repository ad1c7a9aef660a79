"""Safety plans: what a client's answers and taps do to theirs. The words are theirs alone.

Versions keep that something changed and when, never how it read before: what is not kept cannot
be asked for by a court.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core import effects as fx
from bot.core.answers import fold
from bot.core.flows import LATER, SKIP, Step
from bot.core.people import Situation
from bot.core.plan import By, Did, ItemState, Section, SituationState, Term
from bot.core.plan_words import without_beginning
from bot.service import covering, runs
from bot.service.house import House
from bot.service.planning import needs, reviews, steps
from bot.store import people
from bot.store import plans as store
from bot.store.tables import Answer, Client, FlowRun, PlanItem, RunState, new_id

SAID = "said"  # stands in a run for own words: the words themselves stand in the plan alone
ADD, CHANGE = "plan_add", "plan_change"
BASE = "plan_base"


def flow_name(situation: Situation) -> str:
    """Return the name of the flow that makes a situation's plan."""
    return f"plan_{situation}"


def answered(
    s: Session, house: House, at: datetime, client: Client, run: FlowRun, effect: fx.SaveAnswer
) -> None:
    """Put an answer to a plan's question into the plan, and ask the worker for what is needed."""
    step = runs.flow_of(run).step(effect.step)
    choice = None if effect.own else step.choice(effect.value)
    need = choice.need if choice is not None else effect.need
    if need:
        needs.ask(s, house, at, client, needs.NeedKind(need))
    words = effect.value if effect.own else choice.words(client.language) if choice else ""
    if not words:
        return
    if run.flow == CHANGE:
        item = store.item_of(s, client, run.about)
        if item is not None and item.state is ItemState.ACTIVE:
            asked = steps.question(house, item)
            opened = words if asked is None else _opened(asked, words, client.language)
            change(s, house, at, client, item, opened)
    elif run.flow == ADD:
        section, _, term = run.about.partition(":")
        keep(s, house, at, client, Section(section), Term(term or Term.SHORT), words)
    elif step.section:
        section, term = step.section, step.term
        words = _opened(step, words, client.language)
        source = f"{run.flow}.{step.id}"
        keep(s, house, at, client, Section(section), Term(term), words, source=source)


def _opened(step: Step, words: str, language: str) -> str:
    """Return an answer as it stands in the plan, with what opens it there said once."""
    if step.opens is None:
        return words
    return (
        f"{step.opens[language]} {without_beginning(words, (step.drops or {}).get(language, ()))}"
    )


def keep(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    section: Section,
    term: Term,
    words: str,
    *,
    source: str = "",
) -> PlanItem:
    """Keep an item; the same question answered anew changes the item that it led to."""
    had = store.from_source(s, client, source) if source else None
    if had is not None:
        change(s, house, at, client, had, words)
        return had
    for same in store.items(s, client, section=section):
        if same.term is term and fold(store.words(house.sealer, client, same)) == fold(words):
            same.checked_at = at
            return same  # said for another situation too; once is enough
    item = store.add(s, house.sealer, client, at, section, term, words, source=source)
    store.note(s, client, at, Did.ADDED, By.CLIENT, item)
    return item


def change(
    s: Session, house: House, at: datetime, client: Client, item: PlanItem, words: str
) -> None:
    """Give an item other words; nothing changes when they are the same."""
    if words != store.words(house.sealer, client, item):
        store.reword(house.sealer, client, item, words, at)
        store.note(s, client, at, Did.CHANGED, By.CLIENT, item)
    item.checked_at = at


def drop(s: Session, at: datetime, client: Client, item: PlanItem) -> None:
    """Take an item out; its words are erased at once, but under a legal hold."""
    item.state = ItemState.DROPPED
    if not client.legal_hold:
        item.words = item.comment = None
    store.note(s, client, at, Did.DROPPED, By.CLIENT, item)


def hide(s: Session, at: datetime, client: Client, item: PlanItem, only_me: bool) -> None:
    """Mark an item "only me", or show it to the worker again."""
    item.only_me = only_me
    store.note(s, client, at, Did.HIDDEN if only_me else Did.SHOWN, By.CLIENT, item)


def place(
    s: Session, house: House, at: datetime, client: Client, item: PlanItem, section: Section
) -> None:
    """Keep what the client said in passing, where they say it belongs."""
    item.section, item.state, item.checked_at = section, ItemState.ACTIVE, at
    plan = store.note(s, client, at, Did.ADDED, By.CLIENT, item)
    reviews.plan_next(s, house, at, client, plan)


def answer_proposal(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    item: PlanItem,
    accepted: bool,
    *,
    by: By = By.CLIENT,
) -> None:
    """Take the worker's proposal into the plan, or not; what was refused is erased.

    ``by``: the worker, where the client said it to them because no phone of theirs is with us.
    """
    if accepted:
        item.state, item.checked_at = ItemState.ACTIVE, at
    else:
        item.state = ItemState.REFUSED
        if not client.legal_hold:
            item.words = None
    did = Did.ACCEPTED if accepted else Did.REFUSED
    plan = store.note(s, client, at, did, by, item)
    reviews.plan_next(s, house, at, client, plan)


def begin(
    s: Session, house: House, at: datetime, client: Client, flow: str, *, about: str = ""
) -> FlowRun:
    """Begin a plan's flow, or go on with the run that was left; what was being asked waits."""
    run = runs.begin(s, house, at, client, flow, about=about)
    if not runs.answers(s, house, client, run):
        _take_over(s, house, at, client, run)
    return run


def _take_over(s: Session, house: House, at: datetime, client: Client, run: FlowRun) -> None:
    """Keep for a run what another talk has just asked, so that it is not asked twice."""
    box = people.box(house.sealer, client)
    fresh = at - house.content.calendar.plan.answers_stand
    for step in runs.flow_of(run).steps:
        for source in step.known:
            flow, _, asked = source.partition(".")
            found = s.scalar(
                sa.select(Answer)
                .join(FlowRun, FlowRun.id == Answer.run_id)
                .where(FlowRun.client_id == client.id, FlowRun.flow == flow, Answer.step == asked)
                .where(Answer.at > fresh, Answer.value.is_not(None))
                .order_by(Answer.at.desc())
                .limit(1)
            )
            if found is None or found.value is None:
                continue
            value = box.open("answer.value", found.id, found.value)
            if not _answers(step, value):
                continue
            same = Answer(id=new_id(), run_id=run.id, step=step.id, inbox_id=found.inbox_id)
            same.at, same.value = found.at, box.seal("answer.value", same.id, value)
            s.add(same)
            break
    s.flush()


def _answers(step: Step, value: str) -> bool:
    if value in (SKIP, LATER):
        return False  # asked for another plan it may well be answered
    return step.choice(value) is not None or (value == SAID and step.words)


def decide(
    s: Session, house: House, at: datetime, client: Client, situation: Situation, yes: bool
) -> FlowRun | None:
    """Keep what the client decided about a situation; with yes its plan begins.

    It begins with the situation; the base follows unless it was made already.
    """
    row = store.situation(s, client, situation, at)
    row.state = SituationState.ACCEPTED if yes else SituationState.NOT_NOW
    row.asked_at = at
    if not yes:
        return None
    client.situation = situation
    if situation is Situation.PARTNER_VIOLENCE:
        covering.begin(s, house, client)  # somebody else may read this phone
    store.begun(s, client, at)
    return begin(s, house, at, client, flow_name(situation))


def finished(s: Session, house: House, at: datetime, client: Client, run: FlowRun) -> None:
    """See to a plan's reviews when one of its flows came to its end."""
    plan = store.of_client(s, client)
    if plan is not None and run.flow not in (ADD, CHANGE):
        plan.reviewed_at = at  # all of it was just talked about
        reviews.plan_next(s, house, at, client, plan)


def names_worker(s: Session, house: House, client: Client, run: FlowRun, words: str) -> bool:
    """Tell whether somebody making a plan answered with no more than their worker's name: it is
    whom they would ask, not that they ask now."""
    if not runs.flow_of(run).plan:
        return False
    name = people.worker_name(house.sealer, people.worker_of(s, client))
    return fold(words) == fold(name)


def done(s: Session, client: Client) -> list[str]:
    """Return the flows that are not asked again, because the client went through them."""
    asked = sa.select(FlowRun.flow).where(
        FlowRun.client_id == client.id, FlowRun.state == RunState.DONE, FlowRun.flow == BASE
    )
    return sorted(set(s.scalars(asked)))
