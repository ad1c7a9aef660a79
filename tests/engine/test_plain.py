"""What the dialogue is trained on can be read by Rasa without any importer of ours."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import room
from rasa.shared.importers.rasa import RasaFileImporter

from bot.dialogue.inside_rasa import plain


class Plain(unittest.TestCase):
    """The small room as a plain project."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="saf-engine-")
        self.addCleanup(folder.cleanup)
        out = Path(folder.name)
        self.assertEqual(plain.export(*room.paths(room.small_room()), out), 0)
        config = str(room.small_room() / "config.yml")
        self.rasas = RasaFileImporter(config, str(out / plain.DOMAIN), [str(out / "data")])

    def test_a_flow_is_a_form_with_its_slots_and_texts(self) -> None:
        domain = self.rasas.get_domain()
        self.assertEqual(domain.required_slots_for_form("small_form"), ["small_day"])
        self.assertIn("small_day", {slot.name for slot in domain.slots})
        self.assertIn("utter_ask_small_day", domain.responses)
        self.assertEqual(len(domain.responses["utter_ask_small_day"]), 2, "both languages")

    def test_what_people_say_is_examples_of_intents(self) -> None:
        examples = self.rasas.get_nlu_data().intent_examples
        said = {(found.get("intent"), found.get("text")) for found in examples}
        self.assertIn(("say_good", "fine one"), said)
        self.assertIn(("thanks", "gracias"), said)

    def test_every_rule_is_there_with_its_condition(self) -> None:
        ours = {step.block_name for step in self.rasas.get_stories().story_steps}
        for name in (
            "begin small",
            "end small",
            "says thanks (within small)",
            "say_good to nothing",
        ):
            self.assertIn(name, ours)


if __name__ == "__main__":
    unittest.main()
