"""The model card: what a danger model was trained on, what it reaches, where it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bot.core.danger import Signal, Urgency
from bot.danger import pairs
from bot.danger.evaluate import judge_all, table
from bot.danger.messages import Message
from bot.danger.triage import Triage

_HEAD = """# Danger model

Says of one message how urgent it is and of which danger it speaks. Written by `python3 -m bot
train` for each new model; what it is made of stands in bot/danger/README.md.

**For**: paging a worker about what a client of this program writes, in English, Spanish or both.
**Not for**: judging a person, predicting what somebody will do, or any decision without a worker.
Nobody has tried it on real clients' messages yet. All messages were written for this project; none
is a client's, none was made from a template.
"""

# What people found who read the misses; the counts above say how often.
_FAILS = """
## Where it fails

- Danger that passes without a page and without an ask is mostly calm: goodbyes without a word of
  dying, plans told in everyday words, what needs the message before to be understood.
- The lines were chosen on these same development messages, so expect a little less of new ones;
  `python3 -m bot triage --evaluate measure` says how much less.
- Harmless talk about an ex, an old wound or a fight that is over is what pages falsely most often.
- Spanish reaches the encoder word by word in English; Spanish that no word list knows is judged by
  its letters alone.
"""


def card(
    triage: Triage,
    learn: Sequence[Message],
    dev: Sequence[Message],
    danger_dir: Path,
) -> str:
    """Return the card as Markdown; it names development messages by id alone."""
    lines = [_HEAD, "## Trained on", "", f"{len(learn)} messages.", ""]
    languages = sorted({message.lang for message in learn})
    lines += [f"| urgency | {' | '.join(languages)} |", "|---|" + "---|" * len(languages)]
    for urgency in Urgency:
        counts = Counter(message.lang for message in learn if message.urgency is urgency)
        cells = " | ".join(str(counts[lang]) for lang in languages)
        lines.append(f"| {urgency.value} | {cells} |")
    signals = Counter(signal for message in learn for signal in message.signals)
    few = [f"{signal.value} {signals[signal]}" for signal in Signal if signals[signal] < 100]
    lines += ["", f"Signals with fewer than 100 messages: {', '.join(few) or 'none'}.", ""]
    if triage.degraded:
        lines += [f"**{triage.degraded}**", ""]
    report = table(judge_all(triage, dev), texts=False).splitlines()
    # With remembered embeddings the time says nothing.
    report = [line for line in report if not line.startswith("time a message")]
    lines += ["## Reaches, on the development messages", "", "```", *report, "```"]
    if (danger_dir / "pairs.yml").exists():
        compared = pairs.table(triage, pairs.load_pairs(danger_dir))
        lines += ["", "## Judges alike, however people speak", "", "```", compared, "```"]
    return "\n".join(lines) + "\n" + _FAILS
