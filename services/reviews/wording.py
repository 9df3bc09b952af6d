"""Texts of structured data as people read them."""

from __future__ import annotations

import html
import re
from typing import Any

from shared.web.defuse import defuse
from shared.web.text import visible_text

_LONGEST_TEXT = 5_000
_LONGEST_NAME = 200
_LONGEST_READ = 50_000
_MARKUP = re.compile(r"<(?:[a-zA-Z][a-zA-Z0-9]{0,15}[\s/>]|/[a-zA-Z]|!--)")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_UNREADABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\ufeff\u2028\u2029\ud800-\udfff]")
_NO_NAME = re.compile(r"https?://|www\.|\S@\S+\.\S|^#|^\W*$")


def text_of(value: Any) -> str | None:
    """A review's text: markup and entities read, a line a paragraph, at most 5 000 characters. Pure, never raises."""
    text = _readable(_string(value))
    if len(text) > _LONGEST_TEXT:
        text = text[: _LONGEST_TEXT - 1].rstrip() + "…"
    return text or None


def name_of(value: Any) -> str | None:
    """A person's or a business's name: a text, or the `name` of an object; of several the first. Pure, never raises.

    An address is nobody's name.
    """
    for one in (value if isinstance(value, list) else [value])[:20]:
        said = one
        if isinstance(one, dict):
            parts = (one.get(key) for key in ("givenName", "familyName"))
            said = one.get("name") or one.get("@value") or " ".join(part for part in parts if isinstance(part, str))
        name = " ".join(_readable(_string(said)).split())[:_LONGEST_NAME]
        if name and not _NO_NAME.search(name):
            return name
    return None


def _string(value: Any) -> str:
    for _ in range(3):
        if isinstance(value, list):
            value = next((one for one in value if one), None)
        elif isinstance(value, dict):
            value = value.get("@value")
    return value[:_LONGEST_READ] if isinstance(value, str) else ""


def _readable(text: str) -> str:
    for _ in range(2):  # what a plugin escaped, a template escaped again
        if not _ENTITY.search(text):
            break
        text = html.unescape(text)
    if _MARKUP.search(text):
        text = visible_text(defuse(text))
    text = _UNREADABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
