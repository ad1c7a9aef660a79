"""The worker's PIN: what shows a client opens with it, for a quarter of an hour."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from bot.service.deliver import INLINE
from bot.service.staff.desk import Desk
from bot.store.tables import Worker

OPEN_FOR = timedelta(minutes=15)  # long enough for a list and a call, short for a lost phone
MOST_MISSES = 5
SHUT_FOR = timedelta(minutes=15)
ASKED_FOR = timedelta(minutes=15)  # later the question is forgotten, and so is what was wanted
SHAPE = re.compile(r"\d{4,8}")
# 16 MB and about 50 ms a try. Digits are soon guessed by whoever has the database and its key; what
# keeps a found phone shut is the lock after five misses.
N, R, P = 2**14, 8, 1


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found out about digits before the transaction; hashing takes too long in it."""

    digits: bool = False
    against: str | None = None
    right: bool = False
    fresh: str = ""


def prove(worker: Worker, words: str) -> Proof:
    """Hash what may be a PIN; nothing is hashed for other words."""
    digits = words.strip()
    if not SHAPE.fullmatch(digits):
        return Proof()
    right = worker.pin is not None and _same(worker.pin, digits)
    chosen = worker.writing is not None and not weak(digits)  # it may be a new one
    return Proof(True, worker.pin, right, fresh=hashed(digits) if chosen else "")


def hashed(digits: str, salt: bytes | None = None) -> str:
    """Return the salted hash under which a PIN is kept."""
    salt = salt or secrets.token_bytes(16)
    found = hashlib.scrypt(digits.encode(), salt=salt, n=N, r=R, p=P)
    return f"{base64.b64encode(salt).decode()}${base64.b64encode(found).decode()}"


def _same(kept: str, digits: str) -> bool:
    salt = base64.b64decode(kept.partition("$")[0])
    return hmac.compare_digest(kept, hashed(digits, salt))


def weak(digits: str) -> bool:
    """Tell whether anybody would try this PIN first: 0000, 1234, 9876."""
    steps = {int(b) - int(a) for a, b in pairwise(digits)}
    return len(steps) == 1 and steps <= {0, 1, -1}


def needs(desk: Desk, then: Mapping[str, Any]) -> bool:
    """Tell whether a PIN is needed first, and ask for it; ``then`` is done once it was right.

    A channel without a lock screen of its own (the terminal) needs none.
    """
    worker = desk.worker
    if worker.channel in INLINE:
        return False
    if worker.pin is None:
        wait_for(desk, "new_pin", then)
        desk.say("utter_pin_choose")
        return True
    if worker.unlocked_until is not None and worker.unlocked_until > desk.at:
        return False
    if worker.pin_locked_until is not None and worker.pin_locked_until > desk.at:
        desk.say("utter_pin_locked", time=desk.clock_face(worker.pin_locked_until))
        return True
    wait_for(desk, "pin", then)
    desk.say("utter_pin_ask")
    return True


def wait_for(desk: Desk, what: str, more: Mapping[str, Any]) -> None:
    """Keep, sealed, what the worker's next text answers."""
    kept = json.dumps({**more, "what": what, "until": (desk.at + ASKED_FOR).isoformat()})
    sealed = desk.house.sealer.program.seal("worker.writing", desk.worker.id, kept)
    desk.worker.writing = base64.b64encode(sealed).decode()


def waiting(desk: Desk) -> dict[str, Any]:
    """Return what the worker's next text answers, empty when it answers nothing."""
    if desk.worker.writing is None:
        return {}
    sealed = base64.b64decode(desk.worker.writing)
    kept = json.loads(desk.house.sealer.program.open("worker.writing", desk.worker.id, sealed))
    over = datetime.fromisoformat(kept["until"]) <= desk.at
    return {} if over else dict(kept)


def take(desk: Desk, proof: Proof) -> dict[str, Any] | None:
    """Take digits as a PIN and answer; return what was wanted with it once it was right.

    None: nothing is to be done next. The digits leave the worker's chat as soon as the channel can.
    """
    worker, kept = desk.worker, waiting(desk)
    if desk.row is not None:
        desk.row.delete_at = desk.at
    if kept.get("what") == "new_pin":
        return _choose(desk, proof, kept)
    if worker.pin is None:
        desk.say("utter_worker_help")
        return None
    if worker.pin_locked_until is not None and worker.pin_locked_until > desk.at:
        desk.say("utter_pin_locked", time=desk.clock_face(worker.pin_locked_until))
        return None
    if not proof.right or proof.against != worker.pin:
        _missed(desk)
        return None
    worker.pin_misses, worker.unlocked_until, worker.writing = 0, desk.at + OPEN_FOR, None
    if kept.get("what") == "pin":
        return kept
    desk.say("utter_pin_right")
    return None


def _choose(desk: Desk, proof: Proof, kept: dict[str, Any]) -> dict[str, Any] | None:
    if not proof.fresh:
        desk.say("utter_pin_weak")
        return None
    worker = desk.worker
    worker.pin, worker.pin_misses, worker.writing = proof.fresh, 0, None
    worker.unlocked_until, worker.pin_locked_until = desk.at + OPEN_FOR, None
    desk.audit("pin_set")
    desk.say("utter_pin_set")
    return kept


def _missed(desk: Desk) -> None:
    worker = desk.worker
    worker.pin_misses += 1
    desk.audit("pin_missed")
    if worker.pin_misses < MOST_MISSES:
        desk.say("utter_pin_wrong", count=MOST_MISSES - worker.pin_misses)
        return
    worker.pin_misses, worker.pin_locked_until = 0, desk.at + SHUT_FOR
    worker.unlocked_until = worker.writing = None
    desk.say("utter_pin_locked", time=desk.clock_face(worker.pin_locked_until))


def renew(desk: Desk) -> None:
    """Begin to choose a PIN: a first one, or another once the old one was given."""
    if desk.worker.pin is not None and needs(desk, {"command": "/pin"}):
        return
    wait_for(desk, "new_pin", {})
    desk.say("utter_pin_choose")
