"""Where a site's telephone numbers stand and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal
from urllib.parse import unquote

import msgspec

from shared.web.folding import fold
from shared.web.links import Kind
from shared.web.outline import PlacedLink, Region
from shared.web.phone_numbers import Phone, PlacedPhone, find_phones, read_phone
from shared.web.sections import FOREIGN, Section
from shared.web.site_pages import SitePage

Label = Literal["phone", "mobile", "fax", "phone_and_fax", "no_phone", "other_party", ""]
Source = Literal["link", "text", "structured"]

_LABELS = re.compile(
    r"(?P<phone_and_fax>\b(?:tel\w*|phone)\.?\s?(?:/|&|et|\+|-|and)\s?(?:fax|telecopie)|\bfax\.?\s?(?:/|&|et)\s?tel\w*)"
    r"|(?P<fax>\bfax\b|📠|\btelecopi\w+|\bfacsimile|\btelefax|(?<![a-z])f ?[.:](?=\s?[+(0]))"
    r"|(?P<mobile>\bmobile\b|\bportable\b|\bgsm\b|\bcell\b|\bmob\b|\bport\b\.|whatsapp"
    r"|(?<![a-z])[mp] ?[.:](?=\s?[+(0]))"
    r"|(?P<phone>\btel\b|\btelephone\w*|\bphone\b|\bappel\w*|\bcall\b|\bjoindre\b|\bcontact\w*|\bstandard\b|\baccueil\b|\bsecretariat\b"
    r"|☎|📞|✆|(?<![a-z])t ?[.:](?=\s?[+(0])|\burgence)"
    r"|(?P<no_phone>\bsire[nt]\b|\br\.?c\.?s\b|\btva\b|\bvat\b|\biban\b|\bbic\b|\brib\b|\borias\b|\bfiness\b|\brpps\b|\badeli\b|\bisbn\b"
    r"|\bean\b|\bnda\b|\bref(?:erence)?\b|\bcommande\b|\bcompte\b|\bcapital\b|\bdossier\b|\bmodele\b)"
    r"|(?P<other_party>\bpolice\b|\bde garde\b|\bpompiers\b|\bsamu\b|\bcnil\b|\bbloctel\b|\boffice (?:de"
    r"|du) tourisme|\btaxis?\b|\bmairie\b|\bantipoison"
    r"|\bgendarmerie\b|\bhopital\b|\bmediateur\b|\bassurance\b|\bambulances?\b)"
)
_BEFORE = 60
_BETWEEN = re.compile(r"[\s/,;|&–-]*(?:et|ou|or|and)?[\s/,;|&–-]*")
"""What may stand between two numbers of one label: `Tél. 01 … / 02 …`."""
_PRICE = re.compile(r"\s?(?:€|eur\b|euros?\b|ht\b|ttc\b)")
_EXAMPLE = re.compile(r"\b(?:ex(?:emple)?|e\.g|par exemple|format|xx+)\b[ .:(]*$")
_TEL = ("tel:", "callto:", "fax:", "sms:")
_WHATSAPP = re.compile(r"https?://(?:wa\.me/|api\.whatsapp\.com/send/?\?phone=)\+?(\d{8,15})")
_ORGANISATION = re.compile(
    r"organi[sz]ation|business|store|shop|corporation|restaurant|hotel|service|agency|contactpoint|dentist|physician|attorney"
    r"|place|school|salon|bakery|legal|person",
    re.IGNORECASE,
)
_MAX_TEXT = 300_000
"""Characters of one page that are read: a page of more is a list of others."""


class Sighting(msgspec.Struct, frozen=True):
    """A number in one place."""

    phone: Phone
    label: Label
    source: Source
    region: Region
    kind: Kind
    """Of the page."""
    is_foreign: bool
    """Whether it stands among words about the host, an agency or a mediator."""


def sightings(pages: Sequence[SitePage], region: str) -> list[Sighting]:
    """Every valid number of a site's pages in order: `tel:` links, text, JSON-LD. `region`: see `region_of`."""
    return [one for page in pages for one in _of_page(page, region)]


def _of_page(page: SitePage, region: str) -> Iterator[Sighting]:
    yield from _structured(page, region)
    left = _MAX_TEXT
    before = ""
    for section in page.sections:
        for link in section.links:
            if (phone := _linked(link, region)) is not None:
                yield _seen(phone, _link_label(link, section), "link", section, page)
        left -= len(section.text)
        if left < 0:
            return
        if section.text:
            for phone, found in _labelled(section.text, before, region):
                yield _seen(phone, found, "text", section, page)
            before = section.text


def _seen(phone: Phone, label: Label, source: Source, section: Section, page: SitePage) -> Sighting:
    return Sighting(phone, label, source, section.region, page.kind, section.owner in FOREIGN)


def _linked(link: PlacedLink, region: str) -> Phone | None:
    if (match := _WHATSAPP.match(link.url)) is not None:
        return read_phone("+" + match[1], region)
    scheme, colon, number = link.url.partition(":")
    if scheme.lower() + colon not in _TEL:
        return None
    number = unquote(number[:80]).partition("?")[0].partition(";")[0].strip("/ ")
    # `tel:04 65 71 12 34 / 06 …` and `tel:33465711234` are written, too.
    digits = re.sub(r"\D", "", number)
    if not number.startswith("+") and digits.startswith("33") and len(digits) == 11:
        number = "+" + digits
    placed = next(find_phones(number, region), None)
    return placed.phone if placed is not None else read_phone(number, region)


def _link_label(link: PlacedLink, section: Section) -> Label:
    if link.url.lower().startswith("fax:"):
        return "fax"
    own = _last_label(fold(f"{link.hint} {link.text}"))
    return own or _last_label(fold(section.text[max(0, link.at - 30) : link.at])) or "phone"


def _labelled(text: str, line_before: str, region: str) -> Iterator[tuple[Phone, Label]]:
    """The numbers of one section and what is said of each, which may stand in the line above."""
    numbers = list(find_phones(text, region))
    if not numbers:
        return
    folded = fold(text)
    label: Label = ""
    at = 0
    for placed in numbers:
        between = folded[at : placed.start]
        if at == 0 or not _BETWEEN.fullmatch(between):
            above = _label_of_line(line_before) if at == 0 and placed.start < 3 else ""
            label = _last_label(between[-_BEFORE:] + "0") or above
        at = placed.end
        if _is_number_of_something(folded, placed):
            continue
        yield placed.phone, label


def _is_number_of_something(folded: str, placed: PlacedPhone) -> bool:
    return bool(_PRICE.match(folded, placed.end) or _EXAMPLE.search(folded, max(0, placed.start - 20), placed.start))


def _last_label(folded: str) -> Label:
    label: Label = ""
    for match in _LABELS.finditer(folded):
        label = match.lastgroup  # type: ignore[assignment]
    return label


def _label_of_line(text: str) -> Label:
    """The label that a short line is: `Fax`, `Téléphone :`; the number stands in the next."""
    return _last_label(fold(text + ":0")) if len(text) <= 30 and not any(map(str.isdigit, text)) else ""


def _structured(page: SitePage, region: str) -> Iterator[Sighting]:
    for one in page.json_ld:
        points = one.get("contactPoint")
        for thing in (one, *(points if isinstance(points, list) else [points])):
            if not isinstance(thing, dict) or not _ORGANISATION.search(str(thing.get("@type", "ContactPoint"))):
                continue
            for key, label in (("telephone", "phone"), ("faxNumber", "fax")):
                yield from _stated(thing.get(key), label, region, page)  # type: ignore[arg-type]


def _stated(value: Any, label: Label, region: str, page: SitePage) -> Iterator[Sighting]:
    for number in (value if isinstance(value, list) else [value])[:5]:
        if isinstance(number, str | int) and (phone := read_phone(str(number), region)) is not None:
            yield Sighting(phone, label, "structured", "main", page.kind, is_foreign=False)
