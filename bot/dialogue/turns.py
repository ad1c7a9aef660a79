"""The turns that are open right now, and what each is about to bring about.

Nothing here is kept: a turn that is not committed was never there. An action of the engine that
comes late, or for a turn that was given up, is refused, and with it the engine's whole turn.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.core.effects import Effect
from bot.core.flows import Flow


class TurnClosed(Exception):
    """An action came for a turn that is not open; nothing of it may count."""


class Flows(Protocol):
    """Where a turn finds its flows; for a run that has begun, as they were then."""

    def flow(self, name: str) -> Flow:
        """Return a flow; KeyError when there is none of that name."""
        ...


@dataclass(slots=True)
class Turn:
    """One try at one message: what came in, the state before it, and the effects staged so far."""

    flows: Flows
    state: Mapping[str, Any]
    text: str = field(default="", repr=False)
    choice: str | None = None
    intent: str | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    closed: bool = False
    _staged: dict[tuple[str, str, type], Effect] = field(default_factory=dict, repr=False)

    def stage(self, effect: Effect, *, action: str, step: str = "") -> None:
        """Note an effect; the same kind from the same action at the same step counts once."""
        if self.closed:
            raise TurnClosed(self.id)
        self._staged.setdefault((action, step, type(effect)), effect)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Return what the turn brings about, in the order in which it came up."""
        return tuple(self._staged.values())

    def request(self) -> dict[str, Any]:
        """Return what the engine is sent."""
        return {
            "turn": self.id,
            "text": self.text,
            "choice": self.choice,
            "intent": self.intent,
            "state": dict(self.state),
        }


class OpenTurns:
    """Knows the open turns of this process; safe to use from several threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._turns: dict[str, Turn] = {}
        self._lock = threading.Lock()

    @contextmanager
    def open(
        self,
        flows: Flows,
        state: Mapping[str, Any],
        *,
        text: str = "",
        choice: str | None = None,
        intent: str | None = None,
    ) -> Iterator[Turn]:
        """Open a turn for as long as the block lasts; each try has its own id, never used again."""
        turn = Turn(flows, state, text, choice, intent)
        with self._lock:
            self._turns[turn.id] = turn
        try:
            yield turn
        finally:
            self.close(turn)

    def get(self, turn_id: str) -> Turn:
        """Return an open turn; TurnClosed when it is over or never was."""
        with self._lock:
            turn = self._turns.get(turn_id)
        if turn is None:
            raise TurnClosed(turn_id)
        return turn

    def close(self, turn: Turn) -> None:
        """End a turn: from here on nothing can be staged; closing twice does nothing."""
        with self._lock:
            turn.closed = True
            self._turns.pop(turn.id, None)
