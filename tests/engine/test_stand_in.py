"""Without TensorFlow: what cannot work says so in one sentence."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

import rasa
import room
from rasa.engine.recipes.default_recipe import DefaultV1Recipe

from bot.dialogue.inside_rasa.tensorflow_stand_in import (
    COMPONENTS,
    NeedsTensorFlow,
    install,
    refuse_components,
)


class StandIn(unittest.TestCase):
    """The stand-in for TensorFlow."""

    def test_rasa_has_no_other_component_that_needs_tensorflow(self) -> None:
        needs = set()
        for component in DefaultV1Recipe._registered_components:
            of = DefaultV1Recipe._registered_components[component].clazz
            source = Path(sys.modules[of.__module__].__file__ or "").read_text(encoding="utf-8")
            models = ("import tensorflow", "RasaModel", "TransformerRasaModel", "from transformers")
            if any(word in source for word in models):
                needs.add(component)
        self.assertLessEqual(needs, COMPONENTS)
        self.assertLessEqual(COMPONENTS, set(DefaultV1Recipe._registered_components))

    def test_a_configured_component_is_refused_in_one_sentence(self) -> None:
        for config in (
            {"pipeline": [{"name": "WhitespaceTokenizer"}, {"name": "DIETClassifier"}]},
            {"policies": [{"name": "rasa.core.policies.ted_policy.TEDPolicy"}]},
            {"pipeline": ["ResponseSelector"]},
        ):
            with self.assertRaises(NeedsTensorFlow) as caught:
                refuse_components(config)
            self.assertIn("install the full engine with `uv pip install", str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))

    def test_our_own_configuration_is_not_refused(self) -> None:
        from rasa.shared.utils.io import read_config_file

        refuse_components(read_config_file(str(room.ROOT / "config.yml")))
        refuse_components({})

    def test_calling_tensorflow_is_refused(self) -> None:
        import tensorflow as tf

        with self.assertRaises(NeedsTensorFlow):
            tf.constant(1, 2)
        with self.assertRaises(NeedsTensorFlow):
            tf.keras.layers.Dense(units=3)

    def test_installing_twice_changes_nothing(self) -> None:
        before = list(sys.meta_path)
        self.assertTrue(install())
        self.assertEqual(before, sys.meta_path)

    def test_rasa_is_the_version_that_was_mended(self) -> None:
        self.assertEqual(rasa.__version__, "3.6.21")
