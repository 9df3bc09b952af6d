"""The file of the bundle: columns of text and of little-endian integers, MessagePack under Zstandard."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from itertools import accumulate
from typing import Self

import msgspec
import zstandard

DEGREE = 100_000
"""Coordinates are whole hundred-thousandths of a degree: a vertex is at most 0.8 m from where its source has it."""

LARGEST_PART = 64 << 20


class Registers(msgspec.Struct, frozen=True):
    """What is read at once. Areas are the communes and the arrondissements of Paris, Lyon and Marseille, by INSEE code.

    Texts have a line an area. A city with arrondissements has neither tiles nor an outline of its own.
    """

    insee: str
    names: str
    keys: str
    """What the names are looked up by: `shared.geography.text.key` of each."""
    postcodes: str
    """Separated by spaces, the town hall's first."""
    populations: bytes
    centres: bytes
    """Latitude and longitude."""
    arrondissements: dict[str, list[str]]
    """INSEE codes by their city's."""
    former: str
    """Name, tab, INSEE code of today's commune: communes merged into another."""
    former_codes: str
    """INSEE code of old, tab, that of today."""
    departments: list[tuple[str, str, str]]
    """Code, name, region's code."""
    regions: list[tuple[str, str]]
    elsewhere: str
    """Communes of the overseas collectivities, which have no outlines: INSEE code, tab, name, tab, postcodes."""

    tiles: bytes
    """Plane, side, easting and northing of each; the first two in steps of one, the others in sides."""
    touch_counts: bytes
    """Of each area: how many tiles it touches."""
    touch_tiles: bytes
    touch_quadrants: bytes
    """The positions of those tiles, and a bit for each quadrant of theirs that it touches."""


class Drawing(msgspec.Struct, frozen=True):
    """What waits for the first point: the outlines, in `DEGREE`s."""

    ring_counts: bytes
    """Of each area."""
    ring_lengths: bytes
    """Vertices of each ring; the first is not repeated at the end."""
    boxes: bytes
    """West, south, east and north of each area."""
    longitudes: bytes
    latitudes: bytes
    """Of all vertices, each as its difference from the one before."""


class Bundle(msgspec.Struct, frozen=True):
    """The file: two parts, each compressed."""

    compressed_registers: bytes
    compressed_drawing: bytes

    @classmethod
    def of(cls, registers: Registers, drawing: Drawing) -> Self:
        """The same content always makes the same bytes (with the same Zstandard)."""
        press = zstandard.ZstdCompressor(level=19).compress
        return cls(press(msgspec.msgpack.encode(registers)), press(msgspec.msgpack.encode(drawing)))

    def registers(self) -> Registers:
        return msgspec.msgpack.decode(_decompress(self.compressed_registers), type=Registers)

    def drawing(self) -> Drawing:
        return msgspec.msgpack.decode(_decompress(self.compressed_drawing), type=Drawing)


def _decompress(content: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(content, max_output_size=LARGEST_PART)


def pack(code: str, numbers: Iterable[int]) -> bytes:
    """Integers of one of array's type codes as bytes."""
    column = array(code, numbers)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def unpack(code: str, content: bytes) -> array[int]:
    """The inverse of `pack`."""
    column = array(code)
    column.frombytes(content)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def differences(numbers: list[int]) -> list[int]:
    """Each number less the one before; the first as it is."""
    return [number - before for number, before in zip(numbers, [0, *numbers], strict=False)]


def sums(numbers: Iterable[int]) -> array[int]:
    """The inverse of `differences`."""
    return array("i", accumulate(numbers))


def offsets(counts: Iterable[int]) -> array[int]:
    """Where each of consecutive runs of these lengths starts, and where the last ends."""
    return array("I", accumulate(counts, initial=0))
