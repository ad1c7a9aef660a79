"""The staff's room as the service sees it: flows, texts and the program's numbers, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.content import flows, labels, plan, program, signals, staff, texts, worker_words
from bot.core.flows import Flow
from bot.core.words import Words


@dataclass(frozen=True, slots=True)
class Content:
    """Everything of data/ that the running service uses, read at one moment."""

    flows: Mapping[str, Flow]
    texts: texts.Texts
    calendar: program.Calendar
    escalation: program.Escalation
    signals: signals.Signals
    worker_words: Words
    plan: plan.PlanWords
    staff: staff.Staff
    labels: frozenset[str]  # folded: our own buttons, which say nothing of danger when typed

    def flow(self, name: str) -> Flow:
        """Return a flow; KeyError when there is none of that name."""
        return self.flows[name]


def load(data_dir: Path) -> Content:
    """Read and check data/; ContentError names the first mistake's file and line."""
    said = texts.load(data_dir / "responses")
    words = plan.load(data_dir / "program" / "plan.yml", said)
    escalation = program.load_escalation(data_dir / "program" / "escalation.yml", said)
    asked = plan.with_ways_out(flows.load(data_dir / "flows", said), words, said)
    return Content(
        flows=asked,
        texts=said,
        calendar=program.load_calendar(data_dir / "program" / "calendar.yml", said),
        escalation=escalation,
        signals=signals.load(data_dir / "danger" / "signals.yml"),
        worker_words=worker_words.load(
            data_dir / "program" / "worker_words.yml", said, escalation.outcomes
        ),
        plan=words,
        staff=staff.load(data_dir / "program" / "staff.yml"),
        labels=labels.harmless(asked, said),
    )
