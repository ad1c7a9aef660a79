"""Train and check the dialogue with Rasa's own functions, as the commands of the engine's entry
point."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from rasa.model_testing import test_core
from rasa.model_training import train
from rasa.nlu.test import cross_validate
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.utils.io import read_config_file
from rasa.validator import Validator

from bot.dialogue.inside_rasa import mends
from bot.dialogue.inside_rasa.tensorflow_stand_in import refuse_components

FOLDS = 5


def run(options: argparse.Namespace, root: Path, data: list[str], stands_in: bool) -> int:
    """Run train, validate, test-nlu or test-stories; returns the exit code."""
    config, domain = str(root / "config.yml"), str(root / "domain.yml")
    if stands_in:
        refuse_components(read_config_file(config))
    if options.command == "train":
        return _train(config, domain, data, Path(options.out))
    if options.command == "validate":
        return _validate(TrainingDataImporter.load_from_config(config, domain, data))
    if options.command == "test-nlu":
        return asyncio.run(_test_nlu(config, domain, data, Path(options.out)))
    mends.install()
    asyncio.run(
        test_core(
            options.model, options.stories, options.out, {"errors": True, "disable_plotting": True}
        )
    )
    return 0


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
    return 0 if all([check() for check in checks]) else 1


async def _test_nlu(config: str, domain: str, data: list[str], out: Path) -> int:
    """Cross-validate the intents; prints one JSON object with the mean weighted and macro F1."""
    nlu = TrainingDataImporter.load_from_config(config, domain, data).get_nlu_data()
    # Without the importers: they would put every flow's examples back into the training part of
    # each fold.
    settings: dict[str, Any] = {
        k: v for k, v in read_config_file(config).items() if k != "importers"
    }
    await cross_validate(
        nlu,
        FOLDS,
        settings,
        output=str(out),
        errors=True,
        disable_plotting=True,
        report_as_dict=True,
    )
    report = json.loads((out / "intent_report.json").read_text())
    figures = {
        "examples": len(nlu.intent_examples),
        "intents": len(nlu.intents),
        "f1": round(report["weighted avg"]["f1-score"], 4),
        "f1_macro": round(report["macro avg"]["f1-score"], 4),
    }
    weakest = sorted((v["f1-score"], k) for k, v in report.items() if k in nlu.intents)[:5]
    figures["weakest"] = {name: round(f1, 3) for f1, name in weakest}
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0
