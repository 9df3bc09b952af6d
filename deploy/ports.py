"""Ports on loopback for the embedded stack."""

from __future__ import annotations

import random
import socket

import msgspec

HOST = "127.0.0.1"

_BELOW_EPHEMERAL = range(20_000, 32_000)
"""Linux hands out 32768 and above to outgoing connections: a port from there may be gone when a child comes back."""


class PortTaken(Exception):
    """Somebody else listens on a port that was asked for; the message says which option changes it."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Where the stack listens; 0: any free port."""

    http: int = 0
    """The API: edge, or the gateway where services run apart."""
    projector: int = 0
    """The read API where services run apart."""
    nats: int = 0
    mongodb: int = 0


def choose(port: int, what: str, option: str) -> int:
    """The port asked for, or a free one for 0. Raises PortTaken."""
    if port == 0:
        return free_port()
    if not _is_free(port):
        raise PortTaken(
            f"port {port}, asked for {what}, is taken by another process: stop that one, "
            f"or choose another port with {option} (0 takes any free one)"
        )
    return port


def free_port() -> int:
    """A port nobody listens on at this moment."""
    return next(port for port in random.sample(_BELOW_EPHEMERAL, len(_BELOW_EPHEMERAL)) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
