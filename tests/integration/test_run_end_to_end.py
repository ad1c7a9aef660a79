"""The main job with the real service, the real engine and Telegram over HTTP: from two one-time
links to a closed alert, while things fail; and not one word of it in a log."""

from __future__ import annotations

import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bot.settings import Settings
from bot.wiring import models
from tests.support.fake_telegram import CLIENT_TOKEN, WORKER_TOKEN, FakeTelegram, FaultKind, Sent
from tests.support.service import Running, link_of, saf, texts, until

ANA, BEN, STRANGER = 770_011_223, 990_044_556, 880_077_889
ALIAS, NAME, PIN, CODE = "Ana Quetzal", "Ben Quill", "739152", "marigold kettle"
DANGER, MORE = "they outside my house rn", "he got a gun on him too"


@pytest.fixture(scope="module")
def trained() -> None:
    """The dialogue of this checkout, trained if it is not yet."""
    models.dialogue(Settings(), print)


@pytest.fixture
def town(tmp_path: Path, fake_telegram: FakeTelegram) -> Iterator[Town]:
    """A program with links for Ben and Ana, and nobody enrolled."""
    tokens = {
        who: link_of(tmp_path, *words)
        for who, words in {
            "Ben": ("worker", "add", NAME),
            # No quiet hours: at whatever time this is played, a check-in comes at once.
            "Ana": ("client", "add", ALIAS, "--worker", NAME, "--quiet", "00:00-00:00"),
        }.items()
    }
    yield Town(tmp_path, fake_telegram, tokens)


class Town:
    """What people do on their phones, and what they wait for."""

    def __init__(self, home: Path, telegram: FakeTelegram, links: dict[str, str]) -> None:
        self.home, self.telegram, self.links = home, telegram, links

    def ana(self) -> list[Sent]:
        return self.telegram.sent(ANA)

    def ben(self) -> list[Sent]:
        return self.telegram.sent(BEN, bot="worker")

    def ana_taps(self, label: str, then: str) -> None:
        self.telegram.tap(ANA, label)
        self.ana_reads(then)

    def ana_says(self, words: str, then: str) -> None:
        self.telegram.say(ANA, words)
        self.ana_reads(then)

    def ana_reads(self, words: str) -> None:
        until(lambda: any(words in text for text in texts(self.ana())[-2:]), within=15)

    def ben_reads(self, words: str) -> None:
        until(lambda: any(words in text for text in texts(self.ben())[-3:]), within=15)

    def enrol_ben(self) -> None:
        self.telegram.say(BEN, f"/start {self.links['Ben']}", bot="worker")
        self.ben_reads("choose a PIN")
        self.telegram.say(BEN, PIN, bot="worker")
        self.ben_reads("PIN")
        self.telegram.say(BEN, f"/codeword {ALIAS} {CODE}", bot="worker")
        until(lambda: len(self.ben()) >= 4)

    def enrol_ana(self) -> None:
        self.telegram.say(ANA, f"/start {self.links['Ana']}")
        self.ana_reads("this is the line")
        self.ana_taps("Yes", "Who reads")
        self.ana_says("got it", "Never use this for")
        self.ana_taps("Got it", "one tap to answer")
        self.ana_taps("Yes, I'm in", "good time to write")
        self.ana_taps("Evening", "Pick a code word")
        self.ana_taps("We picked one", "press help once")
        self.ana_taps("I need help now", "You're set")
        self.ben_reads("#1")
        self.telegram.tap(BEN, "Open", bot="worker")
        until(lambda: any("I've got it" in row for one in self.ben() for row in one.buttons))
        self.telegram.tap(BEN, "I've got it", bot="worker")
        self.ben_reads("trial")


def test_the_main_job(trained: None, town: Town) -> None:
    telegram = town.telegram
    with Running(town.home, telegram, "--no-train", "--verbose") as service:
        service.until_says("the dialogue engine is ready", within=60)
        town.enrol_ben()
        town.enrol_ana()
        # A check-in, and danger in the middle of it, while Telegram has a bad minute.
        telegram.say(BEN, f"/checkin {ALIAS}", bot="worker")
        town.ana_reads("How's today?")
        town.ana_taps("Not good", "safe")
        telegram.fail_next("sendMessage", FaultKind.GATEWAY, bot="worker")
        telegram.fail_next("sendMessage", FaultKind.GARBAGE_AFTER, chat=ANA)
        began = time.monotonic()
        town.ana_says(DANGER, "I'm paging Ben Quill")
        town.ben_reads("#2, open")
        assert time.monotonic() - began < 10
        page = next(one for one in reversed(town.ben()) if "#2" in one.text)
        assert page.protect and not page.silent and page.buttons == [["Open"]]
        assert DANGER not in " ".join(texts(town.ben()))
        telegram.tap(BEN, "Open", bot="worker")
        town.ben_reads(DANGER)
        telegram.tap(BEN, "I've got it", bot="worker")
        town.ana_reads("Ben Quill has seen it and is on it")
        # More of it, a stranger, a locked database, a code word.
        town.ana_says(MORE, "Ben Quill")
        telegram.say(STRANGER, "who is this")
        until(lambda: telegram.sent(STRANGER))
        with closing(sqlite3.connect(town.home / "saf.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            telegram.say(ANA, f"its the {CODE}")
            time.sleep(1)
            other.rollback()
        until(lambda: any("code word" in text for text in _opened(town)), within=15)
        telegram.tap(BEN, "Reached", bot="worker")
        until(lambda: any("Close" in row for one in town.ben()[-2:] for row in one.buttons))
        telegram.tap(BEN, "Close", bot="worker")
        until(
            lambda: any(
                "safe" in label.lower()
                for one in town.ben()[-2:]
                for row in one.buttons
                for label in row
            )
        )
        telegram.tap(BEN, town.ben()[-1].buttons[0][0], bot="worker")
        # The words leave Ben's phone.
        until(lambda: not any(DANGER in text or MORE in text for text in texts(town.ben())), 20)
        assert any(one.deleted and DANGER in one.text for one in town.ben())
        # What stood open is asked again.
        town.ana_taps("I'm okay now", "safe")
        assert service.stop() == 0
        said = service.said
    assert "stopped" in said
    for secret in (*_secrets(), *town.links.values()):
        assert secret not in said, f"{secret} stands in the log"
    assert saf(town.home, "audit").returncode == 0


def _opened(town: Town) -> list[str]:
    """Open the newest page of Ben's that is not open yet, and return what he reads."""
    if any("Open" in row for one in town.ben()[-1:] for row in one.buttons):
        town.telegram.tap(BEN, "Open", bot="worker")
        time.sleep(0.3)
    return texts(town.ben())[-3:]


def _secrets() -> list[str]:
    words = [DANGER, MORE, CODE, "outside my house", "marigold", "who is this", PIN]
    names = [ALIAS, NAME, "Quetzal", "Quill"]
    chats = [str(ANA), str(BEN), str(STRANGER)]
    tokens = [CLIENT_TOKEN, WORKER_TOKEN, CLIENT_TOKEN.split(":")[1], WORKER_TOKEN.split(":")[1]]
    return [*words, *names, *chats, *tokens]


def test_killed_with_the_page_in_hand_it_pages_after_the_start(town: Town) -> None:
    parts = ("--no-train", "--only", "telegram", "--only", "ticks")
    with Running(town.home, town.telegram, *parts) as service:
        service.until_says("running:")
        town.telegram.say(BEN, f"/start {town.links['Ben']}", bot="worker")
        town.ben_reads("choose a PIN")
        town.telegram.say(ANA, f"/start {town.links['Ana']}")
        town.ana_reads("this is the line")
        assert service.stop() == 0
    with Running(town.home, town.telegram, *parts, SAF_DIE_AT="after inbox is written") as service:
        service.until_says("running:")
        town.telegram.say(ANA, DANGER)
        assert service.ended() == -9
    assert not any("#1" in text for text in texts(town.ben()))
    with Running(town.home, town.telegram, *parts) as service:
        town.ben_reads("#1, open")
        town.ana_reads("I'm paging Ben Quill")
        assert service.stop() == 0
    assert sum("#1, open" in text for text in texts(town.ben())) == 1


def test_an_engine_that_never_starts_stops_no_alert(town: Town, tmp_path: Path) -> None:
    with Running(
        town.home, town.telegram, "--no-train", SAF_MODELS=str(tmp_path / "no models")
    ) as service:
        service.until_says("running:")
        town.telegram.say(BEN, f"/start {town.links['Ben']}", bot="worker")
        town.ben_reads("choose a PIN")
        town.telegram.say(ANA, f"/start {town.links['Ana']}")
        town.ana_reads("this is the line")
        town.ana_taps("Yes", "checked for danger")
        town.ana_says(DANGER, "I'm paging Ben Quill")
        town.ben_reads("#1, open")
        service.until_says("there is no trained dialogue")
        assert service.stop() == 0


def test_webhooks_are_taken_and_forged_ones_refused(town: Town) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    told = {
        "SAF_WEBHOOK_URL": url,
        "SAF_WEBHOOK_PORT": str(port),
        "SAF_WEBHOOK_SECRET": "s" * 32,
    }
    parts = ("--no-train", "--only", "telegram", "--only", "ticks")
    with Running(town.home, town.telegram, *parts, **told) as service:
        service.until_says("calls are taken")
        forged = {"update_id": 1, "message": {"chat": {"id": ANA, "type": "private"}, "text": "x"}}
        answer = httpx.post(f"{url}/telegram/client", json=forged, trust_env=False)
        assert answer.status_code == 403
        town.telegram.say(BEN, f"/start {town.links['Ben']}", bot="worker")
        town.ben_reads("choose a PIN")
        town.telegram.say(ANA, f"/start {town.links['Ana']}")
        town.ana_reads("this is the line")
        town.ana_says(DANGER, "I'm paging Ben Quill")
        town.ben_reads("#1, open")
        assert service.stop() == 0
        assert "telegram_webhook_forged" in service.said
    assert not town.telegram.calls("getUpdates")


def test_a_missing_or_wrong_token_is_one_sentence(
    tmp_path: Path, fake_telegram: FakeTelegram
) -> None:
    missing = saf(tmp_path, "run", SAF_CLIENT_BOT_TOKEN=CLIENT_TOKEN)
    assert missing.returncode == 2
    assert missing.stderr.count("\n") == 1 and "SAF_WORKER_BOT_TOKEN is not set" in missing.stderr
    wrong = saf(
        tmp_path,
        *("run", "--no-train", "--only", "ticks"),
        SAF_CLIENT_BOT_TOKEN=CLIENT_TOKEN,
        SAF_WORKER_BOT_TOKEN="1002:" + "wrong" * 7,
        SAF_TELEGRAM_URL=fake_telegram.base_url,
    )
    assert wrong.returncode == 2
    [*_, sentence] = wrong.stderr.splitlines()
    assert sentence.startswith("Telegram refuses the worker bot's token")
    assert "Traceback" not in wrong.stderr and "wrongwrong" not in wrong.stderr
