"""Steps: which lines of a plan can be acted on at once, and which only say how things are.

In danger nobody sorts a list: a condition ("no posts for now") or a bed that nobody has arranged
must not stand where whom to call and where to go is looked for.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.core.flows import Step
from bot.core.plan import NeedKind, can_be_done
from bot.service.house import House
from bot.store import plans
from bot.store.tables import Client, PlanItem


def possible(s: Session, house: House, client: Client) -> tuple[list[PlanItem], list[PlanItem]]:
    """Return the items that are steps by their question, and those that the client or their worker
    wrote without being asked: what kind of line those are only the client knows, so they follow."""
    asked: list[PlanItem] = []
    own: list[PlanItem] = []
    for item in plans.items(s, client):
        step = question(house, item)
        if step is None:
            own.append(item)
        elif step.moment and _stands(s, house, client, item, step):
            asked.append(item)
    return asked, own


def question(house: House, item: PlanItem) -> Step | None:
    """Return the question that an item answers, None when it answers none that is still asked."""
    name, _, asked = item.source.partition(".")
    flow = house.content.flows.get(name)
    steps = flow.steps if flow is not None else ()
    return next((step for step in steps if step.id == asked), None)


def _stands(s: Session, house: House, client: Client, item: PlanItem, step: Step) -> bool:
    """Tell whether an item needs nothing from the program, or has got it."""
    words = plans.words(house.sealer, client, item)
    needs = {
        NeedKind(choice.need)
        for choice in step.choices
        if choice.need and words in [choice.words(language) for language in choice.label]
    }
    if not needs:
        return True
    return can_be_done(need.state for need in plans.needs(s, client) if need.kind in needs)
