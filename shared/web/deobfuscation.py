"""Addresses and numbers that a page hides from machines, made readable again. Pure, bounded, never raises."""

from __future__ import annotations

import base64
import binascii
import codecs
import heapq
import html as entities
import itertools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import unquote

from shared.web.cues import Cue
from shared.web.literals import Literals, lowered

_MAX_FOUND = 500
_ZERO_WIDTH = {ord(letter): None for letter in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}
_LOOKALIKES = {0xFF20: "@", 0xFE6B: "@", 0xFF0E: "."}

# Between brackets nearly any word for the sign is one; without them only where both sides are like an address.
_OPEN, _CLOSE = r"[\[({<]\s{0,2}", r"\s{0,2}[\])}>]"
_AT = re.compile(
    rf"\s{{0,2}}{_OPEN}(?:at|@|arobase|arobas|a|chez|ät|arrobe){_CLOSE}\s{{0,2}}"
    r"|\s{1,2}(?:arobase|arobas|_AT_|(?-i:AT)|at(?=\s{1,2}[\w-]{1,63}\s{0,2}(?:[\[({]|\b(?:dot|point)\b)))\s{1,2}"
    r"|_at_|-at-(?=[\w-]{1,63}\.[a-z]{2,})",
    re.IGNORECASE,
)
_DOT = re.compile(
    rf"\s{{0,2}}{_OPEN}(?:dot|point|punkt|\.){_CLOSE}\s{{0,2}}|_dot_|\s{{1,2}}(?:point|dot)\s{{1,2}}(?=[a-z]{{2,6}}\b)",
    re.IGNORECASE,
)
_NEAR_AT = re.compile(
    r"[\w.+-]{1,64}@[\w.-]{1,100}(?:(?:\s{0,2}[\[({<]\s{0,2}|\s|_)(?:dot|point|punkt|\.)[^@]{0,40})", re.IGNORECASE
)
_SPACED_AT = re.compile(
    r"(?<=[a-z0-9])(?:\s{1,2}@|@)\s{1,2}(?=[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63})*\.[a-z]{2,10}\b)", re.IGNORECASE
)


_AT_WORD = r"(?i:\s{0,2}(?:at?|ät|chez|arrobe)\s{0,2}[\])}>])"
_MAYBE = re.compile(
    "|".join(
        [*"@＠﹫&", rf"\[{_AT_WORD}", rf"\({_AT_WORD}", rf"{{{_AT_WORD}", rf"<{_AT_WORD}"]
        + [rf"{a}(?:(?i:robas)|(?<=[\s_-]{a})(?i:t)[\s_-])" for a in "aA"]
    )
)
"""Most texts have none of it and stay as they are. Each alternative begins with a letter of its own, so that all but
these are passed over quickly."""


def readable(text: str) -> str:
    """A text with its written-out addresses as addresses: `info [at] exemple (point) fr` → `info@exemple.fr`.

    Also entities written twice, zero-width characters, full-width signs. Everything else stays as it is.
    """
    if not _MAYBE.search(text):
        return text
    if "&#" in text or "&commat;" in text:
        text = entities.unescape(text)
    text = text.translate(_ZERO_WIDTH).translate(_LOOKALIKES)
    text = _AT.sub("@", text)
    if "@" not in text:
        return text
    text = _NEAR_AT.sub(lambda found: _DOT.sub(".", found[0]), text)
    return _SPACED_AT.sub("@", text)


_NEAR = Cue(r"[@＠﹫&\[({<]|[aA][rR][oO][bB]|[ _-][aA][tT][ _-]")
"""Stands wherever `_MAYBE` matches in a text of single spaces."""


def readable_among(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Those lines of single spaces that may hold an address, readable, with their numbers. All are searched at once."""
    starts = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
    numbers = dict.fromkeys(bisect_right(starts, sign) - 1 for sign in _NEAR.starts("\n".join(lines)))
    return [(number, readable(lines[number])) for number in numbers]


def cloudflare_email(encoded: str) -> str | None:
    """What `data-cfemail` or `/cdn-cgi/l/email-protection#` holds: hexadecimal, the first byte is the key."""
    try:
        key, *rest = bytes.fromhex(encoded[:512])
        return bytes(byte ^ key for byte in rest).decode()
    except ValueError:
        return None


_CLASS = re.compile(r"\.([A-Za-z_][\w-]{0,60})")


def reversed_classes(html: str) -> frozenset[str]:
    """Classes that a page's own style sheets show from right to left."""
    found: set[str] = set()
    for start in (match.start() for match in re.finditer("bidi-override", html)):
        rule = html[max(0, start - 400) : start].rpartition("}")[2]
        found.update(_CLASS.findall(rule.partition("{")[0]))
        if len(found) > 50:
            break
    return frozenset(found)


_CF_LINK = re.compile(
    r"/cdn-cgi/l/email-protection#([0-9a-f]{6,512})|data-cfemail=[\"']?([0-9a-f]{6,512})", re.IGNORECASE
)
_AT_SIGNS = ("@", "%40", "&#64;", "&#x40;")
_MOST_AT = 20_000
_OPENED = re.compile(r"[^\"'\n<>]{0,40}")
_WINDOW = 500
"""Characters of script before and after a string with an @ that are read."""
_OPERAND = r"(?:\"[^\"\n]{0,80}\"|'[^'\n]{0,80}'|[A-Za-z_$][\w$]{0,40})"
_STATEMENT = re.compile(
    rf"(?:([A-Za-z_$][\w$]{{0,40}})\s{{0,4}}=\s{{0,4}}|[(\[=:,]\s{{0,4}})({_OPERAND}(?:\s{{0,4}}\+\s{{0,4}}{_OPERAND}){{0,60}})"
)
_ADDED = re.compile(r"\+(?<!/ld\+)(?<!/svg\+)\s{0,4}[\"'A-Za-z_$]")
"""A sum, and not the name of a media type."""
_EACH_OPERAND = re.compile(_OPERAND)
_REVERSED_STRING = re.compile(r"[\"']([^\"'\n]{6,100})[\"']\s{0,3}\.split\([\"']{2}\)\s{0,3}\.reverse\(")
_JOINED = re.compile(
    r"\[((?:\s{0,3}(?:\"[^\"\n]{0,60}\"|'[^'\n]{0,60}')\s{0,3},?){2,40})\]\s{0,3}\.join\(\s{0,3}(?:[\"']([^\"']{0,3})[\"'])?"
)
_CODES = re.compile(r"fromCharCode\s{0,4}\(([\d\s,x a-fA-F]{5,2000})\)")
_UNESCAPE = re.compile(r"(?:unescape|decodeURIComponent|decodeURI)\s{0,4}\(\s{0,4}[\"']([^\"']{6,3000})[\"']")
_BASE64_CALL = re.compile(r"atob\s{0,4}\(\s{0,4}[\"']([A-Za-z0-9+/=]{8,400})[\"']")
_BASE64_VALUE = re.compile(r"=[\"'](?:mailto:)?([A-Za-z0-9+/]{10,200}={0,2})[\"']")
_BASE64_ATTRIBUTE = re.compile(r"\s(?:data-[\w-]{1,40}|rel|href|hrefb64|onclick)\Z")
"""What stands before such a value. It is looked for last: there are many attributes and few such values."""
_TYPO3 = re.compile(
    r"linkTo_UnCryptMailto\s{0,4}\(\s{0,4}(?:'|%27|&#0?39;|&quot;|\")([^'\"()<>]{6,200}?)(?:'|%27|&#0?39;|&quot;|\")"
)
_TYPO3_DATA = re.compile(
    r"data-mailto-token=[\"']([^\"']{6,200})[\"'][^>]{0,200}data-mailto-vector=[\"'](-?\d{1,3})[\"']"
)
_SPLIT = re.compile(
    r"data-(?:user|name|local|login|account|part1|u|before)=[\"']([^\"'<>]{1,64})[\"'][^<>]{0,120}?"
    r"data-(?:domain|host|website|part2|d|after)=[\"']([^\"'<>]{3,100})[\"'](?:[^<>]{0,60}?data-(?:tld|ext)=[\"']([a-z.]{2,12})[\"'])?",
    re.IGNORECASE,
)
_ROT13 = re.compile(r"\b[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,100}\.[a-z]{2,6}\b", re.IGNORECASE)
_PLAUSIBLE = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})*\.[a-z]{2,24}", re.IGNORECASE)


def hidden_strings(html: str) -> list[str]:
    """What the scripts and attributes of a page put together when it is shown, in order, at most 500 strings.

    Cloudflare's protection, concatenated and joined strings, character codes, percent and base64 encoding, ROT13 and
    TYPO3's shifted mail links, address parts in data attributes. Strings without an @ are left out.
    """
    signs = {sign for sign, _, _ in _SIGNS.within(lowered(html))}
    found: list[str] = []
    for read, needed in _WAYS:
        if not needed or not signs.isdisjoint(needed):
            found += [one for one in read(html, signs) if "@" in one]
        if len(found) >= _MAX_FOUND:
            break
    return found[:_MAX_FOUND]


def _cloudflare(html: str, _: set[str]) -> list[str]:
    if "cfemail" not in html and "email-protection" not in html:
        return []
    return [email for match in _CF_LINK.finditer(html) if (email := cloudflare_email(match[1] or match[2]))]


def _concatenated(html: str, signs: set[str]) -> list[str]:
    """Follow assignments and sums of strings around each string with an @, as Joomla and others write them."""
    found: list[str] = []
    known: dict[str, str] = {}
    windows = list(_windows(html, signs))
    has_sums = any(map(_ADDED.search, windows))
    for window in windows:
        for name, sum_ in _STATEMENT.findall(window) if has_sums else ():
            value = "".join(_value(operand, known) for operand in _EACH_OPERAND.findall(sum_))[:500]
            if name:
                known[name] = value
            if "@" in value and "+" in sum_:
                found.append(value)
        if ".join(" in window:
            lists = (match for match in _JOINED.finditer(window) if match[2] is not None)
            found += [match[2].join(_strings(match[1])) for match in lists]
        if ".reverse(" in window:
            found += [match[1][::-1] for match in _REVERSED_STRING.finditer(window)]
    return found


def _windows(html: str, signs: set[str]) -> Iterator[str]:
    """The surroundings of each string with an @, no character twice."""
    read_to = 0
    for at in itertools.islice(_strings_with_at(html, signs), _MAX_FOUND):
        if at >= read_to:
            yield html[max(read_to, at - _WINDOW) : at + _WINDOW]
            read_to = at + _WINDOW


def _strings_with_at(html: str, signs: set[str]) -> Iterator[int]:
    """Offsets of the quotes that open a string with an @ among its next 40 characters, in order."""
    last = -1
    places = heapq.merge(*(_offsets(html, sign) for sign in _AT_SIGNS if sign in signs))
    for at in itertools.islice(places, _MOST_AT):
        quote = max(html.rfind('"', max(0, at - 41), at), html.rfind("'", max(0, at - 41), at))
        if quote > last and _OPENED.fullmatch(html, quote + 1, at):
            last = quote
            yield quote


def _offsets(html: str, sign: str) -> Iterator[int]:
    """Where a sign stands: in a tenth of the time of an expression."""
    at = html.find(sign)
    while at >= 0:
        yield at
        at = html.find(sign, at + 1)


def _strings(listing: str) -> list[str]:
    return [_value(one, {}) for one in _EACH_OPERAND.findall(listing)]


def _value(operand: str, known: dict[str, str]) -> str:
    return unquote(entities.unescape(operand[1:-1])) if operand[0] in "\"'" else known.get(operand, "")


def _character_codes(html: str, _: set[str]) -> list[str]:
    if "fromCharCode" not in html:
        return []
    found = []
    for match in _CODES.finditer(html):
        try:
            found.append("".join(chr(int(code, 0)) for code in match[1].replace(" ", "").split(",") if code))
        except (ValueError, OverflowError):
            continue
    return found


def _percent(html: str, _: set[str]) -> list[str]:
    if "unescape" not in html and "decodeURI" not in html:
        return []
    return [unquote(match[1]) for match in _UNESCAPE.finditer(html)]


def _base64_calls(html: str, _: set[str]) -> list[str]:
    return _plausible(match[1] for match in _BASE64_CALL.finditer(html))


def _base64_attributes(html: str, _: set[str]) -> list[str]:
    values = _BASE64_VALUE.finditer(html)
    return _plausible(value[1] for value in values if _BASE64_ATTRIBUTE.search(html, *_before(value)))


def _before(value: re.Match[str]) -> tuple[int, int]:
    """Where the attribute's name stands."""
    return max(0, value.start() - 50), value.start()


def _plausible(encoded: Iterable[str]) -> list[str]:
    return [text for text in map(_from_base64, encoded) if text and _PLAUSIBLE.search(text)]


def _from_base64(encoded: str) -> str | None:
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None


def _typo3(html: str, _: set[str]) -> list[str]:
    """TYPO3 shifts each letter within its alphabet; the first is the m of `mailto:`."""
    found = []
    for match in itertools.islice(_TYPO3.finditer(html), _MAX_FOUND) if "UnCryptMailto" in html else ():
        secret = entities.unescape(unquote(match[1]))
        found.append(_shifted(secret, ord("m") - ord(secret[0])))
    for match in itertools.islice(_TYPO3_DATA.finditer(html), _MAX_FOUND) if "data-mailto-token" in html else ():
        text = _shifted(entities.unescape(match[1]), -int(match[2]))
        found.append(text)
    return [text.removeprefix("mailto:") for text in found if text.startswith("mailto:")]


_ALPHABETS = (("+", ":"), ("@", "Z"), ("a", "z"))
"""The three ranges of TYPO3's encryptEmail, each turned in itself."""


def _shifted(text: str, offset: int) -> str:
    shifted = []
    for letter in text:
        for first, last in _ALPHABETS:
            if first <= letter <= last:
                size = ord(last) - ord(first) + 1
                letter = chr(ord(first) + (ord(letter) - ord(first) + offset) % size)  # noqa: PLW2901
                break
        shifted.append(letter)
    return "".join(shifted)


def _split(html: str, _: set[str]) -> list[str]:
    if "data-" not in html:
        return []
    return [
        f"{match[1]}@{match[2]}{'.' + match[3].lstrip('.') if match[3] else ''}"
        for match in _SPLIT.finditer(html)
        if "." in match[2] or match[3]
    ]


def _rot13(html: str, _: set[str]) -> list[str]:
    """Plugins that write `znvygb:` rotate the whole link."""
    if "znvygb:" not in html and "rot13" not in html.lower():
        return []
    rotated = (codecs.decode(match[0], "rot13") for match in _ROT13.finditer(html))
    return list(rotated)


_WAYS: tuple[tuple[Callable[[str, set[str]], list[str]], frozenset[str]], ...] = (
    (_cloudflare, frozenset(("cfemail", "email-protection"))),
    (_concatenated, frozenset(_AT_SIGNS)),
    (_character_codes, frozenset(("fromcharcode",))),
    (_percent, frozenset(("unescape", "decodeuri"))),
    (_base64_calls, frozenset(("atob",))),
    (_base64_attributes, frozenset()),
    (_typo3, frozenset(("uncryptmailto", "data-mailto-token"))),
    (_split, frozenset(f"data-{name}=" for name in ("domain", "host", "website", "part2", "d", "after"))),
    (_rot13, frozenset(("znvygb:", "rot13"))),
)
"""Each way to hide an address, and what a page has at least one of that uses it; nothing: no such sign is known. It is
told which of all signs the page has."""
_SIGNS = Literals({sign for _, signs in _WAYS for sign in signs})
