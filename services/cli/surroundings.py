"""What commands learn from the environment: the settings, the running local stack, the user's credentials."""

from __future__ import annotations

import os

import msgspec

from deploy.place import running_stack
from services.cli.errors import NoAccess
from shared.settings import Settings


class Credentials(msgspec.Struct, frozen=True):
    """An API key, or an address and a password."""

    api_key: str = ""
    email: str = ""
    password: str = ""


def joined_settings() -> Settings:
    """The settings of the environment; without NATS_URL those of the stack that runs on the data folder, if any."""
    settings = Settings.from_env()
    running = None if "NATS_URL" in os.environ else running_stack(settings.data_dir)
    return Settings.from_env({**running.env, **os.environ}) if running is not None else settings


def service_url() -> str:
    """OUTSEND_URL, or the local stack's, or the settings' public address."""
    if url := os.environ.get("OUTSEND_URL"):
        return url.rstrip("/")
    settings = Settings.from_env()
    running = running_stack(settings.data_dir)
    return running.url if running is not None else settings.public_url.rstrip("/")


def credentials() -> Credentials:
    """OUTSEND_API_KEY, or OUTSEND_EMAIL and OUTSEND_PASSWORD. Raises NoAccess when there is neither."""
    given = {name: os.environ.get(f"OUTSEND_{name.upper()}", "") for name in ("api_key", "email", "password")}
    if not given["api_key"] and not (given["email"] and given["password"]):
        raise NoAccess(
            "no credentials: set OUTSEND_API_KEY, or OUTSEND_EMAIL and OUTSEND_PASSWORD "
            "(`outsend user create you@example.com --api-key` makes an account and prints a key)"
        )
    return Credentials(**given)
