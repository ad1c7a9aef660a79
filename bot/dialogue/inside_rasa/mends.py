"""Rasa 3.6 mended in five places, each with its reason; tests/engine fail when Rasa changes below.

Speed: 1. jsonschema checked its own static schema, and every event against thirty others, at every
          action call (80 % of a form turn).
       2. the class of an event was found by walking all subclasses, for every event of a turn.
       3. dask planned the same small graph anew three times a turn (runner.py).
Truth: 4. an action that failed was logged and the turn went on, as if the client had been answered.
       5. more actions in a row than allowed ended the turn as if it were done.
"""

from __future__ import annotations

from typing import Any

import rasa.core.agent
import rasa.core.processor
from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.processor import ActionLimitReached, MessageProcessor
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.inside_rasa.runner import InOrderRunner
from bot.dialogue.inside_rasa.turn import current


class TurnFailed(Exception):
    """Something in this turn went wrong; nothing of it may be kept."""


class _Watched:
    """An action that notes what it raises before Rasa swallows it."""

    def __init__(self, action: Action) -> None:
        self._action = action

    def __getattr__(self, name: str) -> Any:
        return getattr(self._action, name)

    async def run(self, *args: Any) -> list[Event]:
        try:
            return await self._action.run(*args)
        except ActionExecutionRejection:
            raise  # a form's ordinary way of letting the rules answer an interruption
        except BaseException as fault:
            current.get().fault = fault
            raise


class LoudProcessor(MessageProcessor):
    """Rasa's processor, but a failing action fails the turn."""

    async def _run_action(
        self, action: Any, tracker: Any, output_channel: Any, nlg: Any, prediction: Any
    ) -> bool:
        goes_on = await super()._run_action(
            _Watched(action), tracker, output_channel, nlg, prediction
        )
        turn = current.get()
        if turn.fault is not None:
            raise TurnFailed(f"{action.name()}: {type(turn.fault).__name__}") from None
        return goes_on

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> Any:
        try:
            return super().predict_next_with_tracker_if_should(tracker)
        except ActionLimitReached:
            raise TurnFailed("the rules go round in circles") from None


def _validate_action_result(self: RemoteAction, result: Any) -> bool:
    """Check the shape of an action's answer; what an event holds is checked when it is read."""
    if not isinstance(result, dict):
        raise TurnFailed("the service's answer to an action is no object")
    for part, needs in (("events", {"event"}), ("responses", set())):
        parts = result.get(part)
        if not isinstance(parts, list) or not all(
            isinstance(one, dict) and needs <= one.keys() for one in parts
        ):
            raise TurnFailed(f"the service's answer to an action has other {part}")
    return True


_walk_all_subclasses = Event.resolve_by_type
_event_classes: dict[str, type[Event]] = {}


def _resolve_by_type(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
    known = _event_classes.get(type_name)
    if known is None:
        known = _walk_all_subclasses(type_name, default)
        if known is not None and known is not default:
            _event_classes[type_name] = known
    return known


def install() -> None:
    """Put the mends in place; called once, before an agent is made."""
    RemoteAction._validate_action_result = _validate_action_result
    Event.resolve_by_type = staticmethod(_resolve_by_type)
    rasa.core.processor.DaskGraphRunner = InOrderRunner
    rasa.core.agent.MessageProcessor = LoudProcessor
