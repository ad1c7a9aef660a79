"""The intent classifier: trained, stored and loaded as what it was."""

from __future__ import annotations

import unittest
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import room
from rasa.core.channels.channel import UserMessage
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource

from bot.dialogue.inside_rasa.intents import IntentClassifier


class Intents(unittest.IsolatedAsyncioTestCase):
    """On a small trained dialogue, loaded as the engine loads it."""

    def setUp(self) -> None:
        nodes = room.agent().processor.graph_runner._instantiated_nodes.values()
        components = [getattr(node, "_component", None) for node in nodes]
        self.classifier = next(one for one in components if isinstance(one, IntentClassifier))

    async def test_what_was_trained_reads_messages(self) -> None:
        read = await room.agent().processor.parse_message(UserMessage("the day is quite bad 3"))
        self.assertEqual(read["intent"]["name"], "say_bad")

    def test_a_rare_word_tells_more_than_a_common_one(self) -> None:
        weights = self.classifier.clf[0].idf_
        self.assertGreater(max(weights), 1.5 * min(weights))

    def test_one_that_is_not_stored_is_no_untrained_one(self) -> None:
        with TemporaryDirectory() as folder:
            storage = LocalModelStorage(Path(folder))
            with self.assertRaises(ValueError):
                IntentClassifier.load({}, storage, Resource("nowhere"), mock.Mock())


if __name__ == "__main__":
    unittest.main()
