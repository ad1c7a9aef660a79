"""The mends of Rasa: in place, needed, and doing what Rasa does but for what they mend."""

from __future__ import annotations

import inspect
import unittest
from typing import ClassVar
from unittest import mock

import rasa.core.agent
import rasa.core.processor
import room
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core import events
from rasa.shared.utils.common import all_subclasses

from bot.dialogue.inside_rasa import mends, runner

RASAS_RUN = DaskGraphRunner.run


class Mends(unittest.IsolatedAsyncioTestCase):
    """Each fails when Rasa changes underneath."""

    def setUp(self) -> None:
        room.agent()

    def test_they_are_where_rasa_looks(self) -> None:
        self.assertIs(rasa.core.agent.MessageProcessor, mends.LoudProcessor)
        self.assertIs(rasa.core.processor.DaskGraphRunner, runner.InOrderRunner)
        self.assertIs(type(room.agent().processor), mends.LoudProcessor)
        self.assertIs(type(room.agent().processor.graph_runner), runner.InOrderRunner)

    def test_rasa_still_has_what_they_replace(self) -> None:
        for owner, name, arguments in (
            (RemoteAction, "_validate_action_result", ["self", "result"]),
            (events.Event, "resolve_by_type", ["type_name", "default"]),
            (DaskGraphRunner, "run", ["self", "inputs", "targets"]),
            (MessageProcessor, "predict_next_with_tracker_if_should", ["self", "tracker"]),
            (
                MessageProcessor,
                "_run_action",
                ["self", "action", "tracker", "output_channel", "nlg", "prediction"],
            ),
        ):
            found = list(inspect.signature(getattr(owner, name)).parameters)
            self.assertEqual(found, arguments, name)

    def test_they_are_still_needed(self) -> None:
        source = inspect.getsource(MessageProcessor._run_action)
        self.assertIn("Bot will continue, but the actions events are lost", source)
        self.assertIn("dask.get", inspect.getsource(DaskGraphRunner.run))
        self.assertIn("all_subclasses", inspect.getsource(mends._walk_all_subclasses))
        self.assertIn(
            "jsonschema", inspect.getsource(rasa.core.actions.action.RemoteAction).lower()
        )

    def test_every_event_is_found_as_rasa_finds_it(self) -> None:
        for event in all_subclasses(events.Event):
            name = event.type_name
            for _ in range(2):
                self.assertIs(events.Event.resolve_by_type(name), mends._walk_all_subclasses(name))
        with self.assertRaises(ValueError):
            events.Event.resolve_by_type("nobody_knows")
        default = events.SlotSet
        self.assertIs(events.Event.resolve_by_type("nobody_knows", default), default)

    def test_the_graph_gives_what_dask_gives(self) -> None:
        ours = room.agent().processor.graph_runner
        metadata = room.agent().processor.model_metadata
        target = metadata.nlu_target
        inputs = {"__message__": [UserMessage("the day is good")], "__tracker__": mock.Mock()}
        found, wanted = (
            run(ours, inputs, [target]) for run in (runner.InOrderRunner.run, RASAS_RUN)
        )
        self.assertEqual(found[target][0].as_dict(True), wanted[target][0].as_dict(True))
        self.assertEqual(found[target][0].get("intent")["name"], "say_good")

    def test_an_answer_of_another_shape_is_no_answer(self) -> None:
        action = RemoteAction("action_x", None)
        self.assertTrue(action._validate_action_result({"events": [], "responses": [{}]}))
        for wrong in (None, [], {}, {"events": None, "responses": []}, {"events": ["x"]}):
            with self.assertRaises(mends.TurnFailed):
                action._validate_action_result(wrong)


class Failing(unittest.IsolatedAsyncioTestCase):
    """A turn in which anything failed did not happen."""

    asked: ClassVar = {"flow": "small", "step": "day"}

    async def test_an_action_server_that_is_not_there(self) -> None:
        room.answering(ConnectionError())
        with self.assertRaises(mends.TurnFailed):
            await room.take("the day is good", state=self.asked)

    async def test_an_action_server_that_talks_nonsense(self) -> None:
        nonsense = {"events": [{"event": "nobody_knows"}], "responses": []}
        for answer in (None, {"events": [{}], "responses": []}, nonsense):
            room.answering(answer)
            with self.assertRaises(mends.TurnFailed):
                await room.take("the day is good", state=self.asked)

    async def test_a_text_that_is_missing_in_a_language(self) -> None:
        says = {"events": [], "responses": [{"response": "utter_only_english"}]}
        room.answering(says)
        with self.assertRaises(mends.TurnFailed):
            await room.take("the day is good", state={**self.asked, "language": "es"})

    async def test_rules_that_go_round_in_circles(self) -> None:
        room.answering({"events": [], "responses": []})
        with self.assertRaises(mends.TurnFailed):
            await room.take(intent="stop")  # an intent without a rule

    async def test_a_turn_after_a_failed_one_is_whole(self) -> None:
        room.answering(ConnectionError())
        with self.assertRaises(mends.TurnFailed):
            await room.take("the day is good", state=self.asked)
        answer = await room.take("thank you")
        self.assertEqual([r["response"] for r in answer["replies"]], ["utter_thanks"])
