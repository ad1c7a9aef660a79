"""Labelled messages: a mistake is named by file and line, and what measures is never trained on."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.danger.messages import fingerprint, load_messages, read_lines
from bot.errors import ContentError, SafError
from tests.support.danger import small, write


def test_a_split_reads_its_own_files_only(tmp_path: Path) -> None:
    danger = small(tmp_path, learned=3) / "danger"
    write(danger / "messages_measure.yml", 2, "measure")
    assert {message.split for message in load_messages(danger, "train")} == {"train"}
    assert len(load_messages(danger, "measure")) == 8
    before = fingerprint(danger)
    write(danger / "messages_measure.yml", 3, "measure")
    assert fingerprint(danger) == before, "measuring messages train nothing"
    write(danger / "messages_dev.yml", 4, "dev")
    assert fingerprint(danger) != before


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ('{id: a, text: "x", lang: en, signals: [], urgency: now, split: train}', "do not go"),
        ('{id: a, text: "x", lang: en, signals: [rain], urgency: now, split: train}', "rain"),
        ('{id: a, text: "x", lang: fr, signals: [], urgency: none, split: train}', "language fr"),
        ('{id: a, text: "x", lang: en, signals: [], urgency: none, split: dev}', "split dev"),
        ("{id: a, lang: en, signals: [], urgency: none, split: train}", "`text` is missing"),
        ('{id: a, txt: "x"}', "`txt` is not known"),
        ("words", "this is no message"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(tmp_path: Path, entry: str, what: str) -> None:
    path = tmp_path / "messages_some.yml"
    path.write_text(f"messages:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(ContentError, match=what) as caught:
        load_messages(tmp_path, "train")
    assert str(path) in str(caught.value)


def test_lines_of_json_are_read_and_a_bad_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text('{"text": "a", "urgency": "none"}\n\n', encoding="utf-8")
    (message,) = read_lines(path)
    assert (message.lang, message.signals) == ("unknown", ())
    path.write_text('{"text": "a", "urgency": "none"}\n{"text": 1}\n', encoding="utf-8")
    with pytest.raises(ContentError, match="2: no labelled message"):
        read_lines(path)
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(SafError, match="holds no message"):
        read_lines(path)
    with pytest.raises(SafError, match="cannot be read"):
        read_lines(tmp_path / "nowhere.jsonl")
