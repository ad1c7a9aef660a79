"""Choose the text of a response: in the client's language, the same one when a turn is repeated."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

ONLY_NAMED = " "  # Rasa drops a reply without text


class NoText(LookupError):
    """A response has no text in the client's language."""


class LiteralTexts(TemplatedNaturalLanguageGenerator):
    """Rasa's responses with their placeholders left as they stand: the service fills {worker},
    {hours}, {time}.

    Rasa's own generator would log a traceback for each of them, and drop a missing text in silence.
    """

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any]:
        """Return the response to send; raises NoText rather than saying nothing.

        One that this model never learned is named only: a talk that began on another version of
        the flows ends on it, and the service has its text.
        """
        if utter_action not in self.responses:
            return {"text": ONLY_NAMED, "utter_action": utter_action}
        slots = tracker.current_slot_values()
        # An action that changes the language says so in the new one, before the slot has changed.
        slots["language"] = kwargs.get("language") or slots.get("language")
        found = ResponseVariationFilter(self.responses).responses_for_utter_action(
            utter_action, output_channel, slots
        )
        if not found:
            raise NoText(f"{utter_action} has no text in {slots['language']}")
        # By what was said, not by chance: the same turn, tried twice, says the same.
        said = tracker.latest_message.text or ""
        place = hashlib.blake2b(f"{utter_action}\0{said}".encode(), digest_size=4).digest()
        return copy.deepcopy(found[int.from_bytes(place, "big") % len(found)])
