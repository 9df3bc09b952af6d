"""What people and old software do to markup. None of it takes away what a browser would still run."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_TAG = re.compile(r"<(/?)(p|li|td|div|span|ul|h2|h3|a|body|html|head|meta|link|img)\b([^<>]*)>")
_QUOTED = re.compile(r"""="([\w./:#?&;,-]+)"(?=[\s>])""")
_ELEMENT = re.compile(r"<(?:div|p|li|img|a|section)\b[^<>]*>")
_CLOSING = re.compile(r"</(?:p|li|td|tr|span|ul)>")
_SCRIPT = re.compile(r"<script\b.*?</script>|<!--.*?-->|<style\b.*?</style>", re.DOTALL | re.IGNORECASE)


def shouting(html: str, _chance: Random) -> str:
    """Upper-case tag names."""
    return _outside_scripts(html, lambda part: _TAG.sub(lambda tag: f"<{tag[1]}{tag[2].upper()}{tag[3]}>", part))


def unquoted(html: str, _chance: Random) -> str:
    """No quotes where the standard needs none (and where an ending slash does no harm)."""
    return _outside_scripts(
        html, lambda part: _ELEMENT.sub(lambda tag: _QUOTED.sub(lambda q: f"={q[1]}", tag[0]), part)
    )


def single_quoted(html: str, _chance: Random) -> str:
    return _outside_scripts(html, lambda part: _QUOTED.sub(lambda q: f"='{q[1]}'", part))


def unclosed(html: str, chance: Random) -> str:
    """Closing tags left out."""
    return _outside_scripts(html, lambda part: _CLOSING.sub(lambda tag: tag[0] if chance.random() < 0.5 else "", part))


def misnested(html: str, _chance: Random) -> str:
    return html.replace("</h2>", "</b></h2>").replace("<h2>", "<b><h2>")


def two_pages(html: str, _chance: Random) -> str:
    """A second document pasted into the first, as mail templates are."""
    return html.replace("</body>", "<html><head><title>2</title></head><body><p>2</p></body></html></body>", 1)


def cut_off(html: str, _chance: Random) -> str:
    """The connection ended a little early."""
    end = html.rfind("</body>")
    return html[:end] + "<div class='foo" if end > 0 else html


def open_comment(html: str, _chance: Random) -> str:
    end = html.rfind("</body>")
    return html[:end] + "<!-- end of page </body></html>" if end > 0 else html


def byte_soup(html: str, chance: Random) -> str:
    """Control characters and lone marks between elements."""
    soup = ["\x00", "\x0b", "\ufffd", "\u2028", "\ufeff", "\x1a"]
    return _outside_scripts(html, lambda part: part.replace("</p>", f"{chance.choice(soup)}</p>"))


def windows_lines(html: str, _chance: Random) -> str:
    return html.replace("\n", "\r\n")


DEFECTS: tuple[Callable[[str, Random], str], ...] = (
    shouting,
    unquoted,
    single_quoted,
    unclosed,
    misnested,
    two_pages,
    cut_off,
    open_comment,
    byte_soup,
    windows_lines,
)


def _outside_scripts(html: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for script in _SCRIPT.finditer(html):
        parts += [change(html[end : script.start()]), script[0]]
        end = script.end()
    return "".join(parts) + change(html[end:])
