"""The text a visitor sees."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

_INVISIBLE = ["head", "script", "style", "noscript", "template", "svg", "iframe", "object", "select", "textarea"]
_BLOCK = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|button|caption|dd|details|div|dl|dt|fieldset|figcaption|"
    r"figure|footer|form|h[1-6]|header|hr|legend|li|main|nav|ol|option|p|pre|section|summary|table|tr|ul)[\s/>])",
    re.IGNORECASE | re.ASCII,
)
_CELL = re.compile(r"<(?=(?:td|th|img|input|label)[\s/>])", re.IGNORECASE | re.ASCII)


def visible_text(html: str) -> str:
    """Text without scripts, styles and hidden containers: a line a block, single spaces. Never raises.

    Inline elements do not separate: `04 78 <b>12</b>34` stays one number.
    """
    spaced = _CELL.sub(" <", _BLOCK.sub("\n<", html))
    tree = LexborHTMLParser(spaced)
    tree.strip_tags(_INVISIBLE)
    body = tree.body
    if body is None:
        return ""
    lines = (" ".join(line.split()) for line in body.text(separator="").splitlines())
    return "\n".join(line for line in lines if line)
