"""What the worker and its imaging process say to each other: msgpack behind a length of four bytes.

Both sides only decode these plain structs: a process that a picture has taken over can lie, and no more.
"""

from __future__ import annotations

import socket
import struct
from typing import Final, Literal, TypeVar

import msgspec

T = TypeVar("T")

MAX_MESSAGE: Final = 32 * 1024 * 1024
_LENGTH = struct.Struct(">I")

Purpose = Literal["logo", "favicon", "screenshot"]


class Order(msgspec.Struct, frozen=True):
    """A picture to develop: the bytes as they came."""

    body: bytes
    purpose: Purpose


class Developed(msgspec.Struct, frozen=True, tag="developed"):
    """What became of it. All pictures are PNG; that of a screenshot is JPEG."""

    picture: bytes
    width: int
    height: int
    variants: list[bytes] = []
    """Of a logo: see `develop.variants`."""
    palette: list[str] = []
    """Of a logo: up to five colours `#RRGGBB`, the largest area first."""
    brand: str | None = None
    """… the one that stands for it: see `palette.brand_colour`."""


class Spoilt(msgspec.Struct, frozen=True, tag="spoilt"):
    """Why there is no picture, in a few words."""

    reason: str


def send(connection: socket.socket, message: msgspec.Struct) -> None:
    """Write one message. Raises OSError, TimeoutError."""
    data = msgspec.msgpack.encode(message)
    connection.sendall(_LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket, kind: type[T]) -> T | None:
    """Read one message; None: the other side has gone. Raises OSError, TimeoutError, ValueError."""
    head = _exactly(connection, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_MESSAGE:
        raise ValueError("a message beyond the limit")
    data = _exactly(connection, length)
    return None if data is None else msgspec.msgpack.decode(data, type=kind)


def _exactly(connection: socket.socket, length: int) -> bytes | None:
    data = bytearray()
    while len(data) < length:
        piece = connection.recv(min(length - len(data), 1 << 20))
        if not piece:
            return None
        data += piece
    return bytes(data)
