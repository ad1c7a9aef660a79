"""Examining the staff's room as a whole: every mistake with its file and line, no engine needed."""

from __future__ import annotations

from pathlib import Path

from bot.content import flows, learned, lint, plan, program, signals, staff, texts, worker_words
from bot.content.yaml import Mistakes
from bot.errors import ContentError

DOMAIN = Path(__file__).resolve().parents[2] / "domain.yml"


def problems(data_dir: Path, domain: Path = DOMAIN) -> list[ContentError]:
    """Return every mistake outside data/danger's own files.

    What rests on something that cannot be read is not examined, so that one mistake is said once.
    """
    mistakes = Mistakes()
    said = texts.load(data_dir / "responses", mistakes)
    whole = not mistakes.found
    found = flows.load(data_dir / "flows", said, mistakes=mistakes)
    asked = not mistakes.found
    outcomes: tuple[str, ...] | None = None
    with mistakes.noted():
        path = data_dir / "program" / "escalation.yml"
        outcomes = program.load_escalation(path, said).outcomes
    with mistakes.noted():
        program.load_calendar(data_dir / "program" / "calendar.yml", said)
    with mistakes.noted():
        staff.load(data_dir / "program" / "staff.yml")
    with mistakes.noted():
        signals.load(data_dir / "danger" / "signals.yml")
    with mistakes.noted():
        plan.load(data_dir / "program" / "plan.yml", said)
    if whole and outcomes is not None:
        with mistakes.noted():
            path = data_dir / "program" / "worker_words.yml"
            worker_words.load(path, said, outcomes)
    if asked:
        learned.examine(data_dir, domain, found.values(), said, mistakes)
    if whole:
        mistakes.found += lint.examine(data_dir, said, found.values() if asked else ())
    return mistakes.found
