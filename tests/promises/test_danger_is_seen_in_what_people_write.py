"""Promised: what people write about danger is seen, however they write it, on the trained model."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import pytest

from bot import settings
from bot.core.danger import Context, Signal, Urgency, Verdict
from bot.danger.messages import load_messages
from bot.danger.triage import Triage
from bot.settings import ROOT
from bot.wiring import load_triage
from bot.wiring.models import danger


@pytest.fixture(scope="module")
def triage() -> Triage:
    """Triage on the really trained model, made here when it is missing."""
    chosen = settings.read()
    danger(chosen, print)
    found = load_triage(chosen.models, chosen.data)
    assert found.degraded == ""
    return found


@pytest.mark.parametrize(
    "text",
    [
        "they outside my house rn",
        "estan afuera de mi casa",
        "they spinnin the block rn and my lil brother on the porch",
        "my cousin just got shot he bleeding bad",
        "tell my daughter i love her",
        "me voy a matar",
        "ima slide on them tonight",
    ],
)
def test_what_cannot_wait_pages_at_once(triage: Triage, text: str) -> None:
    verdict = triage.judge(text)
    assert verdict.urgency is Urgency.NOW
    assert verdict.signals
    assert verdict.why


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        # The two people of the mission's case studies, as they might type it.
        ("my boy got killed last night and i know who did it", {Signal.LOSS}),
        ("if i say anything they gon call me a snitch and hes gonna come for me next", None),
        ("i cant go home they know where i stay", {Signal.UNSAFE_SHELTER, Signal.THREAT_RECEIVED}),
        ("he hit me and my son and said hes got a gun", {Signal.PARTNER_VIOLENCE}),
        ("the police never found the gun he threatened me with", None),
        ("he said he know where my moms stay", {Signal.THREAT_RECEIVED}),
        ("can somebody call me please", {Signal.CONTACT_REQUEST}),
        ("no tengo donde dormir hoy", {Signal.UNSAFE_SHELTER}),
        ("mataron a mi primo anoche", {Signal.LOSS}),
    ],
)
def test_what_needs_a_person_pages(triage: Triage, text: str, signals: set[Signal] | None) -> None:
    verdict = triage.judge(text)
    assert verdict.urgency.pages or verdict.ask, verdict
    if signals:
        assert set(verdict.signals) & signals, verdict


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "😂😂😂",
        "ok",
        "1",
        "thanks",
        "good morning",
        "todo bien gracias",
        "that test killed me lol",
        "i shot my shot and she said yes",
        "nobody been bothering me",
        "what time do yall open tomorrow",
        "we lost the game but my son scored 20",
    ],
)
def test_everyday_talk_pages_nobody(triage: Triage, text: str) -> None:
    verdict = triage.judge(text)
    assert not verdict.urgency.pages, verdict
    assert not verdict.ask, verdict


@pytest.mark.parametrize(
    "text",
    [
        "THEY OUTSIDE MY HOUSE RN!!!",
        "theyyyy outsiiiide my house rn",
        "they 0utside my h0use rn",
        "t\u200bhey outs\u200bide my house",
        "thеy оutsidе my hоusе rn",
        "they   outside\nmy house",
        "yo " * 800 + "they outside my house rn",
    ],
)
def test_noise_does_not_hide_danger(triage: Triage, text: str) -> None:
    assert triage.judge(text).urgency is Urgency.NOW


@pytest.mark.parametrize(
    ("text", "asked", "pages"),
    [
        ("nah", "ask", True),
        ("no", "ask", True),
        ("nel", "ask", True),
        ("nah they still out there", "ask", True),
        ("2 dudes outside", "ask", True),
        ("yes", "ask", False),
        ("yea im good", "ask", False),
        ("nah im good at my aunts", "ask", False),
        ("no", "checkin.safe_tonight", False),
        ("yes", "checkin.somebody_after", False),
    ],
)
def test_an_answer_is_judged_with_its_question(
    triage: Triage, text: str, asked: str, pages: bool
) -> None:
    assert triage.judge(text, Context(asked=asked)).urgency.pages is pages


def test_anger_after_a_loss_is_never_taken_more_lightly(triage: Triage) -> None:
    after = Context(recent=(Signal.LOSS,))
    for text in ("somebody gotta answer for it", "im not letting this go", "i see red rn"):
        before, then = triage.judge(text), triage.judge(text, after)
        assert (then.urgency.rank, then.ask) >= (before.urgency.rank, before.ask) or (
            then.urgency.pages
        )


def test_a_question_goes_only_with_watch_or_none(triage: Triage) -> None:
    for message in load_messages(ROOT / "data" / "danger", "dev"):
        verdict = triage.judge(message.text)
        assert not (verdict.ask and verdict.urgency.pages)
        assert len(verdict.signals) <= 3
        assert bool(verdict.signals) is (verdict.urgency is not Urgency.NONE)
        assert bool(verdict.why) is (verdict.urgency is not Urgency.NONE)


def test_threads_agree(triage: Triage) -> None:
    texts = [message.text for message in load_messages(ROOT / "data" / "danger", "dev")][:40]

    def judge(text: str) -> Verdict:
        return triage.judge(text)

    alone = [judge(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(judge, texts)) == alone


@pytest.mark.parametrize("unit", ["a ", "they outside ", "🔫", "\ufdfa", "k1", "x", "\n", "\u202e"])
def test_ten_thousand_characters_take_bounded_time(triage: Triage, unit: str) -> None:
    started = perf_counter()
    triage.judge((unit * 10_000)[:10_000])
    assert perf_counter() - started < 5


def test_the_command_answers_line_by_line_and_says_nothing_else() -> None:
    lines = b"they outside my house rn\n\n\xff\xfe\nest\xc3\xa1n afuera de mi casa\r\nok"
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "triage"],
        input=lines,
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stdout.isascii()
    assert [list(row) for row in rows] == [["text", "urgency", "signals", "why", "ask"]] * 5
    assert [row["urgency"] for row in rows] == ["now", "none", "none", "now", "none"]
    assert rows[3]["text"] == "están afuera de mi casa"


def test_the_command_says_in_one_sentence_what_is_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "triage", "--evaluate", "nowhere.jsonl"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "nowhere.jsonl" in done.stderr
