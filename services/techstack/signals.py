"""Business signals: what a site does for its owner, read from technologies, links and forms."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import unquote, urlsplit

import msgspec

from services.techstack.evidence import Detection
from services.techstack.schema import Label
from services.techstack.selectors import opening_tag
from services.techstack.spelling import spelled_out
from shared.web.page import Page

MAX_LINKS = 2000
MAX_LINK_CHARS = 60
"""Longer link texts are headlines: an article on recruiting is no offer of work."""


MAX_REASON_CHARS = 200


class Signal(msgspec.Struct, frozen=True):
    """One question about the business and its answer."""

    slug: str
    label: Label
    present: bool
    because: str | None
    """A technology, an address or an element that a reader can check; None when absent."""


class _Clues(msgspec.Struct, frozen=True):
    """What makes a signal present; any one is enough."""

    slug: str
    fr: str
    en: str
    categories: tuple[str, ...] = ()
    words: str = ""
    """An expression for a whole link text or path segment, as _slugs writes them."""
    selector: str = ""
    """Of a form, or of what stands in forms."""


_CLUES = (
    _Clues(
        "sells_online",
        "Vend en ligne",
        "Sells online",
        ("shop",),
        r"(?:mon-|voir-le-|voir-mon-)?panier|(?:my-)?cart|checkout|basket|boutique-en-ligne|e-?shop"
        r"|ajouter-au-panier|add-to-cart|commander-en-ligne|acheter-en-ligne",
    ),
    _Clues("takes_payments", "Encaisse en ligne", "Takes payments online", ("payment",)),
    _Clues(
        "takes_bookings",
        "Prend des réservations",
        "Takes bookings",
        ("booking",),
        r"reserver|reservations?|je-reserve|(?:reserver|reservation)-(?:en-ligne|maintenant|une-table|une-chambre)"
        r"|(?:prendre|prise-de|prenez)-(?:un-)?(?:rendez-vous|rdv)(?:-en-ligne)?|rendez-vous(?:-en-ligne)?|rdv"
        r"|book(?:-now|-online|-a-table)?|bookings?",
    ),
    _Clues(
        "recruits",
        "Recrute",
        "Recruits",
        ("recruiting",),
        r"(?:nous-)?recrut(?:ement|ons)|on-recrute|(?:page-)?carrieres?|careers?|jobs?|emplois?|offres?-d-?emplois?"
        r"|(?:nous-)?rejoindre|rejoignez-nous|rejoindre-l-equipe|join-us|we-are-hiring|postuler",
    ),
    _Clues("multi_language", "Plusieurs langues", "Several languages", ("translation",)),
    _Clues("consent_banner", "Bandeau de consentement", "Consent banner", ("consent",)),
    _Clues(
        "newsletter",
        "Lettre d'information",
        "Newsletter",
        (),
        r"(?:la-|notre-|inscription-)?newsletters?|infolettre|lettre-d-information"
        r"|(?:inscription-a-|s-inscrire-a-|abonnez-vous-a-)(?:la-|notre-)?newsletter",
        'form[action*="newsletter" i], form[id*="newsletter" i], form[class*="newsletter" i], '
        'input[name*="newsletter" i], form[action*="list-manage.com/subscribe"], form[action*="sibforms.com/serve"], '
        "form.mc4wp-form",
    ),
    _Clues("live_chat", "Messagerie instantanée", "Live chat", ("chat",)),
    _Clues("advertises", "Fait de la publicité en ligne", "Advertises online", ("ads",)),
    _Clues("measures_audience", "Mesure son audience", "Measures its audience", ("analytics", "session_replay")),
    _Clues("manages_customers", "Outille sa relation client", "Runs a CRM", ("crm", "email_marketing")),
    _Clues("shows_reviews", "Affiche des avis clients", "Shows customer reviews", ("reviews",)),
    _Clues(
        "customer_area",
        "Espace client",
        "Customer area",
        (),
        r"(?:mon-|votre-)?(?:compte|espace)(?:-(?:client|personnel|adherent|membre))?|(?:my-)?account|espace-clients?"
        r"|connexion|se-connecter|login|sign-in",
    ),
    _Clues(
        "quote_request",
        "Devis en ligne",
        "Quote on request",
        (),
        r"devis(?:-gratuit|-en-ligne|-rapide)?|(?:demande|demander|demandez)-(?:de-|un-|votre-|mon-)?devis(?:-gratuit)?"
        r"|(?:request|get)-a-(?:free-)?quote",
    ),
    _Clues("contact_form", "Formulaire de contact", "Contact form", (), "", "form textarea"),
    _Clues(
        "blog", "Blog ou actualités", "Blog or news", (), r"(?:le-|notre-)?blog|actualites?|nos-actualites|actus?|news"
    ),
)


def _meanings() -> dict[str, list[str]]:
    meanings: dict[str, list[str]] = {}
    for clues in _CLUES:
        for word in spelled_out(clues.words) if clues.words else ():
            meanings.setdefault(word, []).append(clues.slug)
    return meanings


_MEANINGS = _meanings()
"""By slug, the signals it speaks of. A page has hundreds of names, and nearly all of them mean nothing: a look into a
dictionary costs a fiftieth of trying the expressions."""

_SEPARATORS = bytes(code if chr(code) in "abcdefghijklmnopqrstuvwxyz0123456789\n" else ord("-") for code in range(256))


def business_signals(page: Page, detections: Sequence[Detection]) -> list[Signal]:
    """Every signal, present or not, always in the same order."""
    linked = _linked(page)
    return [_signal(clues, page, detections, linked) for clues in _CLUES]


def _signal(clues: _Clues, page: Page, detections: Sequence[Detection], linked: Mapping[str, str]) -> Signal:
    because = _technology(detections, clues.categories) if clues.categories else None
    if because is None and clues.slug == "multi_language":
        because = _languages(page)
    because = because or linked.get(clues.slug)
    if because is None and clues.selector and ("form" in page.elements or "input" in page.elements):
        node = page.tree.css_first(clues.selector)
        because = opening_tag(node)[:MAX_REASON_CHARS] if node is not None else None
    return Signal(clues.slug, Label(clues.fr, clues.en), because is not None, because)


def _technology(detections: Sequence[Detection], categories: Collection[str]) -> str | None:
    """The first technology of one of the categories."""
    return next((one.name for one in detections for category in one.categories if category in categories), None)


def _languages(page: Page) -> str | None:
    """The languages of the page's alternates, when there are two or more."""
    links = (node.attributes for node in page.elements.get("link", ()))
    stated = (one.get("hreflang") or "" for one in links if "alternate" in (one.get("rel") or "").lower().split())
    languages = dict.fromkeys(tag.partition("-")[0].lower() for tag in stated if tag and tag.lower() != "x-default")
    return "hreflang: " + ", ".join(languages) if len(languages) > 1 else None


def _linked(page: Page) -> dict[str, str]:
    """By signal, the first of the site's links to itself whose text or path speaks of it."""
    named = _names(page)
    found: dict[str, str] = {}
    for slug, url in zip(_slugs(named), named.values(), strict=True):
        for signal in _MEANINGS.get(slug, ()):
            found.setdefault(signal, url)
    return found


def _names(page: Page) -> dict[str, str]:
    """Path segments and texts of the site's links to itself, each on one line, with the first link that has it."""
    home, _ = _split(page.url)
    origin = _origin(page.url)
    names: dict[str, str] = {}
    own: dict[str, bool] = {}  # by address: menus stand on a page two or three times
    for link in page.links[:MAX_LINKS]:
        if link.url not in own:
            path = _own_path(link.url, origin, home)
            own[link.url] = path is not None
            for segment in path.split("/") if path else ():
                names.setdefault(segment.rsplit(".", 1)[0], link.url)
        if own[link.url]:
            names.setdefault(link.text, link.url)
    return {name: url for name, url in names.items() if 0 < len(name) <= MAX_LINK_CHARS}


def _own_path(url: str, origin: str, home: str) -> str | None:
    """The path of an address on the same site; None for another's."""
    if url.startswith(origin):  # most do, and splitting takes five times as long
        path = url[len(origin) :].partition("?")[0].partition("#")[0]
    else:
        site, path = _split(url)
        if site != home:
            return None
    return unquote(path).replace("\n", "-") if "%" in path else path


def _split(url: str) -> tuple[str, str]:
    """The site and the path of an address."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").removeprefix("www."), parts.path
    except ValueError:
        return "", ""


def _origin(url: str) -> str:
    """How the addresses of the same host begin, up to the path's slash."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/"


def _slugs(names: Collection[str]) -> list[str]:
    """Each name (of one line) in plain lower case with single dashes between its words. All in one go, because
    what has to be called for each name costs more than the work on it."""
    plain = unicodedata.normalize("NFKD", "\n".join(names)).encode("ascii", "ignore")
    dashed = plain.lower().translate(_SEPARATORS)
    while b"--" in dashed:
        dashed = dashed.replace(b"--", b"-")
    return [slug.strip("-") for slug in dashed.decode().split("\n")] if names else []
