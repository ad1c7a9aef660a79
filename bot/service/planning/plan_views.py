"""What a client sees of their plan: a part at a time, one step in a hard moment; never unasked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.flows import Flow
from bot.core.people import ClientState
from bot.core.plan import ItemState, Section, Term, for_danger, for_hard_moment
from bot.service import speak
from bot.service.house import House
from bot.service.planning import needs, reviews, situations, steps
from bot.store import plans
from bot.store.outbox import Press
from bot.store.tables import Client, FlowRun, Outbox, PlanItem, RunState

SHOWN = 2  # of each: whom to call and where to go; more is a list, and nobody reads lists then


class View:
    """One client's plan on one client's phone."""

    def __init__(self, s: Session, house: House, at: datetime, client: Client) -> None:
        """Stand ready to show; nothing is shown yet."""
        self.s, self.house, self.at, self.client = s, house, at, client

    def text(self, name: str, **facts: object) -> str:
        """Return a text in the client's language."""
        known = speak.facts(self.s, self.house, self.client, self.at)
        return speak.text(self.house, name, self.client.language, **{**known, **facts})

    def button(self, does: str, *, label: str = "", **where: str) -> Press:
        """Return a button in the client's language."""
        return speak.button(self.house, self.client.language, does, label=label, **where)

    def words(self, item: PlanItem) -> str:
        """Return an item's words."""
        return plans.words(self.house.sealer, self.client, item)

    def tell(self, words: str, buttons: Sequence[Sequence[Press]] = ()) -> Outbox | None:
        """Answer the client, who asked to see this."""
        rows = [row for row in buttons if row]
        kind = speak.answer_kind(self.client)
        return speak.to_client(
            self.s, self.house, self.at, self.client, kind, words, buttons=rows, as_is=True
        )

    def menu(self) -> None:
        """Show which parts the plan has, each as a button; without a plan, offer to make one."""
        had = plans.items(self.s, self.client)
        left = self._left()
        waiting = plans.items(self.s, self.client, ItemState.PROPOSED)
        if not had and not waiting:
            self.make()
            return
        sections = [one for one in Section if any(item.section is one for item in had)]
        rows = [[self._part(section)] for section in sections]
        if had:
            rows.insert(0, [self.button("plan_use", value="0")])
        if waiting:
            rows.insert(0, [self.button("plan_notes")])
        if plans.needs(self.s, self.client):
            rows.append([self.button("plan_needs")])
        if had and reviews.left(self.s, self.client):
            rows.append([self.button("plan_review")])
        last = [self.button("plan_add")]
        if left is not None:
            last.append(self.button("go_on"))
        self.tell(self.text("utter_plan_menu"), [*rows, last])

    def make(self) -> None:
        """Offer to make a plan, or to go on with the one that was left."""
        found = situations.to_offer(self.s, self.house, self.at, self.client, wanted=True)
        if self._left() is not None:
            self.tell(self.text("utter_plan_left"), [[self.button("go_on")]])
        elif found is not None and not situations.unnamed(self.client, found):
            words, presses = situations.offer(self.s, self.house, self.at, self.client, found)
            self.tell(words, [*presses, [self.button("plan_which")]])
        else:
            self.which()

    def which(self) -> None:
        """Ask which situation it is; "something else" makes the base alone."""
        rows = situations.which(self.house, self.client)
        self.tell(self.text("utter_plan_which"), [*rows, [self.button("plan_base")]])

    def _left(self) -> FlowRun | None:
        """Return the plan's run that waits to be gone on with, None when none does."""
        asked = sa.select(FlowRun).where(
            FlowRun.client_id == self.client.id,
            FlowRun.state.in_((RunState.ACTIVE, RunState.PAUSED)),
        )
        found = self.s.scalars(asked.order_by(FlowRun.began_at.desc())).all()
        return next((run for run in found if Flow.from_json(run.definition).plan), None)

    def _part(self, section: Section) -> Press:
        label = self.text(f"utter_plan_section_{section}")
        return self.button("plan_section", label=label, value=section.value)

    def section(self, section: Section) -> None:
        """Show one part: what is for now, what is for later, a number for each to change it."""
        found = plans.items(self.s, self.client, section=section)
        lines = [self.text(f"utter_plan_section_{section}")]
        presses = []
        number = 0
        for term in Term:
            mine = [item for item in found if item.term is term]
            if mine:
                lines.append(self.text(f"utter_plan_term_{term}"))
            for item in mine:
                number += 1
                lines.append(self._line(number, item))
                presses.append(self.button("plan_item", label=str(number), value=item.id))
        rows = [presses[place : place + 4] for place in range(0, len(presses), 4)]
        add = self.button("plan_add_to", value=section.value)
        self.tell("\n".join(lines), [*rows, [add, self.button("plan", label=self._back())]])

    def _back(self) -> str:
        return self.text("utter_button_plan_back")

    def _line(self, number: int, item: PlanItem) -> str:
        marked = f" ({self.text('utter_plan_only_me')})" if item.only_me else ""
        said = plans.comment(self.house.sealer, self.client, item)
        note = "\n   " + self.text("utter_plan_comment", words=said) if said else ""
        return f"{number}. {self.words(item)}{marked}{note}"

    def item(self, item: PlanItem) -> None:
        """Show one item and what can be done with it."""
        only_me = "plan_show" if item.only_me else "plan_hide"
        self.tell(
            self.text("utter_plan_item", words=self.words(item)),
            [
                [
                    self.button("plan_change", value=item.id),
                    self.button("plan_drop", value=item.id),
                ],
                [
                    self.button(only_me, value=item.id),
                    self.button("plan_section", label=self._back(), value=item.section.value),
                ],
            ],
        )

    def use(self, number: int) -> None:
        """Give one step for a hard moment, the next one with the next tap; never the whole list."""
        first, own = steps.possible(self.s, self.house, self.client)
        found = for_hard_moment([*first, *own])
        if not found and plans.items(self.s, self.client):
            self.tell(self.text("utter_plan_no_people"), [[self.button("call_me")]])
        elif not found:
            self.tell(self.text("utter_plan_none"), [self._after_none()])
        elif number >= len(found):
            self.tell(self.text("utter_plan_use_over"), [[self.button("call_me")]])
        else:
            name = f"utter_plan_use_{found[number].section}"
            rows = [
                [self.button("plan_next", value=str(number + 1)), self.button("plan_helped")],
                [self.button("call_me")],
            ]
            self.tell(self.text(name, words=self.words(found[number])), rows)

    def danger(self) -> None:
        """Open whom to call and where to go, the client's own, before any hotline."""
        first, own = steps.possible(self.s, self.house, self.client)
        found = [*for_danger(first), *for_danger(own)]
        people = [item for item in found if item.section is Section.PEOPLE][:SHOWN]
        places = [item for item in found if item.section is not Section.PEOPLE][:SHOWN]
        parts = [
            "\n".join([self.text(name), *(self.words(item) for item in mine)])
            for name, mine in (("utter_plan_call", people), ("utter_plan_go", places))
            if mine
        ]
        if not parts and not plans.items(self.s, self.client):
            self.tell(self.text("utter_plan_none"), [self._after_none()])
            return
        row = [self.button("plan_use", label=self.text("utter_button_plan_next"), value="0")]
        row.append(self.button("call_me"))
        whole = self.button("plan", label=self.text("utter_button_plan_whole"))
        self.tell("\n\n".join(parts) or self.text("utter_plan_no_people"), [row, [whole]])

    def _after_none(self) -> list[Press]:
        row = [self.button("call_me"), self.button("plan_make")]
        return row[:1] if self.client.state is ClientState.LEFT else row

    def what_was_asked(self) -> None:
        """Show what the client asked for and what became of it."""
        lines = [
            needs.line(self.house, need, self.client) for need in plans.needs(self.s, self.client)
        ]
        words = "\n".join([self.text("utter_plan_needs"), *lines])
        self.tell(words, [[self.button("plan", label=self._back())]])

    def where(self, does: str, item_id: str = "") -> list[list[Press]]:
        """Return a button for each part of the plan, two beside each other."""
        presses = [
            self.button(
                does,
                label=self.text(f"utter_plan_short_{section}"),
                step=item_id,
                value=section.value,
            )
            for section in Section
        ]
        return [presses[place : place + 2] for place in range(0, len(presses), 2)]

    def notes(self) -> None:
        """Show what the worker proposes, one at a time; when there is nothing, the menu."""
        waiting = plans.items(self.s, self.client, ItemState.PROPOSED)
        if not waiting:
            self.menu()
            return
        item = waiting[0]
        name = self.text(f"utter_plan_short_{item.section}")
        self.tell(
            self.text("utter_plan_proposed", words=self.words(item), what=name),
            [
                [
                    self.button("plan_keep", value=item.id),
                    self.button("plan_refuse", value=item.id),
                ]
            ],
        )

    def review(self, before: str = "") -> None:
        """Ask of the next item whether it is still true, after a sentence if one is given; after
        the last one the review is over."""
        item = reviews.next_item(self.s, self.client)
        if item is None:
            reviews.close(self.s, self.house, self.at, self.client)
            row = [self.button("plan_add"), self.button("plan")]
            over = self.text("utter_plan_reviewed")
            self.tell(f"{before}\n\n{over}" if before else over, [row])
            return
        presses = [
            self.button(does, value=item.id) for does in ("plan_true", "plan_change", "plan_drop")
        ]
        asked = self.text("utter_plan_still_true", words=self.words(item))
        self.tell(f"{before}\n\n{asked}" if before else asked, [presses])
