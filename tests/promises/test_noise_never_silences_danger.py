"""Promised: however a danger message is spelt, it hardly ever turns from a page into silence."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from bot import settings
from bot.danger.messages import load_messages
from bot.danger.triage import Triage
from bot.settings import ROOT
from bot.wiring import load_triage
from bot.wiring.models import danger
from tests.support.noise import NOISES

SILENCED = 0.02  # pages that noise may turn into silence
TAKEN = 60  # messages, from all over the development split


@pytest.fixture(scope="module")
def triage() -> Triage:
    """Triage on the really trained model, made here when it is missing."""
    chosen = settings.read()
    danger(chosen, print)
    return load_triage(chosen.models, chosen.data)


@pytest.fixture(scope="module")
def paging(triage: Triage) -> list[str]:
    """Development messages that page, evenly from all of them."""
    texts = [message.text for message in load_messages(ROOT / "data" / "danger", "dev")]
    found = [text for text in texts if triage.judge(text).urgency.pages]
    return found[:: max(1, len(found) // TAKEN)]


def test_noise_hardly_ever_turns_a_page_into_silence(triage: Triage, paging: list[str]) -> None:
    tried, silent = 0, []
    for noise in NOISES:
        chance = Random(noise.__name__)  # noqa: S311 - the same noise at every run, no secret
        for text in paging:
            noisy = noise(text, chance)
            verdict = triage.judge(noisy)
            tried += 1
            if not (verdict.urgency.pages or verdict.ask):
                silent.append((noise.__name__, noisy[:200]))
    print(f"{len(silent)} of {tried} pages turned into silence")
    assert len(silent) <= SILENCED * tried, silent


@how(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=4096))
def test_no_text_breaks_triage(triage: Triage, text: str) -> None:
    verdict = triage.judge(text)
    assert len(verdict.signals) <= 3
    assert triage.judge(text) == verdict
