"""SVG to pixels, with everything cut out that leads elsewhere.

resvg runs no scripts and has no network, but it opens files that `image` and `feImage` name: so only embedded raster
pictures stay. Entities are internal alone and bounded by libxml2; shapes that explode meet the process's limits.
"""

from __future__ import annotations

import re

import resvg_py
from lxml import etree
from PIL import Image

from services.brand_assets.imaging.pictures import UnusableError, decode

SIDE = 1024
"""Of the square into which a drawing is fitted."""
MAX_BYTES = 2 * 1024 * 1024
_MAX_ELEMENTS = 20_000
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_EMBEDDED = re.compile(r"\s*data:image/(?:png|jpe?g|gif|webp);base64,", re.IGNORECASE)
_DROPPED = frozenset({"script", "foreignObject", "iframe", "audio", "video", "handler", "listener", "metadata"})
_IMPORT = re.compile(r"@import[^;]*;?", re.IGNORECASE)
_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml|<!--|<!doctype\s+svg|<svg[\s>/])", re.IGNORECASE)


def is_svg(body: bytes) -> bool:
    """Whether bytes are meant to be a drawing."""
    return _START.match(body[:1024]) is not None and b"<svg" in body[:65536]


def render(body: bytes) -> Image.Image:
    """The drawing in a square of SIDE, RGBA. Raises UnusableError."""
    if len(body) > MAX_BYTES:
        raise UnusableError("a drawing of too many bytes")
    text = etree.tostring(_clean(body), encoding="unicode")
    try:
        png = resvg_py.svg_to_bytes(svg_string=text, width=SIDE, height=SIDE)
    except Exception as error:  # resvg's own complaints, and a panic of its code
        raise UnusableError(f"a drawing that cannot be drawn ({str(error)[:80]})") from None
    return decode(png)


def _clean(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities="internal",
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,  # drawings out of HTML have attributes that XML does not know
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise UnusableError("not a drawing")
    root = _named(root)
    elements = list(root.iter())
    if len(elements) > _MAX_ELEMENTS:
        raise UnusableError("a drawing of too many parts")
    for element in elements:
        _defuse(element)
    return root


def _named(root: etree._Element) -> etree._Element:
    """The same with its namespace, which drawings inside HTML do without."""
    if root.tag == "svg":
        text = etree.tostring(root, encoding="unicode").replace("<svg", f'<svg xmlns="{_SVG}"', 1)
        root = etree.fromstring(text, etree.XMLParser(recover=True, no_network=True, resolve_entities=False))
    if root is None or root.tag != f"{{{_SVG}}}svg":
        raise UnusableError("not a drawing")
    return root


def _defuse(element: etree._Element) -> None:
    name = etree.QName(element).localname if isinstance(element.tag, str) else ""
    parent = element.getparent()
    if parent is not None and (name in _DROPPED or not name):
        parent.remove(element)
        return
    for attribute in ("href", _XLINK):
        target = element.get(attribute)
        if target is None or target.startswith("#"):
            continue
        if name not in ("image", "feImage") or not _EMBEDDED.match(target):
            del element.attrib[attribute]
    if name == "style" and element.text:
        element.text = _IMPORT.sub("", element.text)
