"""Writers on SQLite: one at a time, and nobody fails because another one took long."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa

from bot.store.session import Database


def test_threads_wait_in_line_for_as_long_as_it_takes(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'saf.db'}")
    with database.write() as s:
        s.execute(sa.text("CREATE TABLE said (word TEXT)"))
    done: list[str] = []

    def say(word: str) -> None:
        with database.write() as s:
            s.execute(sa.text("PRAGMA busy_timeout=1"))  # SQLite's own patience is over at once
            s.execute(sa.text("INSERT INTO said VALUES (:word)"), {"word": word})
        done.append(word)

    others = [threading.Thread(target=say, args=(word,)) for word in ("one", "two", "three")]
    with database.write() as s:
        for other in others:
            other.start()
        others[0].join(0.05)
        assert not done
        s.execute(sa.text("INSERT INTO said VALUES ('zero')"))
    for other in others:
        other.join()
    with database.read() as s:
        said = s.scalars(sa.text("SELECT word FROM said ORDER BY rowid")).all()
    assert said[0] == "zero"
    assert sorted(said[1:]) == ["one", "three", "two"]
    database.close()
