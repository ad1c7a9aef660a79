"""Who asks to be forgotten is: no key, no name, no word of theirs can be read any more, nothing is
sent, and only counts stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.dates import DateKind
from bot.core.people import Situation
from bot.errors import KeyTrouble, SafError
from bot.service import dates, incidents
from bot.service.people import export, forgetting
from bot.store import people
from bot.store.tables import Alert, Base, Client, Inbox, Outbox, Seen, Task
from tests.support.postgresql import Server
from tests.support.program import Program, client
from tests.support.staff import alert, last, unlock

pytestmark = pytest.mark.both_databases

WORDS = "they outside my house rn"


@pytest.fixture
async def lived(program: Program) -> Program:
    """Ana was in danger, has dates, an incident and a task; Ben has opened her page."""
    await unlock(program, "Ben")
    await program.says("Ana", WORDS)
    await program.taps("Ben", "Open")
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        now = program.clock.now()
        dates.record(
            s, program.house, now, ana, DateKind.KILLING, now.date(), what="her brother Ike"
        )
        incidents.record(s, program.house, now, ana, Situation.LOST_SOMEONE, now)
    await program.settle()
    return program


def forget(program: Program) -> Client:
    """Forget Ana and return her row as it is now."""
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        forgetting.forget(s, program.house, program.clock.now(), ana)
    program.house.db.wipe_journal()
    return ana


async def test_nothing_sealed_opens_any_more(lived: Program) -> None:
    before = client(lived)
    assert WORDS in _exported(lived)
    after = forget(lived)
    with pytest.raises(KeyTrouble):
        people.box(lived.house.sealer, after)
    with lived.house.db.read() as s:
        assert people.client_by_alias(s, lived.house.sealer, "Ana") is None
        assert people.client_by_chat(s, lived.house.sealer, "telegram", "Ana") is None
        assert people.alias(lived.house.sealer, after) == "-"
        for row in s.scalars(sa.select(Inbox).where(Inbox.client_id == before.id)):
            assert (row.text, row.ref, row.signals) == (None, None, [])
        concerns = sa.or_(Outbox.client_id == before.id, Outbox.about_id == before.id)
        for sent in s.scalars(sa.select(Outbox).where(concerns)):
            assert (sent.text, sent.buttons) == (None, None)
        assert s.scalars(sa.select(Seen)).all() == []


def _exported(program: Program) -> str:
    with program.house.db.read() as s:
        ana = s.get_one(Client, client(program).id)
        return export.about(s, program.house, program.clock.now(), ana, ana.language)


async def test_no_row_holds_what_her_old_key_opened(
    lived: Program, tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    """Even with the key that was destroyed: the sealed values themselves are gone from the files.
    PostgreSQL's write-ahead log is not looked at; it holds them until it is recycled."""
    before = client(lived)
    with lived.house.db.read() as s:
        sealed = [
            value
            for table in Base.metadata.sorted_tables
            for row in s.execute(sa.select(table))
            for value in row
            if isinstance(value, bytes) and value
        ]
    box = people.box(lived.house.sealer, before)
    hers = [value for value in sealed if value[1:9] == box._id]
    assert len(hers) >= 4
    after = forget(lived)
    files = list(tmp_path.glob("saf.db*"))
    if database:
        server: Server = request.getfixturevalue("postgresql")
        server.ask("CHECKPOINT")
        files = [path for path in (server.folder / "data" / "base").rglob("*") if path.is_file()]
    stored = b"".join(path.read_bytes() for path in files)
    assert after.alias in stored
    assert before.key is not None
    assert before.key not in stored
    assert not [value for value in hers if value in stored]


async def test_nothing_is_open_and_nothing_leaves(lived: Program) -> None:
    forget(lived)
    before = len(lived.heard)
    assert (alert(lived).state, alert(lived).signals) == ("closed", [])
    await lived.wait(timedelta(days=30))
    assert len(lived.heard) == before
    await lived.says("Ben", "/today")
    await unlock(lived, "Ben")
    await lived.says("Ben", "/today")
    assert last(lived, "Ben") == "Nothing is open, and nothing new to know."


async def test_her_page_leaves_the_workers_phone_and_nothing_hers(lived: Program) -> None:
    shown = [
        f"Ben:{place}"
        for place, m in enumerate(lived.channel.sent, 1)
        if m.chat == "Ben" and WORDS in m.text
    ]
    forget(lived)
    await lived.settle()
    assert set(shown) <= set(lived.channel.deleted)
    assert not [ref for ref in lived.channel.deleted if ref.startswith("Ana")]


async def test_what_she_writes_then_is_a_strangers(lived: Program) -> None:
    forget(lived)
    await lived.says("Ana", "you still there?")
    assert lived.channel.sent[-1].text.startswith("This line is by invitation.")


async def test_counts_stay(lived: Program) -> None:
    forget(lived)
    with lived.house.db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).select_from(Alert)) == 1
        assert s.scalar(sa.select(sa.func.count()).select_from(Task)) == 1
        assert s.scalar(sa.select(sa.func.count()).select_from(Client)) == 1
    assert (alert(lived).urgency, alert(lived).outcome) == ("now", "")


async def test_a_legal_hold_forbids_it(lived: Program) -> None:
    with lived.house.db.write() as s:
        s.execute(sa.update(Client).values(legal_hold=True))
    with pytest.raises(SafError, match="a legal hold lies on this client"):
        forget(lived)
    assert client(lived).key is not None
