"""Open turns: what is staged counts once, and only while the turn is open."""

from __future__ import annotations

import pytest

from bot.core.effects import AskForPerson, FinishFlow, SaveAnswer
from bot.core.flows import Flow
from bot.dialogue.turns import OpenTurns, TurnClosed

STATE = {"language": "en", "flow": None, "step": None, "answers": {}, "asked_again": False}


class NoFlows:
    """A place without flows."""

    def flow(self, name: str) -> Flow:
        raise KeyError(name)


def test_effects_come_in_the_order_in_which_they_were_staged() -> None:
    with OpenTurns().open(NoFlows(), STATE, text="call me") as turn:
        turn.stage(SaveAnswer("checkin", "day", "good"), action="a", step="day")
        turn.stage(FinishFlow("checkin"), action="a", step="day")
        assert turn.effects == (SaveAnswer("checkin", "day", "good"), FinishFlow("checkin"))


def test_the_same_action_at_the_same_step_counts_once() -> None:
    with OpenTurns().open(NoFlows(), STATE) as turn:
        turn.stage(AskForPerson(), action="action_ask_person")
        turn.stage(AskForPerson(), action="action_ask_person")
        assert turn.effects == (AskForPerson(),)


def test_an_action_of_a_turn_that_is_over_is_refused() -> None:
    turns = OpenTurns()
    with turns.open(NoFlows(), STATE) as turn:
        assert turns.get(turn.id) is turn
    with pytest.raises(TurnClosed):
        turns.get(turn.id)
    with pytest.raises(TurnClosed):
        turn.stage(AskForPerson(), action="action_ask_person")


def test_a_turn_is_closed_when_what_it_was_for_fails() -> None:
    turns = OpenTurns()
    with pytest.raises(RuntimeError), turns.open(NoFlows(), STATE) as turn:
        raise RuntimeError
    with pytest.raises(TurnClosed):
        turns.get(turn.id)


def test_a_second_try_is_another_turn() -> None:
    turns = OpenTurns()
    with turns.open(NoFlows(), STATE) as first, turns.open(NoFlows(), STATE) as second:
        assert first.id != second.id


def test_what_was_said_does_not_show_when_a_turn_is_printed() -> None:
    with OpenTurns().open(NoFlows(), STATE, text="they outside my house") as turn:
        assert "outside" not in repr(turn)
        assert turn.request()["text"] == "they outside my house"
