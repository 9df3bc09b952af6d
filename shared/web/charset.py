"""Bytes to text: what the page says, unless its bytes say otherwise."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

_META = re.compile(rb"""<meta[^>]{0,512}?charset\s{0,8}=\s{0,8}["']?\s{0,8}([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_HEADER = re.compile(r"""charset\s{0,8}=\s{0,8}["']?\s{0,8}([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_META_WITHIN = 4096
"""The HTML standard looks at 1024 bytes; real pages put scripts before their charset."""
_SAMPLE = 8192
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LATIN = frozenset({"ascii", "iso8859-1", "cp1252"})
"""Labels that browsers all read as windows-1252 (WHATWG Encoding)."""
_KNOWN = frozenset(
    """cp1252 utf-8 cp866 cp874 cp949 cp932 cp1250 cp1251 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258
    iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10
    iso8859-13 iso8859-14 iso8859-15 iso8859-16 koi8-r koi8-u mac-roman mac-cyrillic tis-620
    gbk gb2312 gb18030 big5 big5hkscs euc_jp shift_jis iso2022_jp euc_kr""".split()  # noqa: SIM905 - reads better than forty lines
)
"""Encodings of the Web; Python knows others that are no text (zlib, hex) or slow (idna, punycode)."""
_DETECTABLE = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "gb18030", "shift_jis", "euc_kr", "big5"]
_WESTERN = frozenset("àâäáãåçéèêëíîïìñóòôöõúùûüÿœæßÀÂÄÁÃÅÇÉÈÊËÍÎÏÌÑÓÒÔÖÕÚÙÛÜŸŒÆ«»‘’“”–—…•€£©®™°·²³½¼§¡¿ªº\xa0\xad")


def decode(body: bytes, content_type: str) -> str:
    """The text of a page. Never raises; what cannot be read becomes U+FFFD.

    Order: byte order mark, Content-Type header, meta element, then the bytes themselves (UTF-8 if
    they are, Western if they look it, detection on a bounded sample). A page that calls itself
    Latin-1 and is valid UTF-8 is UTF-8; one that calls itself UTF-8 and mostly is not, is not.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    declared = _declared(body, content_type)
    if declared in (None, "cp1252", "utf-8"):
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if declared == "utf-8" and _is_mostly_utf8(body):
        return body.decode("utf-8", "replace")
    if declared is None or declared == "utf-8":
        declared = _detected(body)
    return body.decode(declared, "replace")


def _declared(body: bytes, content_type: str) -> str | None:
    header = _HEADER.search(content_type)
    meta = _META.search(body, 0, _META_WITHIN)
    labels = [header[1] if header else "", meta[1].decode("ascii") if meta else ""]
    return next((codec for label in labels if (codec := _codec(label)) is not None), None)


def _codec(label: str) -> str | None:
    if not label:
        return None
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    if name in _LATIN:
        return "cp1252"
    return name if name in _KNOWN else None


def _is_mostly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    return whole > 2 * broken


def _detected(body: bytes) -> str:
    first = next((match.start() for match in re.finditer(rb"[\x80-\xff]", body)), 0)
    start = max(0, first - _SAMPLE // 4)
    sample = body[start : start + _SAMPLE]
    foreign = [letter for letter in sample.decode("cp1252", "replace") if not letter.isascii()]
    if sum(letter in _WESTERN for letter in foreign) >= 0.95 * len(foreign):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_DETECTABLE).best()
    return best.encoding if best is not None else "cp1252"
