"""``triage``: one message a line in, what it says about danger out; no engine needed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.danger.messages import Message
    from bot.danger.triage import Triage
    from bot.settings import Settings


@click.command()
@click.option(
    "--evaluate",
    metavar="FILE|SPLIT",
    help='Measure instead: a JSONL file of {"text", "urgency", "signals", "lang"}, or one of the '
    "project's own splits: dev, measure (whose texts stay unseen, so that it keeps measuring).",
)
@click.option("--asked", default="", help="The question that each line answers, as flow.step.")
@click.option(
    "--recent", multiple=True, metavar="SIGNAL", help="A signal of the last days, newest first."
)
@click.option(
    "--parts",
    is_flag=True,
    help="With --evaluate: what phrases, words and meaning find alone (takes minutes).",
)
def command(evaluate: str | None, parts: bool, asked: str, recent: tuple[str, ...]) -> None:
    """Judge messages: one a line on stdin, one JSON object a line on stdout.

    {"text", "urgency": "now|today|watch|none", "signals": [at most three], "why", "ask"}. Empty
    lines are messages too. The danger model is trained first when it is missing or out of date.
    """
    from bot import settings
    from bot.wiring import load_triage
    from bot.wiring.models import danger

    chosen = settings.read()
    labelled = _labelled(evaluate, chosen) if evaluate else []
    danger(chosen, _say)
    triage = load_triage(chosen.models, chosen.data)
    if triage.degraded:
        _say(triage.degraded)
    if parts and evaluate:
        from bot.danger.ablation import ablation

        click.echo(ablation(triage, labelled, chosen.data, chosen.models, _say))
    elif evaluate:
        _evaluate(triage, labelled, texts=evaluate != "measure")
    else:
        _judge_lines(triage, asked, recent)


def _judge_lines(triage: Triage, asked: str, recent: tuple[str, ...]) -> None:
    """Judge stdin line by line; bytes that are no UTF-8 become replacement characters."""
    from bot.core.danger import Context, Signal
    from bot.errors import SafError

    try:
        context = Context(asked=asked, recent=tuple(Signal(name) for name in recent))
    except ValueError as error:
        names = ", ".join(Signal)
        raise SafError(f"--recent: {error}; the signals are {names}.") from None
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", errors="replace").removesuffix("\n").removesuffix("\r")
        verdict = triage.judge(text, context)
        row = {
            "text": text,
            "urgency": verdict.urgency.value,
            "signals": [signal.value for signal in verdict.signals],
            "why": verdict.why,
            "ask": verdict.ask,
        }
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


def _labelled(evaluate: str, chosen: Settings) -> list[Message]:
    """Read what is to be measured, before anything slow begins."""
    from bot.danger.messages import SPLITS, load_messages, read_lines
    from bot.errors import SafError

    if evaluate not in SPLITS or Path(evaluate).exists():
        return read_lines(Path(evaluate))
    found = load_messages(chosen.data / "danger", evaluate)
    if not found:
        raise SafError(f"{chosen.data / 'danger'} holds no message of the split {evaluate}.")
    return found


def _evaluate(triage: Triage, messages: list[Message], *, texts: bool) -> None:
    """Print the table."""
    from bot.danger.evaluate import judge_all, table

    click.echo(table(judge_all(triage, messages), texts=texts))


def _say(line: str) -> None:
    """Show progress on stderr; stdout belongs to the results."""
    click.echo(line, err=True)
