"""Text on an IMAP connection: strings that stay strings, and the names of folders (RFC 3501, 4.3 and 5.1.3)."""

from __future__ import annotations

import base64
import re

_NEVER = frozenset("\r\n\0")
"""What ends a line, and what not even a literal may have."""
_FOREIGN = re.compile(r"[^ -~]+")


def is_astring(text: str) -> bool:
    """Whether a text can be an argument at all: one line that can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return not _NEVER & set(text)


def quoted(text: str) -> str:
    """The quoted string that means this ASCII text. Raises ValueError for what no quoted string can hold."""
    if not text.isascii() or not is_astring(text):
        raise ValueError("a quoted string is one line of ASCII")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder_name(text: str) -> str:
    """A folder's readable name as it is on the wire: modified UTF-7."""
    return _FOREIGN.sub(_shifted, text.replace("&", "&-"))


def _shifted(run: re.Match[str]) -> str:
    coded = base64.b64encode(run[0].encode("utf-16-be"), altchars=b"+,").decode("ascii")
    return f"&{coded.rstrip('=')}-"
