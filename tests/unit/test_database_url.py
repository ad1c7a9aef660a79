"""The database's URL, as operators write it."""

from __future__ import annotations

import pytest

from bot.errors import StoreTrouble
from bot.store.session import Database


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_url_of_postgresql_is_understood_and_shown_without_its_password(scheme: str) -> None:
    database = Database(f"{scheme}://saf:marigold@db.example.org/saf")
    assert not database.sqlite
    assert database.where == "postgresql+psycopg://saf:***@db.example.org/saf"
    database.close()


@pytest.mark.parametrize(
    "url", ["postgres:/nonsense", "mysql://saf:marigold@db/saf", "postgresql+x://saf:marigold@db"]
)
def test_anything_else_is_one_sentence_without_the_password(url: str) -> None:
    with pytest.raises(StoreTrouble, match="SAF_DATABASE_URL is no URL of PostgreSQL") as trouble:
        Database(url)
    assert "marigold" not in str(trouble.value) and "\n" not in str(trouble.value)
