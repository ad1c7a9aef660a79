"""The one turn that is being handled: what came in, what the tracker became, what went wrong.

It lives in a context variable, because Rasa's tracker store and processor offer no argument to
carry it.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

FORM = "_form"  # a flow `checkin` is Rasa's form `checkin_form`
LANGUAGES = ("en", "es")


class BadRequest(ValueError):
    """The service sent a turn that this channel does not understand."""


@dataclass
class State:
    """The whole of a conversation: language, the flow and its open step, the answers so far."""

    language: str = "en"
    flow: str | None = None
    step: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    asked_again: bool = False

    @classmethod
    def read(cls, value: Any, domain: Domain) -> State:
        """Check the JSON of a state against the trained domain; raises BadRequest."""
        if not isinstance(value, dict) or value.get("language") not in LANGUAGES:
            raise BadRequest("state.language must be en or es")
        state = cls(
            language=value["language"],
            flow=value.get("flow"),
            step=value.get("step"),
            answers=value.get("answers") or {},
            asked_again=bool(value.get("asked_again")),
        )
        if state.flow is None:
            return cls(language=state.language)
        if not isinstance(state.answers, dict):
            raise BadRequest("state.answers must be an object")
        if f"{state.flow}{FORM}" not in domain.form_names:
            raise BadRequest("state.flow is not in the trained model; train again")
        if state.step is not None and not isinstance(state.step, str):
            raise BadRequest("state.step must be a text or null")
        known = set(domain.required_slots_for_form(f"{state.flow}{FORM}"))
        # A talk ends on the questions with which it began: the step, too, may be one that a newer
        # version dropped. The form only passes it on; the service knows what it asks. Answers to
        # such questions are the service's business, not the form's.
        state.answers = {s: str(v) for s, v in state.answers.items() if state.slot(s) in known}
        return state

    def slot(self, step: str) -> str:
        """Return the name of the slot that holds this step's answer."""
        return f"{self.flow}_{step}"

    def events(self) -> list[Event]:
        """Return the events of a conversation that stands exactly here and waits for the client."""
        events: list[Event] = [
            ActionExecuted("action_session_start"),
            SessionStarted(),
            SlotSet("language", self.language),
        ]
        if self.flow is None or self.step is None:
            return [*events, ActionExecuted("action_listen")]
        form = f"{self.flow}{FORM}"
        return [
            *events,
            ActionExecuted(form),
            ActiveLoop(form),
            *(SlotSet(self.slot(step), value) for step, value in self.answers.items()),
            SlotSet("asked_again", self.asked_again),
            SlotSet("requested_slot", self.slot(self.step)),
            ActionExecuted("action_listen"),
        ]

    @classmethod
    def after(cls, tracker: DialogueStateTracker, domain: Domain) -> State:
        """Read the state that a finished turn left behind."""
        language = str(tracker.get_slot("language"))
        form = tracker.active_loop_name
        asked = tracker.get_slot("requested_slot")
        if not form or not asked:
            return cls(language=language)
        flow = form[: -len(FORM)]
        slots = domain.required_slots_for_form(form)
        answers = {slot[len(flow) + 1 :]: tracker.get_slot(slot) for slot in slots}
        return cls(
            language=language,
            flow=flow,
            step=asked[len(flow) + 1 :],
            answers={step: value for step, value in answers.items() if value is not None},
            asked_again=bool(tracker.get_slot("asked_again")),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the state as it travels back."""
        return dict(vars(self))


@dataclass
class Turn:
    """One message on its way through Rasa; ``fault`` holds what an action raised."""

    id: str
    state: State
    finished: DialogueStateTracker | None = None
    fault: BaseException | None = None


current: ContextVar[Turn] = ContextVar("turn")
