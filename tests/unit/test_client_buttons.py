"""Every button that a client can be shown does something."""

from __future__ import annotations

import ast

from bot.core.people import Language
from bot.service.converse import OFFERS
from bot.service.taps import DOES
from bot.settings import ROOT
from tests.support.program import room

SERVICE = ROOT / "bot" / "service"
WORKERS = {"open", "write_back", "heard", "done", "acknowledge", "hand_over", "need"}  # theirs
LABELS = {"yes", "no"}  # labels of buttons that do something of another name


def _offered() -> dict[str, str]:
    """Return each button that the client's side of the service names, with where it does.

    A button without a label of its own takes ``utter_button_<does>``.
    """
    texts = room().texts
    found = {}
    for path in sorted(SERVICE.rglob("*.py")):
        if "staff" in path.relative_to(SERVICE).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.value if isinstance(node, ast.Constant) else None
            if isinstance(name, str) and texts.has(f"utter_button_{name}"):
                found[name] = f"{path.name}:{node.lineno}"
    return found


def test_every_button_for_a_client_has_somebody_who_hears_its_tap() -> None:
    offered = _offered()
    assert len(offered) > 30
    deaf = {name: at for name, at in offered.items() if name not in {*DOES, *WORKERS, *LABELS}}
    assert deaf == {}


def test_what_stands_under_answers_has_a_label_and_is_heard() -> None:
    for name in {does for offers in OFFERS.values() for does in offers}:
        assert name in DOES
        assert all(room().texts.say(f"utter_button_{name}", one) for one in Language)
