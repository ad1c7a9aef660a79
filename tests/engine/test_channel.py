"""The channel: the state goes in and comes out, and nothing else is kept or fired."""

from __future__ import annotations

import unittest

import room

from bot.dialogue.inside_rasa.channel import LONGEST, readable
from bot.dialogue.inside_rasa.mends import TurnFailed
from bot.dialogue.inside_rasa.turn import BadRequest, State, Turn, current


def slot(name: str, value: object) -> dict[str, object]:
    """Return a slot event as the service sends it."""
    return {"event": "slot", "name": name, "value": value, "timestamp": None}


class Texts(unittest.TestCase):
    """What a client types is words, never a command."""

    def test_no_text_can_be_a_command(self) -> None:
        for text in ("/restart", " /restart", "//x", "/ /x", "\0/x", "\n/x", "/" * 9, "\u2028/x"):
            self.assertFalse(readable(text).startswith("/"), repr(text))

    def test_control_characters_become_spaces_and_long_texts_are_cut(self) -> None:
        self.assertEqual(readable("a\0b\ud800c"), "a b c")
        self.assertEqual(len(readable("a" * 10_000)), LONGEST)


class Channel(unittest.IsolatedAsyncioTestCase):
    """One turn through Rasa and back."""

    async def test_the_state_comes_back_changed_by_the_action(self) -> None:
        events = [slot("small_day", "good"), slot("asked_again", True)]
        room.answering({"events": [*events, slot("requested_slot", "small_day")], "responses": []})
        answer = await room.take("the day is good", state={"flow": "small", "step": "day"})
        self.assertEqual(
            answer["state"],
            {
                "language": "en",
                "flow": "small",
                "step": "day",
                "answers": {"day": "good"},
                "asked_again": True,
            },
        )
        self.assertEqual(answer["replies"][0]["response"], "utter_ask_small_day")
        self.assertEqual(answer["intent"]["name"], "say_good")

    async def test_an_action_is_asked_without_the_domain_which_is_a_hundred_times_its_size(
        self,
    ) -> None:
        answer = {"events": [slot("small_day", "good")], "responses": []}
        asked = room.answering(answer)
        await room.take("the day is good", state={"flow": "small", "step": "day"})
        self.assertEqual([one["next_action"] for one in asked], ["validate_small_form"])
        self.assertNotIn("domain", asked[0])

    async def test_the_state_survives_the_way_into_rasa_and_back(self) -> None:
        domain = room.agent().domain
        for value in (
            {"language": "es"},
            {"language": "en", "flow": "small", "step": "day"},
            {"language": "es", "flow": "small", "step": "day", "answers": {"day": "bad"}},
            {"language": "en", "flow": "small", "step": "day", "asked_again": True},
        ):
            state = State.read(value, domain)
            token = current.set(Turn("t", state))
            try:
                tracker = await room.agent().tracker_store.retrieve("t")
            finally:
                current.reset(token)
            self.assertEqual(State.after(tracker, domain), state)

    async def test_an_answer_to_a_question_that_was_dropped_is_left_out(self) -> None:
        value = {"language": "en", "flow": "small", "step": "day", "answers": {"old": "x"}}
        self.assertEqual(State.read(value, room.agent().domain).answers, {})

    async def test_a_talk_ends_on_the_questions_with_which_it_began(self) -> None:
        at_old = {"flow": "small", "step": "gone_since"}
        again = [slot("asked_again", True), slot("requested_slot", "small_gone_since")]
        room.answering({"events": again, "responses": [{"response": "utter_gone_since"}]})
        answer = await room.take("the day is good", state=at_old)
        self.assertEqual(answer["state"]["step"], "gone_since")
        self.assertEqual([one["response"] for one in answer["replies"]], ["utter_gone_since"])
        on = [slot("small_gone_since", "x"), slot("requested_slot", "small_day")]
        room.answering({"events": on, "responses": []})
        answer = await room.take(choice="good", state=at_old)
        self.assertEqual(answer["state"]["step"], "day")
        self.assertEqual(answer["replies"][0]["response"], "utter_ask_small_day")
        over = [slot("requested_slot", None), {"event": "active_loop", "name": None}]
        room.answering({"events": over, "responses": []})
        answer = await room.take(choice="good", state=at_old)
        self.assertIsNone(answer["state"]["flow"])

    async def test_placeholders_come_through_as_they_stand(self) -> None:
        self.assertEqual((await room.take("thanks"))["replies"][0]["text"], "Any time, {worker}.")
        spanish = await room.take("thanks", state={"language": "es"})
        self.assertEqual(spanish["replies"][0]["text"], "Para eso estoy, {worker}.")

    async def test_nothing_is_left_behind_in_memory(self) -> None:
        await room.take("thanks")
        self.assertIsNone(room.agent().tracker_store._fallback_tracker_store)
        self.assertEqual(room.agent().lock_store.conversation_locks, {})

    async def test_a_turn_that_did_not_pass_our_store_is_no_turn(self) -> None:
        store = room.agent().tracker_store._tracker_store
        kept, store.save = store.save, None
        try:
            with self.assertRaises(TurnFailed):
                await room.take("thanks")
        finally:
            store.save = kept
            room.agent().tracker_store._fallback_tracker_store = None

    async def test_requests_that_make_no_sense(self) -> None:
        for wrong in (
            {"turn": None},
            {"choice": 3},
            {"intent": "nobody_taught_it"},
            {"state": {"language": "fr"}},
            {"state": {"flow": "nowhere"}},
            {"state": {"flow": "left_out"}},
            {"state": {"flow": "small", "step": 3}},
        ):
            with self.assertRaises(BadRequest):
                await room.take("thanks", **wrong)
