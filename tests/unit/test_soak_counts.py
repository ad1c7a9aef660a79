"""The soak's count notices what it is there to notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.bench.report import render_soak
from bot.bench.soak_counts import MUST_BE_ZERO, Said, count
from bot.core.messages import Bot, Inbound, InboundKind
from bot.store import people
from bot.store.tables import Alert, Inbox, InboxState, Outbox, OutboxState, Seen
from tests.support.program import Program, build, client, run

ANA = 7
DANGER = "they outside my house rn"


class Phones:
    """What arrived, as the fake Telegram tells it."""

    def __init__(self, program: Program) -> None:
        self.client: list[str] = []
        self.worker: list[str] = []
        for message in program.channel.sent:
            (self.client if message.bot is Bot.CLIENT else self.worker).append(message.text)

    def everything_sent(self, bot: str) -> dict[int, list[str]]:
        return {ANA: self.client if bot == "client" else self.worker}


class Night:
    """One danger message, handled as it should be."""

    def __init__(self, folder: Path) -> None:
        self.program = build(folder)
        house = self.program.house
        with house.db.write() as s:
            people.bind_chat(house.sealer, s.merge(client(self.program)), "telegram", str(ANA))
        run(self._live())
        self.phones = Phones(self.program)
        self.said = [Said(1, ANA, True, self.program.clock.now() - timedelta(seconds=2))]

    async def _live(self) -> None:
        for update, text in (("1", DANGER), ("2", "hello")):
            at = self.program.clock.now()
            await self.program.lines.receive(
                Inbound("telegram", Bot.CLIENT, update, str(ANA), InboundKind.TEXT, at, text)
            )
            await self.program.settle()

    def figures(self) -> dict[str, Any]:
        return count(self.program.house, self.said, self.phones, ANA)  # type: ignore[arg-type]

    def broken(self) -> list[str]:
        return list(self.figures()["broken"])


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    made = Night(tmp_path)
    # No engine: what only talks waits, and is none of this.
    with made.program.house.db.write() as s:
        s.execute(sa.update(Inbox).values(state=InboxState.HANDLED))
    yield made
    made.program.house.db.close()


def test_what_went_well_breaks_nothing(night: Night) -> None:
    figures = night.figures()
    assert figures["broken"] == []
    assert (figures["alerts"], figures["danger_opened"], figures["danger_joined"]) == (1, 1, 0)
    assert figures["first_page_p50"] == 2.0
    more = {"kills": 0, "calls": 9, "faults": 0, "seconds": 1.0, "seed": 1, "messages": 1}
    assert render_soak({**figures, **more}).endswith("Nothing lost, nothing doubled: kept.")
    assert "BROKEN: stuck_in" in render_soak({**figures, **more, "broken": ["stuck_in"]})
    assert set(MUST_BE_ZERO) <= set(figures)


def test_a_danger_message_without_an_alert_is_noticed(night: Night) -> None:
    with night.program.house.db.write() as s:
        s.execute(sa.delete(Seen))
        s.execute(sa.update(Alert).values(inbox_id=None))
    assert night.broken() == ["danger_without_alert"]


def test_a_page_that_never_came_is_noticed(night: Night) -> None:
    night.phones.worker.clear()
    assert night.broken() == ["alerts_unpaged"]


def test_a_message_that_came_twice_is_noticed_but_by_the_rule(night: Night) -> None:
    night.phones.client.append(night.phones.client[0])
    assert night.broken() == ["doubled_without_reason"]
    with night.program.house.db.write() as s:
        s.execute(sa.update(Outbox).values(unknowns=1))
    figures = night.figures()
    assert figures["broken"] == [] and figures["doubled_by_rule"] == 1


def test_a_message_that_never_came_is_noticed(night: Night) -> None:
    night.phones.client.pop()
    assert night.broken() == ["lost_without_reason"]


def test_what_was_never_written_down_is_noticed(night: Night) -> None:
    night.said.append(Said(99, ANA, False, night.said[0].at))
    assert night.broken() == ["not_received"]


def test_what_is_stuck_is_noticed(night: Night) -> None:
    with night.program.house.db.write() as s:
        s.execute(sa.update(Inbox).values(state=InboxState.JUDGED))
        worker = sa.update(Outbox).where(Outbox.worker_id.is_not(None))
        s.execute(worker.values(state=OutboxState.SENDING))
    assert night.broken() == ["stuck_in", "stuck_out"]
