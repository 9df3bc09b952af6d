"""Which of a site's company numbers is the publisher's.

Each number that a context word makes one is a mention. It is weighed by whose words it stands in, which page that is,
what stands before it, and whether the site's own name does; mentions of one company support each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rapidfuzz import fuzz

from shared.legal.notice import Notice
from shared.legal.numbers import CompanyNumber, Form, company_numbers
from shared.web.domains import host_of, provider_of, provider_sirens, registrable
from shared.web.folding import fold
from shared.web.links import Kind

_LABEL_BEFORE = 90
_LABEL_AFTER = 25
_LABEL = re.compile(
    r"(?P<yes>sire[nt]|r\.? ?c\.? ?s\.?(?![a-z])|rcs[ab]|tva|t\.v\.a|\bv\.?a\.?t\b|immatricul|registre|repertoire"
    r"|\brm(?![a-z])|\br\.m\."
    r"|\brne\b|\bregist(?:ered|ration|ry)|company n|business n|identifi|insee|intracom|n° (?:d')?entreprise)"
    r"|(?P<no>\btel\b|telephone|\bphone|\bfax\b|telecopie|mobile|portable|\biban\b|\bbic\b|\brib\b|\borias\b|\brpps\b|\badeli\b"
    r"|finess|\bcarte\b|\bcpi\b|\bduns\b|agrement|licence|license|\bcnil\b|\bpolice\b|\bcontrat\b|declaration|\bnda\b|\bordre\b"
    r"|\bcompte\b|dossier|activite n|commande|reference|\bisbn\b|\brna\b|brevet|marque)"
)
_REGISTER_AFTER = re.compile(r"[\s,:(\-–—/|]{0,4}(?:r\.? ?c\.? ?s(?![a-z])|rm(?![a-z])|au r\.?c|\(?sire[nt])")
_PUBLISHER = re.compile(
    r"edit(?:e|ee|eur|ion|rice)\b|publie|publisher|published|proprietaire|propriete d|siege social"
    r"|directeur de la publication|"
    r"raison sociale|denomination|exploite par|mentions legales|legal notice|operated by|owned by|qui sommes"
    r"|presentation du site"
)
_SOMEBODY_ELSE = re.compile(
    r"assurances? (?:decennale|responsabilite|professionnelle|rc\b|civile|souscrite|:)|assureur|assuree? (?:aupres"
    r"|par)|garantie financiere"
    r"|caisse de garantie|mediat(?:eur|ion)|(?:du|au) groupe\b|filiale|maison mere|\bpartenaires?\b|franchis"
    r"|sous-traitan"
    r"|prestataires? de (?:paiement|service)|payment (?:provider|processor)|services? de paiement|parent company"
    r"|insurance (?:policy|:)|insurer|subsidiar|licence de marque|clients?\b.{0,20}confiance"
)
_BEFORE = 200
_NEAR = 160
_KIND_WEIGHTS: dict[Kind, int] = {"legal": 20, "terms": 12, "privacy": 8, "home": 10, "contact": 10, "about": 6}
_OWNER_WEIGHTS = {"publisher": 25, "director": 8, "dpo": 2}
_CUE, _NAMED, _ELSE, _AGAIN, _STRUCTURED = 12, 22, 32, 6, 18
_CLEAR = 30
"""Above it something names the publisher; below, several companies on a page are a list of customers or shops."""
_SEVERAL = 3
_WORDS = re.compile(r"[^a-z0-9]+")
_ORGANISATION = re.compile(
    r"organi[sz]ation|business|store|corporation|shop|restaurant|hotel|service|agency|person", re.IGNORECASE
)


class Mention(msgspec.Struct, frozen=True):
    """A number that may be the publisher's, and where it stands."""

    siren: str
    siret: str | None
    form: Form
    page: int
    """Index of the notice."""
    at: int
    """Offset in it; -1: in structured data."""
    score: int


class Publisher(msgspec.Struct, frozen=True):
    """The company behind a site."""

    siren: str
    siret: str | None
    mention: Mention
    """The best of its mentions."""


def site_names(url: str, nom: str | None = None) -> list[str]:
    """How the publisher may be called, letters and digits only: the domain's own label, the lead's name."""
    domain = registrable(host_of(url)).partition(".")[0]
    names = (_bare(domain), _bare(nom or ""))
    return [name for name in names if len(name) >= 4]


def is_named(names: Sequence[str], text: str) -> bool:
    """Whether one of `site_names` stands in a text, or most of a long one does."""
    bare = _bare(text)
    if any(name in bare for name in names):
        return True
    return any(len(name) >= 8 and fuzz.partial_ratio(name, bare) >= 85 for name in names)


def mentions(pages: Sequence[Notice], nom: str | None = None) -> list[Mention]:
    """All numbers that are said to be a company's and are no provider's, in order."""
    if not pages:
        return []
    names = site_names(pages[0].url, nom)
    others = frozenset() if provider_of(host_of(pages[0].url)) else provider_sirens()
    return [
        Mention(number.siren, number.siret, number.form, index, number.start, weigh(notice, number.start, names))
        for index, notice in enumerate(pages)
        for number in notice.numbers
        if number.siren not in others and _has_context(notice, number)
    ]


def structured_mentions(data: Sequence[Sequence[dict[str, Any]]]) -> list[Mention]:
    """What the pages' JSON-LD says of the organisation: vatID, taxID, identifier, iso6523Code."""
    found = []
    for index, objects in enumerate(data):
        for one in objects:
            if not _ORGANISATION.search(str(one.get("@type", ""))):
                continue
            for value in _identifiers(one):
                found += [
                    Mention(number.siren, number.siret, number.form, index, -1, _STRUCTURED)
                    for number in company_numbers(fold(value[:80]))
                ]
    return found


def choose(candidates: Sequence[Mention]) -> Publisher | None:
    """The company that is best supported; None when there is none or no telling. Ties: the first. Pure."""
    by_siren: dict[str, list[Mention]] = {}
    for mention in candidates:
        by_siren.setdefault(mention.siren, []).append(mention)
    ranked = sorted(by_siren.values(), key=_strength, reverse=True)  # stable: the first stays the first
    if not ranked or _strength(ranked[0]) < 0:
        return None
    if (
        len(ranked) >= _SEVERAL
        and _strength(ranked[0]) < _CLEAR
        and _strength(ranked[0]) - _strength(ranked[2]) <= _AGAIN
    ):
        return None
    own = ranked[0]
    best = max(own, key=lambda mention: (mention.at >= 0, mention.score))
    siret = max((mention for mention in own if mention.siret), key=lambda mention: mention.score, default=None)
    return Publisher(best.siren, siret.siret if siret else None, best)


def find_publisher(
    pages: Sequence[Notice], data: Sequence[Sequence[dict[str, Any]]], nom: str | None
) -> Publisher | None:
    """Who publishes the site, by what its pages say. `data`: each page's JSON-LD objects."""
    return choose([*mentions(pages, nom), *structured_mentions(data)])


def _strength(own: Sequence[Mention]) -> int:
    forms = {mention.form for mention in own}
    return max(mention.score for mention in own) + _AGAIN * (len(forms) - 1)


def _has_context(notice: Notice, number: CompanyNumber) -> bool:
    if number.form == "vat":
        return True
    first, last = notice.passage(number.start)
    before = notice.folded[max(first, number.start - _LABEL_BEFORE) : number.start]
    after = notice.folded[number.end : min(last, number.end + _LABEL_AFTER)]
    if _REGISTER_AFTER.match(after):
        return True
    labels = [label.lastgroup for label in _LABEL.finditer(before)]
    return labels[-1:] == ["yes"]


def weigh(notice: Notice, at: int, names: Sequence[str]) -> int:
    """How much speaks for the words at an offset being about the publisher; below 0 they are likely about another.

    `names`: those of `site_names`. Linear in a few hundred characters.
    """
    before = _before(notice, at)
    cue = _last(_PUBLISHER, before)
    score = _KIND_WEIGHTS.get(notice.kind, 0) + _OWNER_WEIGHTS.get(notice.owner_at(at), 0)
    score += _CUE if cue >= 0 else 0
    score += _NAMED if is_named(names, before[-_NEAR:]) else 0
    return score - (_ELSE if is_about_another(notice, at) else 0)


def is_about_another(notice: Notice, at: int) -> bool:
    """Whether the last party named before an offset is an insurer, a group, a partner."""
    before = _before(notice, at)
    # `filiale du groupe X` before `le site est édité par` says nothing; after it, it does.
    return _last(_SOMEBODY_ELSE, before) > _last(_PUBLISHER, before)


def _before(notice: Notice, at: int) -> str:
    first, _ = notice.passage(at)
    return notice.folded[max(first, at - _BEFORE) : at]


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.start() for match in pattern.finditer(text)), default=-1)


def _identifiers(one: dict[str, Any]) -> Iterator[str]:
    for key in ("vatID", "taxID", "identifier", "iso6523Code"):
        values = one.get(key)
        for value in (values if isinstance(values, list) else [values])[:10]:
            stated = value.get("value") if isinstance(value, dict) else value
            if isinstance(stated, str | int):
                text = str(stated)
                yield text.partition(":")[2] if key == "iso6523Code" else text


def _bare(text: str) -> str:
    return _WORDS.sub("", fold(text))
