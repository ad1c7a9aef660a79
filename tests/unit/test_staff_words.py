"""What a worker's plain words mean as the answer to a page, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import content
from bot.content import worker_words
from bot.core.alerts import Move
from bot.core.words import Meant, Words, understand
from bot.errors import ContentError
from bot.settings import ROOT


@pytest.fixture(scope="module")
def words() -> Words:
    return content.load(ROOT / "data").worker_words


@pytest.mark.parametrize(
    ("text", "move"),
    [
        ("got it", Move.ACKNOWLEDGE),
        ("Got it!", Move.ACKNOWLEDGE),
        ("I've got it", Move.ACKNOWLEDGE),
        ("ok on it, ten minutes", Move.ACKNOWLEDGE),
        ("yes on my way", Move.ACKNOWLEDGE),
        ("yo voy", Move.ACKNOWLEDGE),
        ("sí, ya voy", Move.ACKNOWLEDGE),
        ("Lo tomo", Move.ACKNOWLEDGE),
        ("reached her", Move.REACHED),
        ("Reached him, he's not safe", Move.REACHED),
        ("got it. reached her", Move.REACHED),
        ("Ya hablé con él", Move.REACHED),
        ("ya hablamos y está tranquila", Move.REACHED),
        ("can't", Move.RELEASE),
        ("can't, with another client", Move.RELEASE),
        ("no puedo", Move.RELEASE),
        ("Pasar a otro", Move.RELEASE),
        ("close", Move.CLOSE),
        ("cerrar", Move.CLOSE),
        ("got it thanks", Move.ACKNOWLEDGE),
        ("got it, no problem", Move.ACKNOWLEDGE),
        ("on it, calling now", Move.ACKNOWLEDGE),
        ("on it but calling now", Move.ACKNOWLEDGE),
        ("voy, no te preocupes", Move.ACKNOWLEDGE),
        ("reached her and she's not ok", Move.REACHED),
        ("ya hablamos, no está bien", Move.REACHED),
        ("can't, not in town", Move.RELEASE),
        ("no puedo, que vaya otra persona", Move.RELEASE),
    ],
)
def test_a_whole_phrase_is_understood(text: str, move: Move, words: Words) -> None:
    assert understand(text, words).move is move


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "who's got it?",
        "got it?",
        "¿voy?",
        "lol",
        "no",
        "ok",
        "123",
        "i dont got it",
        "got it, cant",
        "got it but im out of town",
        "got it. im out of town",
        "Got it but im still at work",
        "got it. can somebody else take it",
        "got it. can you go? thanks",
        "on it... wait no",
        "on it, nvm",
        "mine, will see her tomorrow",
        "voy pero no puedo hasta mañana",
        "voy, mañana temprano",
        "lo tomo. mejor que vaya otro",
        "reached her, just voicemail",
        "reached her but she hung up on me",
        "ya hablé con ella, bueno con el buzón",
        "close, no danger. wait no",
        "cerrar, sin peligro. espera",
        "false alarm, i think",
        "did anybody see ana",
        "voy a comer",
        "close to her house",
    ],
)
def test_what_is_not_sure_changes_nothing(text: str, words: Words) -> None:
    """A page wrongly taken for answered stops ringing."""
    assert understand(text, words).nothing


@pytest.mark.parametrize("text", ["got it but im out of town", "voy, no puedo", "close. wait"])
def test_who_takes_it_back_is_asked(text: str, words: Words) -> None:
    assert understand(text, words) == Meant(unsure=True)
    assert understand(f"#7 {text}", words) == Meant(unsure=True, number=7)


@pytest.mark.parametrize(
    "text",
    ["can't reach her", "no answer yet", "not reached", "no contesta", "no puedo hablar con el"],
)
def test_who_has_not_reached_the_client_does_not_pass_it_on(text: str, words: Words) -> None:
    assert understand(text, words) == Meant(not_yet=True)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("close, no danger", "no_danger"),
        ("Close it. False alarm", "no_danger"),
        ("cerrar, sin peligro", "no_danger"),
        ("reached her, close, all good", "reached_safe"),
        ("close, reached, safe", "reached_safe"),
    ],
)
def test_closing_may_say_how_it_ended(text: str, outcome: str, words: Words) -> None:
    assert understand(text, words) == Meant(Move.CLOSE, outcome)


def test_a_label_answers_how_it_ended(words: Words) -> None:
    """ "Not reached" alone changes nothing, but it is an outcome when that was just asked."""
    assert understand("Not reached", words, closing=True) == Meant(outcome="not_reached")
    assert understand("Not reached", words) == Meant(not_yet=True)


@pytest.mark.parametrize(
    "text", ["#12 got it", "got it #12", "got it 12", "12 got it", "got it # 12"]
)
def test_a_number_names_the_alert(text: str, words: Words) -> None:
    assert understand(text, words) == Meant(Move.ACKNOWLEDGE, number=12)


def test_a_phrase_with_two_meanings_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "worker_words.yml"
    path.write_text(
        "says:\n"
        "  acknowledge: {en: [got it], es: [voy]}\n"
        "  release: {en: [Got it!], es: [no puedo]}\n"
        "outcomes: {}\n"
        "asides: {en: [], es: []}\n"
    )
    texts = content.load(ROOT / "data").texts
    with pytest.raises(ContentError, match=r"worker_words.yml:3: `got it` stands under"):
        worker_words.load(path, texts, [])


def test_an_outcome_that_the_program_does_not_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "worker_words.yml"
    path.write_text("says: {}\noutcomes:\n  won: {en: [a], es: [b]}\nasides: {en: [], es: []}\n")
    with pytest.raises(ContentError, match=r"worker_words.yml:3: `won` is not known"):
        worker_words.load(path, content.load(ROOT / "data").texts, ["no_danger"])
