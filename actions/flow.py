"""Lead the client through a flow: one action validates the form of every flow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.deeds import DEEDS
from bot.core.answers import INTERRUPTIONS, Placed, Sureness, place
from bot.core.danger import Signal
from bot.core.effects import FinishFlow, LeaveForLater, RaiseSignal, SaveAnswer, StartFlow
from bot.core.flows import LATER, UNCLEAR, Flow, Step
from bot.core.plan_words import Fault, fault, kept
from bot.dialogue.turns import OpenTurns, Turn

FORM = "_form"
VALIDATE = "validate_"


_AGAIN = {
    Fault.NOTHING: "utter_again_words",
    Fault.TOO_MUCH: "utter_again_shorter",
    Fault.DETAILS: "utter_again_details",
}


class FlowForm:
    """`validate_<flow>_form` for every flow: places the answer and walks on to the next question.

    Rasa calls it at three moments. The form begins: the first question is asked. An answer came: it
    is placed; if it is an interruption, nothing is returned, so that Rasa's rules answer it. The
    form comes back from an interruption: the same question is asked again.
    """

    def __init__(self, turns: OpenTurns, sureness: Sureness) -> None:
        """Take the open turns and how sure an intent must be."""
        self._turns = turns
        self._sureness = sureness

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, name: str
    ) -> list[EventType]:
        """Return the events that bring the form to its next question, or end it."""
        turn = self._turns.get(tracker.sender_id)
        flow = turn.flows.flow(name.removeprefix(VALIDATE).removesuffix(FORM))
        walk = Walk(turn, flow, dispatcher, tracker)
        asked = _asked(tracker, flow)
        if asked is None:
            return await walk.begin(self._already(turn, flow, tracker))
        stray = turn.intent is not None and turn.intent not in INTERRUPTIONS
        if stray or _comes_back(tracker):
            # A slot beside requested_slot, or Rasa takes the question for refused.
            return [SlotSet("asked_again", tracker.get_slot("asked_again")), *walk.ask(asked)]
        placed = self._place(turn, flow, asked, tracker)
        if placed.interruption:
            return []
        again = bool(tracker.get_slot("asked_again"))
        if placed.value == LATER and flow.plan:
            return walk.later(asked, again)
        if placed.own and placed.value is not None and turn.state.get("alarming"):
            return await walk.alarming(asked, placed, again)
        if placed.own and placed.value is not None:
            return await walk.own_words(asked, placed, again)
        if placed.value is not None:
            return await walk.on(asked, placed.value)
        if not again:
            name = "utter_again_words" if asked.words else "utter_ask_again"
            return walk.again(asked, name)
        if asked.unclear == LATER:
            return walk.later(asked, again=False)
        return await walk.on(asked, UNCLEAR)

    def _already(self, turn: Turn, flow: Flow, tracker: Tracker) -> str | None:
        """Return what the message that begins a flow says to its first question: "not good".

        None where something else was asked before, because the message answered that.
        """
        answered = any(isinstance(effect, SaveAnswer) for effect in turn.effects)
        if turn.state.get("flow") or answered or turn.choice or turn.intent or not turn.text:
            return None
        return self._place(turn, flow, flow.first, tracker).value if flow.first.choices else None

    def _place(self, turn: Turn, flow: Flow, asked: Step, tracker: Tracker) -> Placed:
        message = tracker.latest_message
        if turn.intent is not None:
            return Placed(interruption=turn.intent)
        placed = place(
            asked, turn.text, _ranking(message), self._sureness, turn.choice, flow.reasons
        )
        if placed.interruption and asked.words and turn.state.get("own"):
            return Placed(value=turn.text, own=True)
        if placed.interruption and placed.interruption != (message.get("intent") or {}).get("name"):
            placed = Placed()  # Rasa saw no clear intent, so no rule would answer it
        if placed.value is None and placed.interruption is None:
            return Placed(value=_told(asked, turn.state.get("signals") or ()))
        return placed


class Walk:
    """From one step of a flow to the next question, doing on the way what the flow says."""

    def __init__(
        self, turn: Turn, flow: Flow, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> None:
        """Take the turn on which effects are staged and the dispatcher that speaks."""
        self._turn = turn
        self._flow = flow
        self._dispatcher = dispatcher
        self._tracker = tracker
        self._action = f"{VALIDATE}{flow.name}{FORM}"
        self._answers: dict[str, str] = dict(turn.state.get("answers") or {})

    async def begin(self, answer: str | None = None) -> list[EventType]:
        """Ask the first question, or go on from its answer; a flow broken off by it is abandoned.

        A run that the service itself began is not begun again, and one that ends in a link is
        finished.
        """
        before = self._turn.state.get("flow")
        if before != self._flow.name:
            finished = any(
                isinstance(e, FinishFlow) and e.flow == before for e in self._turn.effects
            )
            if before and not finished:
                self._stage(FinishFlow(before, abandoned=True), before)
            self._stage(StartFlow(self._flow.name), self._flow.name)
        if answer is not None:
            return await self.on(self._flow.first, answer)
        return [SlotSet("asked_again", False), *self.ask(self._flow.first)]

    def ask(self, step: Step) -> list[EventType]:
        """Let the form ask this step's question."""
        return [SlotSet("requested_slot", f"{self._flow.name}_{step.id}")]

    def again(self, step: Step, says: str) -> list[EventType]:
        """Ask the same question once more, with a sentence before it."""
        self._dispatcher.utter_message(response=says)
        return [SlotSet("asked_again", True), *self.ask(step)]

    def later(self, step: Step, again: bool) -> list[EventType]:
        """Leave the question open for another time."""
        self._stage(LeaveForLater(self._flow.name), step.id)
        return [SlotSet("asked_again", again), *self.ask(step)]

    async def alarming(self, step: Step, placed: Placed, again: bool) -> list[EventType]:
        """Keep nothing of words that sounded like danger: they are no line of a plan. What they ask
        for is asked for all the same; else the question is asked once more."""
        if placed.asks is not None:
            return await self.on(step, placed.asks.value)
        return await self.on(step, UNCLEAR) if again else self.again(step, "utter_again_alarming")

    async def own_words(self, step: Step, placed: Placed, again: bool) -> list[EventType]:
        """Keep the client's own words; what says nothing, too much or names somebody is asked once
        more, and then kept as far as it can be."""
        words = placed.value or ""
        wrong = fault(words, self._flow.no_answer)
        if wrong is not None and not again:
            return self.again(step, _AGAIN[wrong])
        if wrong is Fault.NOTHING:
            return await self.on(step, UNCLEAR)
        need = placed.asks.need if placed.asks is not None else None
        return await self.on(step, kept(words, step.longest), own=True, need=need)

    async def on(
        self, step: Step, value: str, *, own: bool = False, need: str | None = None
    ) -> list[EventType]:
        """Keep an answer and go where it leads: the next question, another flow, or the end."""
        self._answers[step.id] = value
        self._stage(SaveAnswer(self._flow.name, step.id, value, own, need), step.id)
        choice = None if own else step.choice(value)
        if choice is not None and choice.signal:
            self._stage(RaiseSignal(Signal(choice.signal), step.id), step.id)
        events: list[EventType] = [
            SlotSet(f"{self._flow.name}_{step.id}", value),
            SlotSet("asked_again", False),
        ]
        following = self._flow.after(step, value)
        while following is not None and not (following.collect and self._open(following)):
            if following.collect:
                following = self._flow.after(following, self._answers[following.id])
                continue
            if following.link and following.link not in (self._turn.state.get("done") or ()):
                return [*events, *self._finish(), FollowupAction(f"{following.link}{FORM}")]
            if following.link:
                following = self._flow.after(following) if following.next else None
                continue
            events += await self._do(following)
            following = self._flow.after(following)
        return [*events, *(self.ask(following) if following else self._finish())]

    def _open(self, step: Step) -> bool:
        """Tell whether a question is still to be asked: not one whose answer was taken over."""
        return not step.known or step.id not in self._answers

    async def _do(self, step: Step) -> list[EventType]:
        if step.action in DEEDS:
            deed = DEEDS[step.action]
            return deed(self._turn, self._dispatcher, self._answers, step.id)
        self._dispatcher.utter_message(response=step.action)
        return []

    def _finish(self) -> list[EventType]:
        self._stage(FinishFlow(self._flow.name), self._flow.name)
        return [SlotSet("requested_slot", None), ActiveLoop(None)]

    def _stage(self, effect: Any, step: str) -> None:
        self._turn.stage(effect, action=self._action, step=step)


def _told(step: Step, signals: Collection[str]) -> str | None:
    """Return the value of the first answer that means the danger heard in a message, the surest as
    staff list them: who has just said that they cannot go home is not asked once more."""
    return next((choice.value for choice in step.choices if choice.signal in signals), None)


def _asked(tracker: Tracker, flow: Flow) -> Step | None:
    """Return the step that is open in this flow; None when the form only begins."""
    slot = tracker.get_slot("requested_slot")
    prefix = f"{flow.name}_"
    if not isinstance(slot, str) or not slot.startswith(prefix):
        return None
    return flow.step(slot.removeprefix(prefix))


def _comes_back(tracker: Tracker) -> bool:
    """Tell whether rules have answered since the client wrote; then the question is due again."""
    for event in reversed(tracker.events[:-1]):
        if event.get("event") == "user":
            return False
        if event.get("event") == "action_execution_rejected":
            return True
    return False


def _ranking(message: Mapping[str, Any]) -> dict[str, float]:
    return {
        str(found["name"]): float(found.get("confidence") or 0.0)
        for found in message.get("intent_ranking") or []
        if found.get("name") and found["name"] != "nlu_fallback"
    }
