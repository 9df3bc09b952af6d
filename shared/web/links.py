"""Finding a site's contact, legal, about, pricing and terms pages from the links of its home page."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import unquote, urlsplit

import msgspec

from shared.net.errors import FetchError
from shared.net.url import normalise_url
from shared.web.domains import host_of, same_site
from shared.web.folding import fold
from shared.web.outline import Block, PlacedLink, Region

Kind = Literal["home", "contact", "legal", "about", "pricing", "terms", "privacy", "other"]


class _Rule(msgspec.Struct, frozen=True):
    kind: Kind
    text: re.Pattern[str]
    """What the link reads, folded: the whole of it is the best sign, a part a good one."""
    path: re.Pattern[str]
    """One segment of its path, folded, without an ending such as `.html`."""
    region: Region


def _rule(kind: Kind, text: str, path: str, region: Region) -> _Rule:
    return _Rule(kind, re.compile(rf"(?<![\w-])(?:{text})(?![\w-])"), re.compile(rf"(?:[\w-]*?[-_.])?(?:{path})(?:[-_.]\w{{1,14}}){{0,3}}|p\d+-(?:{path})"), region)


_RULES = (
    _rule(
        "contact",
        r"(?:page )?contact(?:ez|er)?(?:[- ](?:nous|us))?|contacts|nous (?:contacter|ecrire|joindre|trouver|rejoindre)|get in touch|reach us"
        r"|coordonnees|(?:contact|acces)(?: et| &|,) (?:contact|acces|horaires|devis|plan d'acces|infos?)|formulaire de contact|ecrivez[- ]nous|kontakt|contatti|contacto",
        r"contact|contacts|contactez|contacter|contact-?us|contacteznous|nous-?contacter|contactez-?nous|coordonnees|nous-?trouver|nous-?ecrire"
        r"|nous-?joindre|acces|kontakt|get-in-touch",
        "nav",
    ),
    _rule(
        "legal",
        r"mentions? legales?|informations? legales?|infos? legales?|notice legale|legal (?:notices?|mentions?|information|info)|legal|imprint|impressum"
        r"|mentions(?: et credits)?|aspects legaux|note legali|aviso legal|editeur du site|a propos du site",
        r"mentions?[-_]?legales?|mentions|mention|legal|legals|legales|informations?[-_]legales?|infos?[-_]legales?|legal[-_](?:notices?|mentions?|information|info)"
        r"|notice[-_]legale|imprint|impressum|mentionslegales|ml|mlegales",
        "footer",
    ),
    _rule(
        "about",
        r"a propos(?: de nous)?|qui sommes[- ]nous|qui suis[- ]je|about(?: us| me)?|notre (?:histoire|equipe|entreprise|societe|cabinet|agence|maison|etude|philosophie)"
        r"|l'(?:equipe|entreprise|agence|association|etude|office|atelier)|le cabinet|la societe|the company|our (?:team|story|company)|nos equipes"
        r"|team|equipe|presentation|company|uber uns",
        r"a[-_]?propos|apropos|qui[-_]sommes[-_]nous|quisommesnous|qui[-_]suis[-_]je|about|aboutus|equipe|lequipe|team|presentation|notre[-_]histoire|histoire|entreprise"
        r"|societe|cabinet|le-cabinet|our[-_]story|company",
        "nav",
    ),
    _rule(
        "pricing",
        r"(?:nos |les |mes )?tarifs?|tarification|grille tarifaire|(?:nos |les )?prix|pricing|prices|plans?(?: (?:&|and|et) (?:pricing|tarifs|prix))?"
        r"|(?:nos )?(?:formules|abonnements|forfaits)|(?:prestations?|services?) (?:et|&) tarifs|tarifs (?:et|&) \w+|rates|fees|honoraires|nos offres|offres",
        r"tarifs?|tarification|nos-tarifs|prix|pricing|prices|plans?|formules?|abonnements?|forfaits?|offres?|honoraires|rates|fees",
        "nav",
    ),
    _rule(
        "terms",
        r"cgv|cgu|conditions? generales?(?: de vente| d'utilisation)?|terms(?: (?:of|and|&) \w+)*|conditions? (?:de vente|d'utilisation)|agb",
        r"cgv|cgu|cgv[-_]cgu|conditions?[-_]generales?|terms|terms-of-service|tos|conditions|conditions-de-vente|conditions-utilisation",
        "footer",
    ),
    _rule(
        "privacy",
        r"(?:politique (?:de |des? )?)?(?:confidentialite|donnees personnelles|vie privee|protection des donnees)|privacy(?: (?:policy|notice))?|rgpd|gdpr",
        r"confidentialite|politique-de-confidentialite|donnees-personnelles|vie-privee|privacy|privacy-policy|rgpd|gdpr",
        "footer",
    ),
)
_GUESSES: dict[Kind, tuple[str, ...]] = {
    "contact": ("/contact",),
    "legal": ("/mentions-legales", "/legal"),
    "about": ("/a-propos",),
    "pricing": ("/tarifs", "/pricing"),
    "terms": ("/cgv",),
}
_NO_PAGE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|zip|rar|7z|gz|tgz|jpe?g|png|gif|webp|svg|avif|ico|mp[34]|webm|mov|avi|ics|vcf|xml|rss|json|css|js|txt|csv|exe|dmg|apk)$",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"/(?:blog|actualites?|actus?|news|articles?|posts?|produits?|products?|boutique|shop|collections?|categor(?:y|ie|ies)|tags?|author|cart|panier"
    r"|compte|account|login|wp-login|wp-admin|feed|search|recherche|agenda|evenements?|events?)(?:/|$)|/(?:19|20)\d\d/|/\d{4}-\d\d"
)
"""Where words of our kinds stand in titles of articles and names of products: `/blog/contact-lenses`."""
_ENDING = re.compile(r"\.(?:html?|php\d?|aspx?|jsp|cfm|shtml)$")
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|msclkid|mc_[ce]id|_ga)=[^&]*&?")
_MAX_LINKS = 3000
_MAX_TEXT = 60
"""Longer texts are sentences that mention a page, not its name."""


class Candidate(msgspec.Struct, frozen=True):
    """An address that may be the site's page of a kind."""

    kind: Kind
    url: str
    """Normalised: the same for every module, so that the page cache has it once."""
    score: int


def find_pages(home: str, blocks: Iterable[Block]) -> dict[Kind, list[str]]:
    """Addresses on the same site for every kind, the likeliest first, from the links of the page at `home`.

    One address is at most one kind's. The same links give the same answer. Pure.
    """
    best: dict[str, Candidate] = {}
    links = ((link, block) for block in blocks for link in block.links)
    for link, block in itertools.islice(links, _MAX_LINKS):
        address = same_site_page(home, link.url)
        if address is None:
            continue
        for rule in _RULES:
            score = _score(rule, link, block, address)
            if score and (address not in best or score > best[address].score):
                best[address] = Candidate(rule.kind, address, score)
    return _ranked(best.values())


def classify(home: str, addresses: Iterable[str]) -> dict[Kind, list[str]]:
    """The same for bare addresses, those of a sitemap; what is of no kind comes under `other`, shortest path first."""
    best: dict[str, Candidate] = {}
    for url in addresses:
        address = same_site_page(home, url)
        if address is None or address in best:
            continue
        scores = [(by_path, rule.kind) for rule in _RULES if (by_path := _path_score(rule, address))]
        by_path, kind = max(scores, key=lambda one: one[0], default=(0, "other"))
        best[address] = Candidate(kind, address, by_path - address.count("/") - len(address) // 40)
    return _ranked(best.values())


def guesses(home: str, kind: Kind) -> list[str]:
    """Addresses where the page of a kind often is, for a site that links to none."""
    parts = urlsplit(home)
    return [f"{parts.scheme}://{parts.netloc}{path}" for path in _GUESSES.get(kind, ())]


def same_site_page(home: str, url: str) -> str | None:
    """The address in the one spelling all modules fetch, when it is another page of the same site; else None."""
    if not url.startswith(("http://", "https://")) or len(url) > 500:
        return None
    if not same_site(host_of(url), host_of(home)):
        return None
    base, question, query = url.partition("#")[0].partition("?")
    query = _TRACKING.sub("", query).strip("&")
    if _NO_PAGE.search(base):
        return None
    try:
        address = normalise_url(f"{base}?{query}" if question and query else base)
        return None if address.rstrip("/") == normalise_url(home).partition("?")[0].rstrip("/") else address
    except FetchError:
        return None


def _score(rule: _Rule, link: PlacedLink, block: Block, address: str) -> int:
    by_text = 0
    text = fold(link.text or link.hint).strip(" .:>»›→-|•*")
    if 0 < len(text) <= _MAX_TEXT and (found := rule.text.search(text)):
        by_text = 60 if found[0] == text else 40 if found.start() == 0 else 25
    score = by_text + _path_score(rule, address)
    if not score:
        return 0
    if block.region == rule.region or (rule.region == "nav" and block.region == "header"):
        score += 8
    return max(1, score - 2 * address.count("/"))


def _path_score(rule: _Rule, address: str) -> int:
    path = fold(unquote(urlsplit(address).path)).rstrip("/")
    if _ELSEWHERE.search(path):
        return 0
    segment = _ENDING.sub("", path.rpartition("/")[2])
    if not segment or len(segment) > 50:
        return 0
    if not rule.path.fullmatch(segment):
        return 0
    return 50 if len(segment) < 24 else 35


def _ranked(candidates: Iterable[Candidate]) -> dict[Kind, list[str]]:
    pages: dict[Kind, list[str]] = {}
    for one in sorted(candidates, key=lambda one: (-one.score, len(one.url), one.url)):
        pages.setdefault(one.kind, []).append(one.url)
    return pages
