"""The code word and [I need help now] are rules: tapped, typed or by number, they ring at once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.core.danger import Urgency
from bot.core.messages import Kind
from bot.store import people
from bot.store.tables import Alert
from tests.support import plans as plan
from tests.support.program import Program, client
from tests.support.staff import last, unlock

LABEL = "I need help now"


def alerts(program: Program) -> list[Alert]:
    """Return all alerts that there ever were."""
    with program.house.db.read() as s:
        return list(s.scalars(sa.select(Alert).order_by(Alert.id)))


def why(program: Program) -> str:
    """Return why the newest alert rang."""
    found, ana = alerts(program)[-1], client(program)
    return people.box(program.house.sealer, ana).open("alert.why", found.id, found.why or b"")


async def offered(program: Program) -> None:
    """Let Ana be shown the button."""
    plan.listening(program)
    await program.says("Ana", "help")
    assert [one.label for one in program.buttons("Ana")] == ["Call me", LABEL]


async def test_a_tap_rings_as_the_typed_label_does(program: Program) -> None:
    await offered(program)
    await program.taps("Ana", LABEL)
    (found,) = alerts(program)
    assert found.urgency is Urgency.NOW and found.signals == ["immediate_threat"]
    assert program.got("Ben", Kind.PAGE)
    assert "I'm paging Ben now" in program.got("Ana", Kind.SAFETY)[0].text
    assert LABEL in why(program)


@pytest.mark.parametrize("said", [LABEL, "i need help now!", "2"])
async def test_typed_or_by_its_number_it_rings_the_same(program: Program, said: str) -> None:
    await offered(program)
    await program.says("Ana", said)
    assert [one.urgency for one in alerts(program)] == [Urgency.NOW]
    assert LABEL in why(program)


async def test_it_rings_without_a_dialogue_and_after_a_stop(program: Program) -> None:
    await offered(program)
    program.house.engine = None
    with program.house.db.write() as s:
        s.merge(client(program)).state = "left"  # type: ignore[assignment]
    await program.taps("Ana", LABEL)
    assert program.got("Ben", Kind.PAGE) and program.got("Ana", Kind.SAFETY)


async def test_who_writes_with_her_hears_it_too(program: Program) -> None:
    await offered(program)
    await unlock(program, "Ben")
    await program.says("Ben", "/write Ana")
    await program.taps("Ana", LABEL)
    assert [one.urgency for one in alerts(program)] == [Urgency.NOW]
    assert program.got("Ana", Kind.SAFETY)
    await program.taps("Ben", "Open")
    assert LABEL in last(program, "Ben")
