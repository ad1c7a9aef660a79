"""Flows become what Rasa trains on."""

from __future__ import annotations

import unittest

import room
from rasa.shared.importers.importer import TrainingDataImporter

from bot.dialogue.inside_rasa.importer import FEWEST, FlowImporter, fold


class Importer(unittest.TestCase):
    """The flow importer on a small room."""

    def setUp(self) -> None:
        config, domain, data = room.paths(room.small_room())
        self.ours = FlowImporter(config, domain, data, leave_out=["left_out"])
        self.all = TrainingDataImporter.load_from_config(config, domain, data)

    def test_a_question_is_a_slot_and_a_flow_is_a_form(self) -> None:
        domain = self.ours.get_domain()
        self.assertEqual(domain.required_slots_for_form("small_form"), ["small_day"])
        self.assertIn("validate_small_form", domain.action_names_or_texts)
        self.assertIn("start_small", domain.intents)

    def test_a_flow_that_is_left_out_leaves_no_trace(self) -> None:
        domain = self.ours.get_domain()
        self.assertNotIn("left_out_form", domain.form_names)
        self.assertNotIn("say_never", domain.intents)

    def test_only_what_has_one_meaning_is_taught(self) -> None:
        taught = {
            (m.get("intent"), m.get("text")) for m in self.ours.get_nlu_data().intent_examples
        }
        self.assertIn(("say_good", "fine one"), taught)
        self.assertNotIn("no", {text for _, text in taught})

    def test_choices_that_ask_for_a_person_are_one_intent(self) -> None:
        self.assertNotIn("say_call", self.ours.get_domain().intents)

    def test_a_choice_with_few_examples_is_not_guessed_at(self) -> None:
        self.assertGreaterEqual(FEWEST, 10)
        learned = {m.get("intent") for m in self.ours.get_nlu_data().intent_examples}
        self.assertEqual(learned, {"say_good", "say_bad", "tells"})

    def test_stories_of_people_are_learned_as_stories_but_never_those_kept_for_measuring(
        self,
    ) -> None:
        data = self.ours.get_nlu_data().intent_examples
        tales = [m.get("text") for m in data if m.get("intent") == "tells"]
        self.assertEqual(len(tales), 2)
        self.assertTrue(all("truck" in tale for tale in tales))

    def test_what_may_be_said_any_time_leads_back_into_every_flow(self) -> None:
        rules = {step.block_name for step in self.ours.get_stories().story_steps}
        self.assertIn("says thanks (within small)", rules)
        self.assertIn("say_good to nothing", rules)
        self.assertIn("end small", rules)

    def test_texts_and_flows_are_one_domain_in_the_end(self) -> None:
        domain = self.all.get_domain()
        self.assertIn("utter_ask_small_day", domain.responses)
        self.assertIn("small_form", domain.form_names)
        self.assertEqual(domain.session_config.session_expiration_time, 0)

    def test_folding_is_the_services(self) -> None:
        # bot.core cannot be imported here (Python 3.11); tests/unit/test_answers.py has the same.
        self.assertEqual(fold("  ¿Cómo ESTÁS? I'm-good… "), "como estas im good")
