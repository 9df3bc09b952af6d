"""Rule patterns: a regular expression with suffixes, as the Wappalyzer schema writes them.

`WordPress ([\\d.]+)\\;version:\\1\\;confidence:50` is the expression, a template for the version and
the share of certainty (percent) a hit is worth. Expressions run on UTF-8 bytes without regard to
ASCII case, so that `re`, Hyperscan and the literal prefilter mean the same thing by each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import msgspec

LONGEST_REPEAT = 250
"""`*` and `+` stop here, which makes one search linear in the page times a constant. The schema's
first implementation bounds them the same way, so rules written for it keep their meaning."""

SHORTEST_LITERAL = 3
"""Bytes. Shorter ones occur on every page and filter nothing."""

_TOKENS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?P<least>\d+)(?:,(?P<most>\d*))?\}|.", re.DOTALL)
_VERSION = re.compile(r"v?(\d[\w.+-]{0,19})", re.ASCII)


class PatternError(ValueError):
    """The pattern cannot be used; the message says which and why. The rule must be corrected."""


class Pattern(msgspec.Struct, frozen=True):
    """One pattern, read. Plain data: it is written to disk and read again with its rule."""

    source: str
    """As the rule has it, suffixes included: the pattern's identity in reports."""
    regex: str
    """The expression alone, repeats unbounded: what a linear engine scans for."""
    version: str
    """Template, empty for none: `\\1` is a group, `\\1?a:b` is `a` when the group matched, else `b`."""
    confidence: int
    literals: frozenset[bytes]
    """Lower-case; every match contains at least one. Empty when nothing of use is mandatory."""

    @property
    def compiled(self) -> re.Pattern[bytes]:
        """The expression with bounded repeats: what decides. Compiled at its first use."""
        return _compiled(self.regex)

    def version_of(self, match: re.Match[bytes]) -> str | None:
        """The version the template makes of this match, None when it makes none that looks like one."""
        if not self.version:
            return None
        text = self.version
        for number, group in enumerate((match[0], *match.groups())):
            value = (group or b"").decode("utf-8", "replace")
            if f"\\{number}?" in text:
                text = re.sub(
                    rf"\\{number}\?([^:]*):(.*)$",
                    lambda choice, value=value: choice[1] if value else choice[2],  # type: ignore[misc]
                    text,
                )
            text = text.replace(f"\\{number}", value)
        found = _VERSION.match(text.strip())
        return found[1].rstrip(".-+_") if found else None


def parse_pattern(source: str) -> Pattern:
    """Read a pattern with its suffixes. Raises PatternError. An empty one matches whatever is there."""
    regex, *suffixes = source.split("\\;")
    version, confidence = "", 100
    for suffix in suffixes:
        tag, _, value = suffix.partition(":")
        if tag == "version":
            version = value
        elif tag == "confidence" and value.isdigit() and 0 < int(value) <= 100:
            confidence = int(value)
        else:
            raise PatternError(f"{source!r}: unknown suffix {suffix!r}")
    if not regex.isascii():
        raise PatternError(f"{source!r}: only ASCII means the same in bytes and in text")
    try:
        re.compile(bounded(regex).encode(), re.IGNORECASE)
        literals = mandatory_literals(regex)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"{source!r}: {error}") from error
    return Pattern(source, regex, version, confidence, literals)


@cache
def _compiled(regex: str) -> re.Pattern[bytes]:
    """Held for ever: of thousands of rules a process meets the few hundred that real pages make candidates."""
    return re.compile(bounded(regex).encode(), re.IGNORECASE)


def bounded(regex: str) -> str:
    """The same expression with `*`, `+` and `{n,}` ending at LONGEST_REPEAT."""
    out: list[str] = []
    quantified = False
    for token in _TOKENS.finditer(regex):
        text = token[0]
        if text in ("*", "+") and not quantified:  # after a quantifier, + makes it possessive
            text = f"{{{0 if text == '*' else 1},{LONGEST_REPEAT}}}"
        elif token["most"] == "":
            text = f"{{{token['least']},{max(LONGEST_REPEAT, int(token['least']))}}}"
        quantified = not quantified and (token[0] in ("*", "+", "?") or token["least"] is not None)
        out.append(text)
    return "".join(out)


def mandatory_literals(regex: str) -> frozenset[bytes]:
    """The most selective set of lower-case literals of which every match contains one."""
    return _best(_literal_sets(parser.parse(regex, re.IGNORECASE)))


def _best(sets: Iterable[frozenset[bytes]]) -> frozenset[bytes]:
    usable = [found for found in sets if found and min(map(len, found)) >= SHORTEST_LITERAL]
    return max(usable, key=lambda found: (min(map(len, found)), -len(found)), default=frozenset())


def _literal_sets(tree: Any) -> Iterator[frozenset[bytes]]:
    run = ""
    for op, arg in _flat(tree):
        if op is ops.LITERAL:
            run += chr(arg)
            continue
        if op in (ops.AT, ops.ASSERT, ops.ASSERT_NOT):
            continue  # zero width: the text goes on
        yield frozenset({run.lower().encode()})
        run = ""
        if op is ops.BRANCH:
            choices = [_best(_literal_sets(choice)) for choice in arg[1]]
            if all(choices):
                yield frozenset().union(*choices)
        elif op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT) and arg[0]:
            yield from _literal_sets(arg[2])
    yield frozenset({run.lower().encode()})


def _flat(tree: Any) -> Iterator[tuple[Any, Any]]:
    """The parsed items in order, with groups opened."""
    for op, arg in tree:
        if op is ops.SUBPATTERN:
            yield from _flat(arg[3])
        elif op is ops.ATOMIC_GROUP:
            yield from _flat(arg)
        else:
            yield op, arg
