"""Settings: where this program lives and what it is allowed to reach, from the environment.

A setting never goes into the database, and a secret never into a log.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
HIGHEST_PORT = 65535  # no number that is set is higher


class Sensitive(str):
    """A secret that prints as ``***``."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Hide the secret wherever somebody prints it by mistake."""
        return "***"

    __str__ = __repr__

    @property
    def revealed(self) -> str:
        """Return the secret itself."""
        return str.__str__(self)


@dataclass(frozen=True, slots=True)
class Settings:
    """One program's settings.

    ``SAF_HOME``: folder of database and key (default ``./var``). ``SAF_DATABASE_URL``: PostgreSQL
    instead of SQLite in the home. ``SAF_KEY_FILE``: the program key (default in the home).
    ``SAF_CLIENT_BOT_TOKEN``, ``SAF_WORKER_BOT_TOKEN``: Telegram. ``SAF_TELEGRAM_URL``: another Bot
    API server. ``SAF_CLIENT_BOT``, ``SAF_WORKER_BOT``: the bots' usernames, for the links that the
    command line makes. ``SAF_WEBHOOK_URL``, ``SAF_WEBHOOK_SECRET``: webhooks instead of polling,
    taken at ``SAF_WEBHOOK_HOST`` and ``SAF_WEBHOOK_PORT`` (default 127.0.0.1 and 8443: a proxy
    before us ends TLS). ``SAF_SMTP_URL``, ``SAF_EMAIL_FROM``: a mail server and the sender for
    pages that ring in a second place. ``SAF_GATEWAY_URL``, ``SAF_GATEWAY_SECRET``: a gateway that
    texts or calls, and its bearer token. ``SAF_SELF_CHECK_MINUTES``: how often a synthetic danger
    message runs the whole way (default 10; 0: never). ``SAF_DEADMAN_URL``: what is fetched each
    time that it came through; who watches it rings when nobody does. ``SAF_HEALTH_PORT``: /healthz
    and /metrics on loopback (default: not served). ``SAF_TIMEZONE``: zone of people recorded
    without one. ``SAF_DATA``, ``SAF_MODELS``: other folders for the staff's room and the trained
    models.
    """

    home: Path = Path("var")
    database_url: Sensitive = field(default=Sensitive(""))
    key_file: Path | None = None
    client_token: Sensitive = field(default=Sensitive(""))
    worker_token: Sensitive = field(default=Sensitive(""))
    telegram_url: str = ""
    client_bot: str = ""
    worker_bot: str = ""
    webhook_url: str = ""
    webhook_secret: Sensitive = field(default=Sensitive(""))
    webhook_host: str = "127.0.0.1"
    webhook_port: int = 8443
    smtp_url: Sensitive = field(default=Sensitive(""))
    email_from: str = ""
    gateway_url: Sensitive = field(default=Sensitive(""))
    gateway_secret: Sensitive = field(default=Sensitive(""))
    self_check_minutes: int = 10
    deadman_url: Sensitive = field(default=Sensitive(""))
    health_port: int = 0  # 0: not served
    timezone: str = "America/Chicago"
    data: Path = ROOT / "data"
    models: Path = ROOT / "models"

    @property
    def url(self) -> str:
        """Return the database's URL."""
        if self.database_url:
            return self.database_url.revealed
        return f"sqlite:///{self.home / 'saf.db'}"

    @property
    def key(self) -> Path:
        """Return the key's file."""
        return self.key_file or self.home / "key"


def read(environment: Mapping[str, str] | None = None, home: Path | None = None) -> Settings:
    """Return the settings of an environment; SettingsError names the one that makes no sense."""
    env = os.environ if environment is None else environment
    return Settings(
        home=home or Path(env.get("SAF_HOME", "var")),
        database_url=Sensitive(env.get("SAF_DATABASE_URL", "")),
        key_file=Path(env["SAF_KEY_FILE"]) if env.get("SAF_KEY_FILE") else None,
        client_token=Sensitive(env.get("SAF_CLIENT_BOT_TOKEN", "")),
        worker_token=Sensitive(env.get("SAF_WORKER_BOT_TOKEN", "")),
        telegram_url=env.get("SAF_TELEGRAM_URL", ""),
        client_bot=env.get("SAF_CLIENT_BOT", "").removeprefix("@"),
        worker_bot=env.get("SAF_WORKER_BOT", "").removeprefix("@"),
        webhook_url=env.get("SAF_WEBHOOK_URL", ""),
        webhook_secret=Sensitive(env.get("SAF_WEBHOOK_SECRET", "")),
        webhook_host=env.get("SAF_WEBHOOK_HOST", "127.0.0.1"),
        webhook_port=_number("SAF_WEBHOOK_PORT", env.get("SAF_WEBHOOK_PORT"), 8443),
        smtp_url=Sensitive(env.get("SAF_SMTP_URL", "")),
        email_from=env.get("SAF_EMAIL_FROM", ""),
        gateway_url=Sensitive(env.get("SAF_GATEWAY_URL", "")),
        gateway_secret=Sensitive(env.get("SAF_GATEWAY_SECRET", "")),
        self_check_minutes=_number("SAF_SELF_CHECK_MINUTES", env.get("SAF_SELF_CHECK_MINUTES"), 10),
        deadman_url=Sensitive(env.get("SAF_DEADMAN_URL", "")),
        health_port=_number("SAF_HEALTH_PORT", env.get("SAF_HEALTH_PORT"), 0, such_as=9108),
        timezone=env.get("SAF_TIMEZONE", "America/Chicago"),
        data=Path(env.get("SAF_DATA", str(ROOT / "data"))),
        models=Path(env.get("SAF_MODELS", str(ROOT / "models"))),
    )


def _number(name: str, text: str | None, default: int, *, such_as: int = 0) -> int:
    """Return a setting that is a number; SettingsError when it is none."""
    if text is None:
        return default
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise SettingsError(f"{name} is {text!r}; write a number such as {such_as or default}")
    return int(text)
