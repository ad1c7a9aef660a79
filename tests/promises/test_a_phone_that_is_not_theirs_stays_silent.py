"""A phone that was stolen, taken by police, left outside or whose owner died gets nothing more, at
one tap of the worker; a death is asked twice and never undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.program import Program, client
from tests.support.staff import last, unlock

LABELS = ["Stolen or lost", "Police have it", "Locked up"]


@pytest.fixture
async def ben(program: Program) -> Program:
    """Ben has given his PIN."""
    await unlock(program, "Ben")
    return program


@pytest.mark.parametrize("label", LABELS)
async def test_after_one_tap_nothing_more_goes_there(ben: Program, label: str) -> None:
    await ben.says("Ben", "/phone Ana")
    await ben.taps("Ben", label)
    before = len(ben.got("Ana"))
    await ben.wait(timedelta(days=15))
    assert len(ben.got("Ana")) == before
    assert not [ref for ref in ben.channel.deleted if ref.startswith("Ana")]
    await ben.says("Ben", "/checkin Ana")
    assert last(ben, "Ben").startswith("Not sent:") or "PIN" in last(ben, "Ben")


async def test_it_comes_back_when_the_worker_saw_them_hold_it(ben: Program) -> None:
    await ben.says("Ben", "/phone Ana")
    await ben.taps("Ben", "Stolen or lost")
    await ben.says("Ben", "/phone Ana")
    await ben.taps("Ben", "They hold it, I saw it")
    assert client(ben).phone == "ok"
    before = len(ben.got("Ana"))
    await ben.wait(timedelta(days=8))
    assert len(ben.got("Ana")) > before


async def test_a_death_is_asked_twice_and_stays(ben: Program) -> None:
    await ben.says("Ben", "/phone Ana")
    await ben.taps("Ben", "They died")
    assert client(ben).phone == "ok"
    assert last(ben, "Ben").startswith("Are you sure?")
    await ben.taps("Ben", "Yes, they died")
    assert client(ben).phone == "deceased"
    for command in ("/phone Ana", "/invite Ana"):
        await ben.says("Ben", command)
        assert "recorded as deceased, and that stays" in last(ben, "Ben")
    await ben.taps("Ben", "Stolen or lost")
    assert client(ben).phone == "deceased"
    before = len(ben.got("Ana"))
    await ben.wait(timedelta(days=30))
    assert len(ben.got("Ana")) == before
