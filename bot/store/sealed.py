"""Sealing: what a person said or that names a person is kept only as ciphertext.

A sealed value is: version byte, key id (8 bytes), nonce (12), AES-256-GCM ciphertext. Its
associated data is table, column and row, so a value copied to another row does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import KeyTrouble

VERSION = 1
KEY_BYTES = 32
_HEAD = 1 + 8
_NONCE = 12


class Box:
    """Seals and opens with one key."""

    def __init__(self, key: bytes) -> None:
        """Take a 32-byte key."""
        self._aead = AESGCM(key)
        self._id = hashlib.sha256(b"key id" + key).digest()[:8]

    def seal(self, place: str, row: str | int, text: str) -> bytes:
        """Seal text for a place (``table.column``) and row."""
        nonce = os.urandom(_NONCE)
        sealed = self._aead.encrypt(nonce, text.encode(), f"{place}/{row}".encode())
        return bytes([VERSION]) + self._id + nonce + sealed

    def open(self, place: str, row: str | int, sealed: bytes) -> str:
        """Open what was sealed for this place and row; KeyTrouble when it does not open."""
        head, nonce, body = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE], sealed[_HEAD + _NONCE :]
        if head != bytes([VERSION]) + self._id:
            raise KeyTrouble(f"{place} was sealed with another key; put the right key back")
        try:
            return self._aead.decrypt(nonce, body, f"{place}/{row}".encode()).decode()
        except InvalidTag:
            raise KeyTrouble(f"{place} does not open: it was changed or moved") from None


class Sealer:
    """Holds the program key: its own box, each client's box, and look-ups."""

    def __init__(self, key: bytes) -> None:
        """Derive what is needed from the 32-byte program key."""
        if len(key) != KEY_BYTES:
            raise KeyTrouble("the program key must be 32 bytes; put the right key back")
        self._key = key
        self.program = Box(self._derive(b"seal"))
        self._lookup = self._derive(b"look up")
        self._client_box = lru_cache(maxsize=512)(self._unwrap)

    def _derive(self, purpose: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(self._key)

    def lookup(self, what: str, value: str) -> str:
        """Return the keyed hash under which a value is found again (hex)."""
        return hmac.new(self._lookup, f"{what}/{value}".encode(), hashlib.sha256).hexdigest()

    @property
    def check(self) -> str:
        """Return what a database keeps to know its key again."""
        return self.lookup("key", "check")

    def new_client_key(self, client_id: str) -> bytes:
        """Return a fresh client key, wrapped by the program key."""
        fresh = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        return self.program.seal("client.key", client_id, fresh)

    def client(self, client_id: str, wrapped: bytes | None) -> Box:
        """Return the client's box; KeyTrouble when the client was forgotten."""
        if wrapped is None:
            raise KeyTrouble("this client was forgotten; nothing of theirs can be opened")
        return self._client_box(client_id, wrapped)

    def _unwrap(self, client_id: str, wrapped: bytes) -> Box:
        return Box(base64.b64decode(self.program.open("client.key", client_id, wrapped)))


def read_key(path: Path, *, database_exists: bool) -> bytes:
    """Return the program key from its file; make one only where there is no database yet."""
    if os.path.lexists(path):
        try:
            return base64.b64decode(path.read_text().strip(), validate=True)
        except ValueError:
            raise KeyTrouble(f"{path} holds no key; put the right key back") from None
        except OSError as error:
            raise KeyTrouble(
                f"{path} cannot be read ({error.strerror}); let this account read the key"
            ) from None
    if database_exists:
        raise KeyTrouble(
            f"{path} is missing beside an existing database; put the key back from your backup"
        )
    key = secrets.token_bytes(KEY_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyTrouble(
            f"{path} cannot be written ({error.strerror}); name another folder for the key"
        ) from None
    return key
