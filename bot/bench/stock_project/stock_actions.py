"""Stock Rasa's own action server: leads the client through one flow's form and saves the answers.

Copied into the stock project and run in stock Rasa's environment (Python 3.10, its own rasa-sdk) by
`python -m rasa_sdk --actions stock_actions`; nothing of ours is imported. It does what
actions/flow.py does for us, the way a Rasa project does it: by the intent, in its own database.
"""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

FLOW = Path("flow.json")  # written by bot/bench/project.py
ANSWERS = Path("answers.db")
TABLE = "CREATE TABLE IF NOT EXISTS answer (sender TEXT, step TEXT, value TEXT)"
GENERAL = {"affirm": {"yes", "yeah", "si"}, "deny": {"no", "nah"}, "unsure": {"idk", "no se"}}
INTERRUPTIONS = {"what_is_stored", "stop", "pause", "change_language", "help", "thanks", "greeting"}


class ValidateCheckinForm(Action):
    """Rasa calls it when the form begins, when an answer came and after an interruption."""

    def __init__(self) -> None:
        self._flow = json.loads(FLOW.read_text(encoding="utf-8"))
        self._steps = {step["id"]: step for step in self._flow["steps"]}

    def name(self) -> str:
        """Return the name under which the form calls it."""
        return f"validate_{self._flow['name']}_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Return the events that bring the form to its next question, or end it."""
        asked = tracker.get_slot("requested_slot")
        if asked is None:
            return [*self._cleared(tracker), self._ask(self._flow["steps"][0])]
        step = self._steps[asked[len(self._flow["name"]) + 1 :]]
        again = tracker.get_slot("asked_again")
        if _comes_back(tracker):
            return [SlotSet("asked_again", again), self._ask(step)]
        intent = tracker.latest_message["intent"].get("name")
        value = placed(step, tracker.latest_message)
        if value is None and intent in INTERRUPTIONS:
            return []  # the rules answer it
        if value is None and not again:
            dispatcher.utter_message(response="utter_ask_again")
            return [SlotSet("asked_again", True), self._ask(step)]
        return self._on(dispatcher, tracker.sender_id, step, value or "unclear")

    def _on(
        self, dispatcher: CollectingDispatcher, sender: str, step: dict[str, Any], value: str
    ) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(ANSWERS)) as database, database:
            database.execute(TABLE)
            row = (sender, step["id"], value)
            database.execute("INSERT INTO answer VALUES (?, ?, ?)", row)
        events = [SlotSet(self._slot(step), value), SlotSet("asked_again", False)]
        following = self._after(step, value)
        while following is not None and not following["collect"]:
            action = following["action"]
            said = action if action.startswith("utter_") else "utter_checkin_help_noted"
            dispatcher.utter_message(response=said)
            following = self._after(following, "")
        if following is None:
            return [*events, SlotSet("requested_slot", None), ActiveLoop(None)]
        return [*events, self._ask(following)]

    def _after(self, step: dict[str, Any], value: str) -> dict[str, Any] | None:
        fitting = (b["then"] for b in step["next"] if not b["values"] or value in b["values"])
        target = step["unclear"] if value == "unclear" else next(fitting, "")
        if target:
            return self._steps.get(target)  # END is no step
        place = self._flow["steps"].index(step) + 1
        return self._flow["steps"][place] if place < len(self._flow["steps"]) else None

    def _cleared(self, tracker: Tracker) -> list[dict[str, Any]]:
        """A second check-in in the same conversation begins with nothing answered."""
        slots = [self._slot(step) for step in self._flow["steps"] if step["collect"]]
        language = "es" if tracker.sender_id.startswith("es") else "en"
        return [
            SlotSet("language", language),
            SlotSet("asked_again", False),
            *(SlotSet(slot, None) for slot in slots if tracker.get_slot(slot) is not None),
        ]

    def _slot(self, step: dict[str, Any]) -> str:
        return f"{self._flow['name']}_{step['id']}"

    def _ask(self, step: dict[str, Any]) -> dict[str, Any]:
        return SlotSet("requested_slot", self._slot(step))


def placed(step: dict[str, Any], message: dict[str, Any]) -> str | None:
    """Return the choice that a message means: tapped, word for word, or by its intent."""
    choices = {choice["value"]: choice for choice in step["choices"]}
    tapped = [found["value"] for found in message["entities"] if found["entity"] == "choice"]
    if tapped:
        return tapped[0] if tapped[0] in choices else None
    said = fold(message.get("text") or "")
    intent = message["intent"].get("name") or ""
    for value, choice in choices.items():
        texts = [
            *choice["label"].values(),
            *(text for one in choice["says"].values() for text in one),
        ]
        folded = {fold(text) for text in texts}
        if said in folded or intent == f"say_{value}" or GENERAL.get(intent, set()) & folded:
            return value
        if intent == "ask_person" and choice["signal"] == "contact_request":
            return value
    return None


def fold(text: str) -> str:
    """Return a text as it is compared: no case, no accents, no punctuation."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c if c.isalnum() else " " for c in bare if c.isalnum() or c.isspace())
    return " ".join(kept.split())


def _comes_back(tracker: Tracker) -> bool:
    for event in reversed(tracker.events[:-1]):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action_execution_rejected":
            return True
    return False
