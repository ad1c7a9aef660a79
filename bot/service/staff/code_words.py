"""The code word and the agreed question: agreed aloud, kept sealed."""

from __future__ import annotations

from bot.core.answers import fold
from bot.errors import SafError
from bot.service.house import House
from bot.store import people
from bot.store.tables import Client

SHORTEST = 4  # shorter words stand inside everyday talk and would page by mistake
LONGEST_QUESTION = 160  # a question and its answer; more would be a story


def long_enough(word: str) -> bool:
    """Tell whether a word is long enough not to ring by mistake."""
    return len(fold(word)) >= SHORTEST


def keep(house: House, client: Client, word: str) -> None:
    """Keep a client's code word; SafError when it would ring by mistake."""
    if not long_enough(word):
        raise SafError(f"A code word needs {SHORTEST} letters or more: everyday words would ring.")
    box = people.box(house.sealer, client)
    client.code_word = box.seal("client.code_word", client.id, word.strip())


def keep_question(house: House, client: Client, words: str) -> None:
    """Keep the question by which a client proves who they are, and its answer; empty: no more."""
    said = " ".join(words.split())[:LONGEST_QUESTION]
    box = people.box(house.sealer, client)
    sealed = box.seal("client.agreed_question", client.id, said)
    client.agreed_question = sealed if said else None
