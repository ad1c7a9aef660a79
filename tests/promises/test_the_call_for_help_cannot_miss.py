"""The code word and [I need help now] are rules: tapped, typed or by number, they ring at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.danger import Urgency
from bot.core.messages import InboundKind, Kind
from bot.service.staff import code_words
from bot.store import people
from bot.store.tables import Alert
from tests.support import plans as plan
from tests.support.program import Program, build, client
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


def keep(program: Program, word: str) -> None:
    with program.house.db.write() as s:
        code_words.keep(program.house, s.merge(client(program)), word)


SPELT = [
    *(
        ("blue moon", said)
        for said in ("Blue  moon", "blue\nmoon", "blue-moon", "bluemoon", "BLUE MOON!")
    ),
    *(("bluemoon", said) for said in ("Blue moon", "blue-moon, u there")),
    *(
        ("grandma's pie", said)
        for said in ("grandma\u2019s pie", "grandmas pie", "got Grandma\u2019s  pie?")
    ),
    *(("corazón azul", said) for said in ("corazon azul", "mi CORAZÓN\u00a0AZUL", "corazonazul")),
    ("blue \U0001f319", "Blue \U0001f319"),
]


@pytest.mark.parametrize(("word", "said"), SPELT)
async def test_the_code_word_rings_however_it_is_spelt(
    program: Program, word: str, said: str
) -> None:
    keep(program, word)
    await program.says("Ana", said)
    assert [one.urgency for one in alerts(program)] == [Urgency.NOW]
    assert "code word" in why(program)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("blue moon", "blue moonlight tonight"),
        ("blue moon", "true blue moons"),
        ("blue moon", "the moon is blue"),
        ("pear", "pearl appears"),
        ("blue \U0001f319", "blue is my color"),
    ],
)
async def test_the_code_word_inside_other_words_is_none(
    program: Program, word: str, said: str
) -> None:
    keep(program, word)
    await program.says("Ana", said)
    assert alerts(program) == []


async def at_the_trial(folder: Path) -> Program:
    """Bring a new client to where the help button stands to be tried, beside Ben."""
    program = plan.listening(build(folder, consented=False))
    await program.says("Ana", kind=InboundKind.START)
    for label in ("Yes", "Got it", "Got it", "Yes, I'm in", "Evening", "We picked one"):
        await program.taps("Ana", label)
    assert [one.label for one in program.buttons("Ana")] == [LABEL, "Skip"]
    return program


@pytest.mark.parametrize("said", [LABEL, "i need help now.", "1"])
async def test_tried_beside_the_worker_its_label_is_the_trial(tmp_path: Path, said: str) -> None:
    program = await at_the_trial(tmp_path)
    await program.says("Ana", said)
    assert [one.trial for one in alerts(program)] == [True]
    assert not program.got("Ana", Kind.SAFETY)
    await program.says("Ana", LABEL)  # and from then on it is no trial any more
    assert [one.trial for one in alerts(program)] == [True, False]


async def test_left_at_the_trial_for_hours_it_is_no_trial(tmp_path: Path) -> None:
    program = await at_the_trial(tmp_path)
    await program.wait(timedelta(hours=2))
    await program.says("Ana", LABEL)
    assert [one.trial for one in alerts(program)] == [False]
