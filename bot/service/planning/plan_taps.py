"""A client's taps on their plan; each is answered from what the plan is now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from bot.core.people import Situation
from bot.core.plan import ItemState, Section, Term
from bot.core.plan_words import kept
from bot.service import runs
from bot.service.house import House
from bot.service.planning import plans, reviews
from bot.service.planning.plan_views import View
from bot.store import inbox, people
from bot.store import plans as store
from bot.store.tables import ButtonRow, Client, Inbox, PlanItem

LONGEST = 200  # characters of an item


def _view(does: Callable[[View, ButtonRow], None]) -> Does:
    def tapped(
        s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
    ) -> None:
        does(View(s, house, at, client), button)

    return tapped


def _on_item(does: Callable[[View, PlanItem], None], *states: ItemState) -> Does:
    """Do something with the item of a button; one that is gone meanwhile shows the menu."""

    def tapped(view: View, button: ButtonRow) -> None:
        item = store.item_of(view.s, view.client, button.value)
        if item is None or item.state not in (states or (ItemState.ACTIVE,)):
            view.menu()
        else:
            does(view, item)

    return _view(tapped)


def ask(view: View, flow: str, about: str) -> None:
    """Begin a small flow about an item or a part, and ask its question."""
    run = plans.begin(view.s, view.house, view.at, view.client, flow, about=about)
    runs.ask(view.s, view.house, view.at, view.client, run)


def _begin(view: View, button: ButtonRow) -> None:
    run = plans.decide(view.s, view.house, view.at, view.client, Situation(button.value), True)
    if run is not None:
        runs.ask(view.s, view.house, view.at, view.client, run)


def _no(view: View, button: ButtonRow) -> None:
    plans.decide(view.s, view.house, view.at, view.client, Situation(button.value), False)
    view.tell(view.text("utter_plan_no"))


def _base(view: View, button: ButtonRow) -> None:
    store.begun(view.s, view.client, view.at)
    ask(view, plans.BASE, "")


def _use(view: View, button: ButtonRow) -> None:
    view.use(int(button.value or 0))


def _helped(view: View, button: ButtonRow) -> None:
    view.tell(view.text("utter_plan_helped"), [[view.button("plan"), view.button("call_me")]])


def _section(view: View, button: ButtonRow) -> None:
    view.section(Section(button.value))


def _add(view: View, button: ButtonRow) -> None:
    view.tell(view.text("utter_plan_add_where"), view.where("plan_add_to"))


def _add_to(view: View, button: ButtonRow) -> None:
    ask(view, plans.ADD, f"{Section(button.value)}:{Term.SHORT}")


def _change(view: View, item: PlanItem) -> None:
    ask(view, plans.CHANGE, item.id)


def _drop(view: View, item: PlanItem) -> None:
    plans.drop(view.s, view.at, view.client, item)
    if reviews.going_on(view.s, view.at, view.client):
        view.review()
    else:
        back = view.button("plan")
        view.tell(view.text("utter_plan_dropped"), [[back]])


def _hide(view: View, item: PlanItem) -> None:
    plans.hide(view.s, view.at, view.client, item, True)
    view.tell(view.text("utter_plan_hidden"), [[view.button("plan")]])


def _show(view: View, item: PlanItem) -> None:
    plans.hide(view.s, view.at, view.client, item, False)
    view.tell(view.text("utter_plan_shown"), [[view.button("plan")]])


def _keep(view: View, item: PlanItem) -> None:
    plans.answer_proposal(view.s, view.house, view.at, view.client, item, True)
    view.notes()


def _refuse(view: View, item: PlanItem) -> None:
    plans.answer_proposal(view.s, view.house, view.at, view.client, item, False)
    view.notes()


def _place(view: View, button: ButtonRow) -> None:
    item = store.item_of(view.s, view.client, button.step)
    if item is None or item.state is not ItemState.OFFERED:
        view.menu()
        return
    plans.place(view.s, view.house, view.at, view.client, item, Section(button.value))
    view.tell(view.text("utter_plan_kept"), [[view.button("plan")]])


def _review(view: View, button: ButtonRow) -> None:
    reviews.begin(view.s, view.at, view.client)
    view.review()


def _true(view: View, item: PlanItem) -> None:
    item.checked_at = view.at
    view.review()


def _not_now(view: View, button: ButtonRow) -> None:
    view.tell(view.text("utter_plan_no"))


def offer_item(view: View, row: Inbox) -> None:
    """Ask where something belongs that the client said in passing; it is kept for a day."""
    words = kept(inbox.words(view.house.sealer, row, view.client), LONGEST)
    people.box(view.house.sealer, view.client)  # a forgotten client has none
    item = store.add(
        view.s,
        view.house.sealer,
        view.client,
        view.at,
        Section.MYSELF,
        Term.SHORT,
        words,
        state=ItemState.OFFERED,
    )
    rows = view.where("plan_place", item.id)
    view.tell(view.text("utter_plan_offer_item"), [*rows, [view.button("plan_not_now")]])


Does = Callable[[Session, House, datetime, Inbox, Client, ButtonRow], None]
DOES: dict[str, Does] = {
    "plan_make": _view(lambda view, button: view.make()),
    "plan_which": _view(lambda view, button: view.which()),
    "plan_begin": _view(_begin),
    "plan_no": _view(_no),
    "plan_not_now": _view(_not_now),
    "plan_base": _view(_base),
    "plan_use": _view(_use),
    "plan_next": _view(_use),
    "plan_helped": _view(_helped),
    "plan_section": _view(_section),
    "plan_item": _on_item(View.item),
    "plan_change": _on_item(_change),
    "plan_drop": _on_item(_drop),
    "plan_hide": _on_item(_hide),
    "plan_show": _on_item(_show),
    "plan_add": _view(_add),
    "plan_add_to": _view(_add_to),
    "plan_place": _view(_place),
    "plan_needs": _view(lambda view, button: view.what_was_asked()),
    "plan_notes": _view(lambda view, button: view.notes()),
    "plan_keep": _on_item(_keep, ItemState.PROPOSED),
    "plan_refuse": _on_item(_refuse, ItemState.PROPOSED),
    "plan_review": _view(_review),
    "plan_true": _on_item(_true),
}
