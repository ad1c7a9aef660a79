"""The intent classifier: trained, stored and loaded as what it was."""

from __future__ import annotations

import unittest
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import room
from rasa.core.channels.channel import UserMessage
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.importers.importer import TrainingDataImporter

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

    def test_an_intent_weighs_by_the_root_of_its_rarity(self) -> None:
        weights = self.classifier.clf[-1].class_weight
        data = TrainingDataImporter.load_from_config(*room.paths(room.small_room()))
        examples = Counter(one.get("intent") for one in data.get_nlu_data().intent_examples)
        ratio = weights["tells"] / weights["say_good"]
        self.assertAlmostEqual(ratio, (examples["say_good"] / examples["tells"]) ** 0.5)

    def test_one_that_is_not_stored_is_no_untrained_one(self) -> None:
        with TemporaryDirectory() as folder:
            storage = LocalModelStorage(Path(folder))
            with self.assertRaises(ValueError):
                IntentClassifier.load({}, storage, Resource("nowhere"), mock.Mock())


if __name__ == "__main__":
    unittest.main()
