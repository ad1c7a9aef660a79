"""What each part of triage is worth: the same messages judged with one part at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.core.danger import Urgency, most_urgent
from bot.danger.classifier import Classifier
from bot.danger.encoder import EncoderMissing
from bot.danger.evaluate import judge_all, row
from bot.danger.fit import Say, fit
from bot.danger.messages import Message, load_messages
from bot.danger.phrases import Phrases
from bot.danger.remembered import Remembered
from bot.danger.triage import Model, Triage
from bot.danger.zones import choose

NOTHING = Phrases((), ())


def ablation(
    triage: Triage, messages: Sequence[Message], data_dir: Path, models_dir: Path, say: Say
) -> str:
    """Return a Markdown table: phrases, words, meaning alone, and all together.

    Words alone and meaning alone are trained anew; each has the lines that suit it best on the
    development messages. Nothing is written.
    """
    trained = triage.model
    encoder = trained.classifier.encoder if trained else None
    if trained is None or encoder is None:
        raise EncoderMissing("the parts can be compared only with a trained model and the encoder")
    remembered = Remembered(encoder, models_dir, say)
    danger_dir = data_dir / "danger"
    learn, dev = load_messages(danger_dir, "train"), load_messages(danger_dir, "dev")
    made = fit(learn, dev, triage.reader.whole, remembered, say, shares=(0.0,))
    words = replace(made, both=None, encoder=None)
    both = replace(trained.classifier, encoder=remembered)

    def lined(classifier: Classifier, phrases: Phrases) -> Triage:
        """Return triage with this classifier and its best lines."""
        reader = triage.reader
        normals = [reader.normal(message.text) for message in dev]
        opinions = [classifier.opinion(reader.pieces(normal)) for normal in normals]
        floors = [most_urgent(*(one.urgency for one in phrases.find(each))) for each in normals]
        truth: list[Urgency] = [message.urgency for message in dev]
        zones, _ = choose(opinions, floors, truth, triage.prices)
        return replace(triage, phrases=phrases, model=Model(classifier, zones))

    rows = {
        "phrases only": replace(triage, model=None),
        "sparse only": lined(words, NOTHING),
        "encoder only": lined(made, NOTHING),
        "sparse + encoder": lined(both, NOTHING),
        "all": lined(both, triage.phrases),
    }
    lines: list[str] = []
    for name, judge in rows.items():
        cells = row(judge_all(judge, messages))
        if not lines:
            lines = [f"| | {' | '.join(cells)} |", "|---|" + "---|" * len(cells)]
        lines.append(f"| {name} | {' | '.join(cells.values())} |")
    return "\n".join(lines)
