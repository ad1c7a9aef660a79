"""Write what the dialogue is trained on as a plain Rasa project, which any Rasa can train.

Our importer is left behind: flows have become slots, forms and rules, and choices intents. The
benchmark trains stock Rasa on it (bot/bench), and whoever wants to leave us could.
"""

from __future__ import annotations

from pathlib import Path

from rasa.shared.core.training_data.story_writer.yaml_story_writer import YAMLStoryWriter
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLWriter

DOMAIN, NLU, RULES = "domain.yml", "data/nlu.yml", "data/rules.yml"


def export(config: str, domain: str, data: list[str], out: Path) -> int:
    """Write domain.yml, data/nlu.yml and data/rules.yml below a folder; returns the exit code."""
    importer = TrainingDataImporter.load_from_config(config, domain, data)
    (out / "data").mkdir(parents=True, exist_ok=True)
    importer.get_domain().persist(out / DOMAIN)
    RasaYAMLWriter().dump(out / NLU, importer.get_nlu_data())
    YAMLStoryWriter().dump(out / RULES, importer.get_stories().story_steps)
    return 0
