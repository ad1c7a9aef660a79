"""Every setting is said where settings are said, and a secret prints as stars."""

from __future__ import annotations

import inspect
import re

from bot import settings
from bot.settings import Sensitive, Settings


def test_every_setting_is_documented() -> None:
    read = set(re.findall(r"SAF_[A-Z_]+", inspect.getsource(settings.read)))
    said = set(re.findall(r"SAF_[A-Z_]+", Settings.__doc__ or ""))
    assert read == said


def test_a_secret_prints_as_stars() -> None:
    token = Sensitive("77:hidden")
    assert "hidden" not in f"{token} {token!r} {[token]} {Settings(client_token=token)}"
    assert token.revealed == "77:hidden"
