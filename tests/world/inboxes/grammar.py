"""A command of RFC 3501 as its arguments, or a SyntaxFault: nothing is guessed, nothing is mended."""

from __future__ import annotations

import re

_ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){"\[\]]+(?:\[[^\]\r\n]*\](?:<[\d.]+>)?)?')
_QUOTED = re.compile(rb'"((?:[^"\\\r\n\x00\x80-\xff]|\\["\\])*)"')
_LITERAL = re.compile(rb"\{(\d+)\}\r\n")


class SyntaxFault(ValueError):
    """The client does not speak IMAP."""


def arguments(command: bytes) -> list[bytes | list[bytes]]:
    """What a command, literals in place and without its last line end, is made of: strings, and lists of them.

    Raises SyntaxFault.
    """
    found, at = _sequence(command, 0, nested=False)
    if at != len(command):
        raise SyntaxFault(f"more than a command: {command!r}")
    return found


def _sequence(text: bytes, at: int, *, nested: bool) -> tuple[list[bytes | list[bytes]], int]:
    found: list[bytes | list[bytes]] = []
    while True:
        value, at = _one(text, at, nested=nested)
        found.append(value)
        if at == len(text) or text[at : at + 1] == b")":
            return found, at
        if text[at : at + 1] != b" ":
            raise SyntaxFault(f"no space at {at}: {text!r}")
        at += 1


def _one(text: bytes, at: int, *, nested: bool) -> tuple[bytes | list[bytes], int]:
    if text[at : at + 1] == b"(" and not nested:
        inner, at = _sequence(text, at + 1, nested=True)
        if text[at : at + 1] != b")":
            raise SyntaxFault(f"an open list: {text!r}")
        return [part for part in inner if isinstance(part, bytes)], at + 1
    if quoted := _QUOTED.match(text, at):
        return re.sub(rb"\\(.)", rb"\1", quoted[1]), quoted.end()
    if literal := _LITERAL.match(text, at):
        end = literal.end() + int(literal[1])
        return text[literal.end() : end], end
    if atom := _ATOM.match(text, at):
        return atom[0], atom.end()
    raise SyntaxFault(f"nothing that can stand at {at}: {text!r}")
