"""The two people of the seed document write as they would write, to the real thing: `chat`, with
the trained models and the real engine; the right danger reaches Ben, and the check-in goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.core.alerts import AlertState
from bot.core.danger import Signal, Urgency
from bot.settings import ROOT, Settings
from bot.store.tables import Alert, Answer, Checkin, CheckinState
from bot.wiring import open_database
from tests.support.service import environment

# A friend was shot and killed; he saw who did it, fears to be called a snitch, cannot go home.
YOUNG_MAN = """\
not good
naw cant go home
they killed my boy last nite
i seen who did it n he know i was there
they outside my house rn
>worker acknowledge
im okay now
Somebody is
>worker close reached_safe
"""
# Her partner hurt her and her child and threatened her with a gun that was not found.
WOMAN = """\
no muy bien
mi ex me pego otra vez y tambien al niño
trae una pistola y dijo q me va a matar, no la encontraron
no tengo donde dormir hoy con mi nene
"""


def chat(folder: Path, typed: str, *more: str) -> list[dict[str, Any]]:
    """Type these lines into ``chat``; return what everybody got."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "chat", "--json", "--home", str(folder), *more],
        input=typed,
        env=environment(folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def kept(folder: Path) -> tuple[list[Alert], list[CheckinState], int]:
    """Return the alerts, the states of the check-ins, and how many answers were saved."""
    db, _ = open_database(Settings(home=folder / "chat"))
    with db.read() as s:
        alerts = list(s.scalars(sa.select(Alert).order_by(Alert.id)))
        states = list(s.scalars(sa.select(Checkin.state)))
        answers = s.scalar(sa.select(sa.func.count()).select_from(Answer)) or 0
    db.close()
    return alerts, states, answers


def got(rows: list[dict[str, Any]], who: str, *kinds: str) -> list[str]:
    """Return the texts that somebody got, of these kinds if any are named."""
    return [
        row["text"] for row in rows if row["to"] == who and row["kind"] in (kinds or row["kind"])
    ]


def test_the_young_man_who_saw_who_did_it(tmp_path: Path) -> None:
    rows = chat(tmp_path, YOUNG_MAN)
    alerts, states, answers = kept(tmp_path)
    assert [alert.urgency for alert in alerts] == [Urgency.NOW]
    assert {Signal.UNSAFE_SHELTER, Signal.LOSS, Signal.IMMEDIATE_THREAT} <= set(alerts[0].signals)
    assert alerts[0].state is AlertState.CLOSED
    assert states == [CheckinState.ANSWERED] and answers >= 3

    mine = got(rows, "Ana")
    assert "safe where you sleep tonight" in mine[1]
    # At night it begins with who is on, and since when.
    safety = max(place for place, text in enumerate(mine) if "I'm paging Ben" in text)
    assert "Ben has seen it" in mine[safety + 1]
    last = [text.rpartition("\n\n")[2] for text in mine[:safety] if text.endswith("?")][-1]
    assert mine[safety + 2].endswith(last)  # the same question again
    assert all("not verified" in page for page in got(rows, "Ben", "page"))


def test_the_woman_whose_partner_has_a_gun(tmp_path: Path) -> None:
    rows = chat(tmp_path, WOMAN, "--lang", "es")
    alerts, _, _ = kept(tmp_path)
    assert len(alerts) == 1 and alerts[0].urgency in (Urgency.TODAY, Urgency.NOW)
    assert {Signal.PARTNER_VIOLENCE, Signal.UNSAFE_SHELTER} <= set(alerts[0].signals)
    assert len(got(rows, "Ben", "page")) >= 1
    assert all("Ben" in text for text in got(rows, "Ana", "safety"))
