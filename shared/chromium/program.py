"""How a Chromium is started here: its bounds, and the switches that leave it one way out, a Proxy of ours."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from shared.settings import Settings

WRAPPER = Path(__file__).parent / "chromium.sh"
"""What is started in the program's place: it sets the bounds that `environment` names."""
HELD_WRAPPER = Path(__file__).parent / "held.sh"
"""The same, for a browser that is to end when our end of its standard input does: we may be killed too."""

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_MEMORY_KIB = 1536 * 1024
"""Private memory of each of the browser's processes."""


def find_program(settings: Settings) -> str | None:
    """The program, as the settings name it or the PATH has it; None: there is none.

    A program that is named is believed: the gateway need not have what the workers have.
    """
    if settings.chromium:
        return settings.chromium
    return next((path for name in _NAMES if (path := shutil.which(name)) is not None), None)


def arguments(proxy: str) -> list[str]:
    """The switches of a browser that reaches `proxy`, an address on loopback, and nothing else."""
    return [
        f"--proxy-server={proxy}",
        "--proxy-bypass-list=<-loopback>",
        # Chromium asks no name server and, of addresses, dials the proxy's alone.
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
        "--dns-prefetch-disable",
        "--disable-quic",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-background-networking",
        "--disable-client-side-phishing-detection",
        "--disable-component-update",
        "--disable-domain-reliability",
        "--disable-sync",
        "--no-pings",
        "--disable-gpu",
        "--disable-notifications",
        "--js-flags=--max-old-space-size=256",
    ]


def environment(program: str, home: str) -> dict[str, str]:
    """What the wrappers and the browser need, and nothing of our own environment, where the secrets are."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": home,
        "OUTSEND_CHROMIUM": program,
        "OUTSEND_CHROMIUM_MEMORY": str(_MEMORY_KIB),
    }
