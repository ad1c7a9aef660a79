"""A plan on paper: without a name, without what is marked "only me", in the client's language.

A picture or a file on the phone would land in the gallery and in the cloud; paper can be burnt.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.core.people import Language
from bot.core.plan import Section, Term
from bot.service import speak
from bot.service.house import House
from bot.service.planning import needs
from bot.store import plans
from bot.store.tables import Client

Part = tuple[str, list[tuple[str, list[str]]]]  # a heading, and under it terms with their lines


def parts(s: Session, house: House, client: Client, language: Language) -> Iterator[Part]:
    """Yield the parts of a plan that have something in them, then what was asked for."""
    items = [item for item in plans.items(s, client) if not item.only_me]
    for section in Section:
        terms = []
        for term in Term:
            mine = [item for item in items if item.section is section and item.term is term]
            if mine:
                said = [plans.words(house.sealer, client, item) for item in mine]
                terms.append((speak.text(house, f"utter_plan_term_{term}", language), said))
        if terms:
            yield speak.text(house, f"utter_plan_section_{section}", language), terms
    asked = plans.needs(s, client)
    if asked:
        lines = [needs.line(house, need, client) for need in asked]
        yield speak.text(house, "utter_button_plan_needs", language), [("", lines)]


def head(house: House, client: Client, at: datetime, language: Language) -> str:
    """Return the one line above it all: whose it is stands nowhere."""
    day = f"{at.astimezone(ZoneInfo(client.timezone)):%Y-%m-%d}"
    return speak.text(house, "utter_plan_paper_head", language, day=day)


def as_text(s: Session, house: House, at: datetime, client: Client, language: Language) -> str:
    """Return a plan as plain text."""
    lines = [head(house, client, at, language)]
    for heading, terms in parts(s, house, client, language):
        lines += ["", heading.upper()]
        for term, said in terms:
            lines += [term] if term else []
            lines += [f"  - {words}" for words in said]
    return "\n".join(lines)


def as_html(s: Session, house: House, at: datetime, client: Client, language: Language) -> str:
    """Return a plan as one page to print, with nothing in it that loads from anywhere."""
    title = escape(head(house, client, at, language))
    body = []
    for heading, terms in parts(s, house, client, language):
        body.append(f"<h2>{escape(heading)}</h2>")
        for term, said in terms:
            body.append(f"<h3>{escape(term)}</h3>" if term else "")
            items = "".join(f"<li>{escape(words)}</li>" for words in said)
            body.append(f"<ul>{items}</ul>")
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>body{{font:14pt/1.4 sans-serif;margin:2cm}}"
        "h2{font-size:15pt;margin:1.2em 0 0}h3{font-size:12pt;margin:.4em 0 0}"
        "ul{margin:.2em 0}</style></head>\n"
        f"<body><h1>{title}</h1>\n{''.join(body)}\n</body></html>"
    )
