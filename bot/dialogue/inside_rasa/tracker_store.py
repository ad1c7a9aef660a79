"""A tracker store that keeps nothing: it makes the tracker of the turn at hand and gives it back.

Rasa wraps every store in FailSafeTrackerStore, which after any error silently goes on in memory; so
the channel takes a turn as done only if its tracker came through `save` here.
"""

from __future__ import annotations

from collections.abc import Iterable

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.inside_rasa.turn import current


class TurnTrackerStore(TrackerStore):
    """Read and write the turn in the context variable, and nothing else."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker:
        """Build the tracker of this turn from its state."""
        turn = current.get()
        if turn.id != sender_id:
            raise LookupError("Rasa asked for a tracker that is not this turn's")
        return DialogueStateTracker.from_events(
            sender_id, turn.state.events(), slots=self.domain.slots, domain=self.domain
        )

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Hand the tracker back to the turn."""
        current.get().finished = tracker

    async def keys(self) -> Iterable[str]:
        """Return no conversation: none is kept."""
        return []
