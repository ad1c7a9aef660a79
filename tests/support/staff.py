"""What tests of the worker's side share: a PIN given, a page opened, what stands on a screen."""

from __future__ import annotations

import sqlalchemy as sa

from bot.core.messages import InboundKind
from bot.store import people
from bot.store.tables import Alert, Audit, Worker
from tests.support.program import Program

PIN = "482915"


async def unlock(program: Program, who: str) -> None:
    """Let a worker choose their PIN, or give it."""
    await program.says(who, "/pin")
    await program.says(who, PIN)
    if "PIN set" not in last(program, who):
        await program.says(who, PIN)


async def tap_again(program: Program, who: str, token: str) -> None:
    """Let somebody send a button's token, whoever it was made for."""
    await program.says(who, kind=InboundKind.BUTTON, token=token)


def last(program: Program, who: str) -> str:
    """Return the last thing that somebody got."""
    return program.got(who)[-1].text


def screen(program: Program, who: str) -> str:
    """Return all that ever stood on somebody's phone, labels too."""
    return "\n".join(
        "\n".join([m.text, *(b.label for row in m.buttons for b in row)])
        for m in program.channel.sent
        if m.chat == who
    )


def alert(program: Program, number: int = 1) -> Alert:
    """Return an alert as it stands now."""
    with program.house.db.read() as s:
        return s.get_one(Alert, number)


def worker(program: Program, name: str) -> Worker:
    """Return a worker's row as it stands now."""
    with program.house.db.read() as s:
        found = people.worker_by_name(s, program.house.sealer, name)
        assert found is not None
        return found


def looks(program: Program, name: str) -> list[str]:
    """Return what a worker did, as it was recorded."""
    with program.house.db.read() as s:
        return list(
            s.scalars(
                sa.select(Audit.did).where(Audit.who == worker(program, name).id).order_by(Audit.id)
            )
        )
