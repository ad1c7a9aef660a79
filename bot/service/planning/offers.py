"""Offers: a yes or no in words, right after an offer, is a tap on it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.core.answers import fold
from bot.service.house import House
from bot.store.tables import ButtonRow

_TAKES = {
    "yes": ("plan_begin", "plan_review", "plan_keep", "plan_which"),
    "no": ("plan_no", "plan_refuse", "plan_not_now"),
}
_GO_ON = "go_on"


def meant(s: Session, house: House, tokens: Sequence[str], said: str) -> str | None:
    """Return the token of the button that a yes or no means under an offer, None without one.

    Under more than an offer (a menu that also has [Go on]) a "yes" means nothing.
    """
    words = fold(said)
    offers = house.content.plan.offers
    kind = next((kind for kind, listed in offers.items() if words in listed), None)
    if kind is None:
        return None
    does = {token: row.does for token in tokens if (row := s.get(ButtonRow, token)) is not None}
    alone = list(does.values()) == [_GO_ON]
    takes = (_GO_ON,) if alone and kind == "yes" else _TAKES[kind]
    return next((token for token in tokens if does.get(token) in takes), None)
