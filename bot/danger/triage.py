"""Triage: one message in, one verdict out; the only door of this room for the rest of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.core.danger import Context, Signal, Urgency, Verdict, most_urgent
from bot.core.people import Language
from bot.danger.classifier import SIGNALS, Classifier, Opinion
from bot.danger.context import Answer, Questions, lift, load_questions
from bot.danger.encoder import Encoder, EncoderMissing
from bot.danger.features import Piece, Reader
from bot.danger.meanings import Meanings, load_meanings
from bot.danger.models import ModelMissing, load_model
from bot.danger.normalise import Normal
from bot.danger.phrases import Phrase, Phrases, load_phrases
from bot.danger.words import load_words
from bot.danger.zones import Lift, Prices, Zones, load_prices

# A phrase in a longer message which the classifier is sure is harmless ("me dieron un balazo", in a
# story of 1998) is asked about before it rings. Of 82 paging phrases in messages that were danger,
# one was doubted; of 9 in harmless ones, six. Short cries for help are never doubted.
SURE, DOUBTED = 8, 0.1  # words of a message; probability of a page
NAMED = 3  # signals in a verdict at most; more say nothing to somebody who is called at night
SPOKEN_OF = 0.35  # probability from which a signal is named beside the likeliest one
HEARD = 0.1  # probability from which a signal counts for what came before


@dataclass(frozen=True, slots=True)
class Model:
    """What training left: the classifier and the lines between the zones."""

    classifier: Classifier
    zones: Zones


@dataclass(frozen=True, slots=True)
class Triage:
    """Judges messages; holds no state, so threads may share it. The same message gives the same."""

    phrases: Phrases
    reader: Reader
    questions: Questions
    meanings: Mapping[Language, Meanings]
    prices: Prices
    model: Model | None
    degraded: str = ""  # what is missing, in one sentence; empty when nothing is

    @classmethod
    def load(cls, models_dir: Path, data_dir: Path) -> Triage:
        """Read staff's files and the trained model; what is missing makes it ``degraded``.

        Without the encoder: phrases and sparse features. Without a trained model: phrases only.
        """
        danger_dir, degraded, encoder = data_dir / "danger", "", None
        try:
            encoder = Encoder.installed()
        except EncoderMissing as missing:
            degraded = f"Danger triage works without the sentence encoder: {missing}."
        try:
            model: Model | None = Model(*load_model(models_dir, encoder))
        except ModelMissing as missing:
            model, degraded = None, f"Danger triage knows phrases only: {missing}."
        return cls(
            load_phrases(danger_dir),
            Reader(load_words(danger_dir)),
            load_questions(danger_dir),
            load_meanings(danger_dir),
            load_prices(danger_dir),
            model,
            degraded,
        )

    def judge(self, text: str, context: Context = Context()) -> Verdict:  # noqa: B008 - frozen
        """Return what the message says about danger.

        1. No words: nothing. A bare yes or no to a question of a flow: that flow's to judge.
        2. Staff's phrases say the least that must follow.
        3. The classifier's opinion, with the question and the last days, falls into a zone.
        """
        normal = self.reader.normal(text)
        if not any(char.isalnum() for char in normal.words):
            return Verdict()
        answer = self.questions.answer(normal, context.asked)
        if answer is not None and answer.bare:
            return self._bare(answer, context.language)
        found = self.phrases.find(normal)
        if self.model is None:
            return self._verdict(context.language, found, Urgency.NONE, False, (), [])
        opinion = self.opinion(normal, answer)
        lifted = lift(self.prices.lifts, context, _heard(opinion))
        times = max(lifted.times if lifted else 1.0, answer.question.times if answer else 1.0)
        times *= self.questions.prior(context.asked)
        urgency, ask = self.model.zones.urgency(opinion, times)
        alone, unsure = self.model.zones.urgency(opinion)
        if alone is Urgency.NOW and not urgency.pages:
            urgency, ask = Urgency.TODAY, False  # no question makes an attack a calm answer
        elif ask and answer is not None and context.asked == "ask":
            # We have asked already; a second ask would nag. What only the question makes dangerous
            # ("why") leaves the first one open, and its silence rings.
            urgency, ask = (Urgency.TODAY if unsure or answer.said else Urgency.WATCH), False
        reasons = self._reasons(context.language, answer, lifted, times, opinion, urgency)
        long = len(normal.words.split()) > SURE
        doubted = long and opinion.page < DOUBTED and not context.recent and not context.asked
        named = _named(opinion)
        return self._verdict(context.language, found, urgency, ask, named, reasons, doubted)

    def opinion(self, normal: Normal, answer: Answer | None = None) -> Opinion:
        """Return the classifier's opinion; an unsafe answer is also read as a whole sentence."""
        if self.model is None:
            raise ValueError("there is no trained model")
        opinion = self.model.classifier.opinion(self.reader.pieces(normal))
        if answer is None or not answer.said:
            return opinion
        said = self.model.classifier.opinion([Piece(answer.said, answer.said)])
        return max(opinion, said, key=lambda one: one.page)

    def _bare(self, answer: Answer, language: Language) -> Verdict:
        """Return the verdict on a bare yes or no."""
        if not answer.unsafe or answer.question.bare is None:
            return Verdict()
        signal, urgency = answer.question.bare
        return Verdict(urgency, (signal,), self.meanings[language].say("said_unsafe"))

    def _reasons(
        self,
        language: Language,
        answer: Answer | None,
        lifted: Lift | None,
        times: float,
        opinion: Opinion,
        urgency: Urgency,
    ) -> list[str]:
        """Return what besides the words made the verdict what it is."""
        if self.model is None or urgency is self.model.zones.urgency(opinion)[0]:
            return []
        if lifted is not None and lifted.times >= times:
            after = sorted(lifted.after, key=list(Signal).index)
            return [self.meanings[language].say("lifted", after)]
        return [self.meanings[language].say("answering")] if answer else []

    def _verdict(
        self,
        language: Language,
        found: list[Phrase],
        urgency: Urgency,
        ask: bool,
        likely: tuple[Signal, ...],
        reasons: list[str],
        doubted: bool = False,
    ) -> Verdict:
        """Put phrases and classifier together; the higher urgency stands.

        Where the phrases are ``doubted``, the client is asked; silence rings all the same.
        """
        floor = most_urgent(*(phrase.urgency for phrase in found))
        if doubted and floor.pages and not urgency.pages:
            floor, ask = Urgency.WATCH, True
        urgency = most_urgent(urgency, floor)
        if urgency is Urgency.NONE:
            return Verdict()
        ask = ask and not urgency.pages
        first = [signal for phrase in found for signal in phrase.signals]
        signals = tuple(dict.fromkeys((*first, *likely)))[:NAMED]
        meanings = self.meanings[language]
        why = [
            meanings.say("phrase", phrase=phrase.means[language.value]) for phrase in found[:NAMED]
        ]
        beside = tuple(signal for signal in signals if signal not in first)
        if beside:
            why.append(meanings.say("unsure" if ask else "reads_like", beside))
        # Where no phrase speaks of a wound 911 comes first: not to say it is the worse mistake.
        hurt = [phrase.first_911 for phrase in found if Signal.INJURY in phrase.signals]
        said = "; ".join(dict.fromkeys(why + reasons))
        return Verdict(urgency, signals, said, ask, any(hurt) or not hurt)


def _heard(opinion: Opinion) -> frozenset[Signal]:
    """Return the signals that may be in the message."""
    return frozenset(
        signal for place, signal in enumerate(SIGNALS) if opinion.signals[place] >= HEARD
    )


def _named(opinion: Opinion) -> tuple[Signal, ...]:
    """Return the likeliest signal and those beside it that are likely too."""
    order = np.argsort(-opinion.signals, kind="stable")[:NAMED]
    named = [SIGNALS[place] for place in order if opinion.signals[place] >= SPOKEN_OF]
    return tuple(named) or (SIGNALS[int(order[0])],)
