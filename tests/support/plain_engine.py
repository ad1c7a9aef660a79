"""A dialogue engine without Rasa: the real actions and rules, intents known by their examples.

It leads forms as Rasa does, so that a whole conversation is played in a second. What Rasa itself
makes of words is tried on the real engine (tests/integration).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ruamel.yaml import YAML

from actions.server import runner
from bot.core.answers import Sureness, fold
from bot.dialogue.turns import OpenTurns
from bot.settings import ROOT

DATA = ROOT / "data"


class PlainEngine:
    """Takes a turn as the real engine does; ``down`` lets it fail."""

    def __init__(self, turns: OpenTurns) -> None:
        self._run = runner(turns, Sureness())

    async def turn(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return replies and the new state of one turn."""
        talk = _Talk(self._run, request)
        await talk.take()
        return {"replies": talk.replies, "state": talk.state, "intent": {"name": talk.intent}}


class _Talk:
    def __init__(self, run: Any, request: Mapping[str, Any]) -> None:
        self._run, self._request = run, request
        self.state = {**request["state"]}
        self.replies: list[dict[str, str]] = []
        self.intent = _meant(request["text"]) if request["choice"] is None else "choose"

    async def take(self) -> None:
        if self.state["flow"]:
            if await self._form(self.state["flow"]):
                return
            for action in _rules(asking=True).get(self.intent, []):
                await self._action(action)
            return
        for action in _rules(asking=False).get(self.intent, ["utter_fallback"]):
            if action.endswith("_form"):
                self.state |= {"flow": None}
                await self._form(action.removesuffix("_form"))
            else:
                await self._action(action)

    async def _form(self, flow: str) -> bool:
        """Let the flow's action place the answer; False when it is left to the rules."""
        asked = self.state["step"] if self.state["flow"] == flow else None
        events = await self._call(f"validate_{flow}_form", f"{flow}_{asked}" if asked else None)
        if not events:
            return False
        slots = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
        asks = slots.get("requested_slot")
        self.state |= {
            "flow": flow if asks else None,
            "step": asks.removeprefix(f"{flow}_") if asks else None,
            "asked_again": bool(slots.get("asked_again", self.state["asked_again"])),
        }
        for event in events:
            if event["event"] == "followup":
                self.state |= {"flow": None, "step": None, "asked_again": False}
                await self._form(event["name"].removesuffix("_form"))
        return True

    async def _action(self, name: str) -> None:
        if name.startswith("utter_"):
            self.replies.append({"response": name, "text": name})
            return
        for event in await self._call(name, None):
            if event["event"] == "active_loop" and event["name"] is None:
                self.state |= {"flow": None, "step": None}

    async def _call(self, name: str, asked: str | None) -> list[dict[str, Any]]:
        found = {"name": self.intent, "confidence": 0.95}
        entities: list[Any] = []
        answer = await self._run(
            {
                "next_action": name,
                "sender_id": self._request["turn"],
                "tracker": {
                    "sender_id": self._request["turn"],
                    "slots": {
                        "language": self.state["language"],
                        "asked_again": self.state["asked_again"],
                        "requested_slot": asked,
                    },
                    "latest_message": {
                        "text": self._request["text"],
                        "intent": found,
                        "intent_ranking": [found],
                        "entities": entities,
                    },
                    "events": [{"event": "user"}, {"event": "action"}],
                    "active_loop": {},
                    "latest_action_name": "",
                    "paused": False,
                },
            }
        )
        for response in answer["responses"]:
            name = str(response.get("response") or "")
            self.replies.append({"response": name, "text": str(response.get("text") or name)})
        return list(answer["events"])


@cache
def _examples() -> dict[str, str]:
    """Return each example of data/nlu with its intent."""
    return {
        fold(line.strip().removeprefix("- ")): part["intent"]
        for path in sorted((DATA / "nlu").glob("*.yml"))
        for part in YAML(typ="safe").load(path)["nlu"]
        for line in part["examples"].splitlines()
        if line.strip()
    }


def _meant(text: str) -> str:
    return _examples().get(fold(text), "nlu_fallback")


@cache
def _rules(*, asking: bool) -> dict[str, list[str]]:
    """Return what each intent leads to; where something is asked, only what holds at any time."""
    found: dict[str, list[str]] = {}
    for path in sorted((DATA / "rules").glob("*.yml")):
        for rule in YAML(typ="safe").load(path)["rules"]:
            if asking and rule.get("condition"):
                continue
            intent = rule["steps"][0]["intent"]
            found[intent] = [step["action"] for step in rule["steps"] if "action" in step]
    return found
