"""Train and check the dialogue with Rasa's own functions, as the commands of the engine's entry
point."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.test import WrongPredictionException
from rasa.model_testing import test_core
from rasa.model_training import train, train_nlu
from rasa.nlu.classifiers.fallback_classifier import (
    is_fallback_classifier_prediction,
    undo_fallback_prediction,
)
from rasa.nlu.test import generate_folds
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLWriter
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import read_config_file, write_yaml
from rasa.validator import Validator
from sklearn.metrics import classification_report

from bot.dialogue.inside_rasa import mends, plain
from bot.dialogue.inside_rasa.tensorflow_stand_in import refuse_components

FOLDS = 5


def run(options: argparse.Namespace, root: Path, data: list[str], stands_in: bool) -> int:
    """Run train, validate, test-nlu, test-stories or export; returns the exit code."""
    config, domain = str(root / "config.yml"), str(root / "domain.yml")
    if stands_in:
        refuse_components(read_config_file(config))
    if options.command == "train":
        return _train(config, domain, data, Path(options.out))
    if options.command == "validate":
        return _validate(TrainingDataImporter.load_from_config(config, domain, data))
    if options.command == "export":
        return plain.export(config, domain, data, Path(options.out))
    if options.command == "test-nlu":
        return asyncio.run(_test_nlu(config, domain, data, options.least))
    return asyncio.run(_test_stories(options.model, options.stories, str(_out(options))))


def _out(options: argparse.Namespace) -> Path:
    return Path(options.out or tempfile.mkdtemp(prefix="saf-rasa-"))


def _train(config: str, domain: str, data: list[str], out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    result = train(
        domain, config, data, output=str(out), fixed_model_name="dialogue", force_training=True
    )
    return result.code


def _validate(importer: TrainingDataImporter) -> int:
    validator = Validator.from_importer(importer)
    checks = (
        validator.verify_domain_validity,
        lambda: validator.verify_nlu(ignore_warnings=False),
        validator.verify_utterances_in_stories,
        validator.verify_actions_in_stories_rules,
        validator.verify_forms_in_stories_rules,
        validator.verify_form_slots,
        validator.verify_slot_mappings,
        lambda: validator.verify_story_structure(ignore_warnings=False),
    )
    return 0 if all([_passes(check) for check in checks]) else 1


def _passes(check: Callable[[], bool]) -> bool:
    """Carry out one of Rasa's checks; one that fails says what it found, in Rasa's own warnings."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", UserWarning)
        passed = check()
    if not passed:
        said = [f"{warning.message}\n" for warning in found]
        # Most texts are the service's own to say.
        sys.stderr.writelines(line for line in said if "not used in any story" not in line)
    return passed


async def _test_nlu(config: str, domain: str, data: list[str], least: float) -> int:
    """Cross-validate the intents; prints their F1 as one JSON object; 1 when it is too low.

    Rasa's own cross-validation reads every training example again too, which takes minutes.
    """
    mends.install()
    numpy.random.seed(1)  # the same folds every time
    nlu = TrainingDataImporter.load_from_config(config, domain, data).get_nlu_data()
    meant: list[str] = []
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="saf-rasa-") as folder:
        for learned, unseen in generate_folds(FOLDS, nlu):
            processor = Agent.load(_train_intents(config, learned, Path(folder))).processor
            for example in unseen.intent_examples:
                read = await processor.parse_message(UserMessage(example.get("text")))
                meant.append(example.get("intent"))
                if is_fallback_classifier_prediction(read):
                    read = undo_fallback_prediction(read)
                found.append(read["intent"]["name"])
    report = classification_report(meant, found, output_dict=True, zero_division=0)
    weakest = sorted((report[intent]["f1-score"], intent) for intent in set(meant))[:5]
    figures = {
        "intent_f1": round(report["weighted avg"]["f1-score"], 4),
        "macro_f1": round(report["macro avg"]["f1-score"], 4),
        "intents": len(set(meant)),
        "examples": len(meant),
        "weakest": {intent: round(f1, 3) for f1, intent in weakest},
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if figures["intent_f1"] >= least else 1


def _train_intents(config: str, examples: TrainingData, folder: Path) -> str:
    # Without the importers: they would put every flow's examples back into each fold.
    settings = {k: v for k, v in read_config_file(config).items() if k != "importers"}
    write_yaml(settings, folder / "config.yml")
    RasaYAMLWriter().dump(folder / "nlu.yml", examples)
    with contextlib.redirect_stdout(io.StringIO()):
        model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder))
    if model is None:
        raise RasaException("a fold could not be trained")
    return model


async def _test_stories(model: str, stories: str, out: str) -> int:
    """Play test stories on a trained dialogue; 1, and the first wrong step, when one goes wrong."""
    told = {"errors": True, "disable_plotting": True, "fail_on_prediction_errors": True}
    try:
        await test_core(model, stories, out, told, use_conversation_test_files=True)
    except WrongPredictionException as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    return 0
