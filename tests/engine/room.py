"""What the tests inside the engine share: Rasa without TensorFlow, and a small trained dialogue.

Run by `python3 -m bot test` in Rasa's environment, by unittest: pytest 9 cannot be installed there.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

os.environ["LOG_LEVEL"] = "WARNING"
os.environ["RASA_MAX_CACHE_SIZE"] = "0"
os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
warnings.showwarning = lambda *_, **__: None  # type: ignore[assignment]
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bot.dialogue.inside_rasa import tensorflow_stand_in  # noqa: E402

tensorflow_stand_in.install()

from bot.dialogue.inside_rasa import quiet  # noqa: E402

quiet.only_warnings()

FLOW = """\
flows:
  small:
    version: 1
    description: One question.
    steps:
      - collect: day
        choices:
          - value: good
            label: {en: "Good", es: "Bien"}
            says: {en: [no, fine one], es: [bueno]}
          - value: bad
            label: {en: "Bad", es: "Mal"}
            says: {en: [no, bad one], es: [malo]}
          - value: call
            label: {en: "Call me", es: "Llámame"}
            signal: contact_request
        unclear: END
  left_out:
    version: 1
    description: Not for Rasa.
    steps:
      - collect: day
        choices:
          - value: never
            label: {en: "Never", es: "Nunca"}
"""
RULES = """\
version: "3.1"
rules:
- rule: says thanks
  steps: [{intent: thanks}, {action: utter_thanks}]
- rule: is not understood
  steps: [{intent: nlu_fallback}, {action: utter_fallback}]
"""
RESPONSES = """\
responses:
  utter_thanks:
  - text: "Any time, {worker}."
  - condition: [{type: slot, name: language, value: es}]
    text: "Para eso estoy, {worker}."
  utter_fallback:
  - text: "A person can."
  - condition: [{type: slot, name: language, value: es}]
    text: "Una persona puede."
  utter_ask_small_day:
  - text: "How's today?"
  - condition: [{type: slot, name: language, value: es}]
    text: "¿Cómo va el día?"
  utter_only_english:
  - condition: [{type: slot, name: language, value: en}]
    text: "Only English."
"""
TALES = """\
messages:
  - {text: "there is a man in a truck across the street", signals: [conflict], split: train}
  - {text: "the man in the truck went away again", signals: [], split: train}
  - {text: "this one is for measuring only, never learn it", signals: [], split: dev}
  - {text: "can somebody call me about that truck", signals: [contact_request], split: train}
  - {text: "too short", signals: [], split: train}
"""


@functools.cache
def small_room() -> Path:
    """Write a checkout in small: config, domain, a flow, a rule, a few examples."""
    room = Path(tempfile.mkdtemp(prefix="saf-engine-"))
    atexit.register(shutil.rmtree, room, ignore_errors=True)
    for name in ("config.yml", "domain.yml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        (room / name).write_text(text.replace("[ask]", "[left_out]"), encoding="utf-8")
    from bot.dialogue.inside_rasa.importer import FEWEST

    enough = FEWEST // 4 + 1
    good = [f"the day is good {n}" for n in ("really", "very", "so", "quite")] * enough
    bad = [f"the day is bad {n}" for n in ("really", "very", "so", "quite")] * enough
    good = [f"{text} {number}" for number, text in enumerate(good)]
    bad = [f"{text} {number}" for number, text in enumerate(bad)]
    files = {
        "flows/small.yml": FLOW,
        "rules/rules.yml": RULES,
        "responses/texts.yml": RESPONSES,
        "danger/messages_en.yml": TALES,
        "nlu/nlu.yml": _nlu(
            {"thanks": ["thanks", "thank you", "gracias"], "say_good": good, "say_bad": bad}
        ),
    }
    for name, text in files.items():
        path = room / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return room


def _nlu(intents: dict[str, list[str]]) -> str:
    lines = ['version: "3.1"', "nlu:"]
    for intent, texts in intents.items():
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {text}" for text in texts)]
    return "\n".join(lines) + "\n"


def paths(room: Path) -> tuple[str, str, list[str]]:
    """Return config, domain and data folders as Rasa is given them."""
    data = [str(room / "data" / name) for name in ("nlu", "rules", "responses")]
    return str(room / "config.yml"), str(room / "domain.yml"), data


@functools.cache
def small_model() -> Path:
    """Train the small dialogue."""
    from bot.dialogue.inside_rasa import learning

    room = small_room()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = learning._train(*paths(room), room / "models")
    assert code == 0
    return room / "models" / "dialogue.tar.gz"


@functools.cache
def agent() -> Any:
    """Load the small dialogue as the engine does; its actions are answered by `answering`."""
    from bot.dialogue.inside_rasa.serve import Settings, load

    settings = Settings("token", "http://127.0.0.1:9/webhook", str(small_model()))
    return load(settings)


def answering(answer: Any) -> list[dict[str, Any]]:
    """Let every action of the small dialogue get this answer, or raise it; return what the actions
    will have been asked with."""
    asked: list[dict[str, Any]] = []

    async def request(*_: Any, json: Any, **__: Any) -> Any:
        asked.append(json)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    agent().action_endpoint.request = request
    return asked


async def take(text: str = "", **more: Any) -> dict[str, Any]:
    """Take one turn with the small dialogue, through our channel."""
    from bot.dialogue.inside_rasa.channel import TurnChannel

    state = {"language": "en", "flow": None, "step": None, "answers": {}, "asked_again": False}
    state.update(more.pop("state", {}))
    body = {"turn": "t1", "text": text, "choice": None, "state": state, **more}
    holder = type("Holder", (), {})
    request, app = holder(), holder()
    request.app, request.json = app, body
    app.ctx = holder()
    app.ctx.agent = agent()
    return await TurnChannel("token")._take(request, agent().handle_message)
