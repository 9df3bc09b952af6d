"""What the publisher is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from services.legal_mentions.evidence import Stated
from services.legal_mentions.forms import Form, without_form
from services.legal_mentions.names import is_name, read_company
from services.legal_mentions.words import STATEMENTS
from shared.legal.notice import Notice
from shared.web.cues import Cue

_CUES: tuple[tuple[int, Cue], ...] = (
    (
        40,
        Cue(
            r"(?<![\w-])(?:raison sociale|denomination(?: sociale| commerciale)?(?! de l)|nom (?:de (?:la societe"
            r"|l'entreprise|l'association"
            r"|l'etablissement)|legal|de l'editeur)|company name|registered name|legal name|legal entity"
            r"|societe editrice)\b",
            STATEMENTS,
        ),
    ),
    (
        35,
        Cue(
            r"(?<![\w-])(?:(?:edite|publie|exploite|propose|gere|administre)e?s?(?: et [a-z ]{3,30})? par"
            r"|(?:est )?la propriete(?: exclusive)? de"
            r"|(?:published|operated|owned|edited|run)(?: and [a-z ]{3,20})? by|is the property of)(?![\w-])",
            STATEMENTS,
        ),
    ),
    (
        30,
        Cue(
            r"(?<![\w-])(?:editeur(?: (?:du|de ce) site(?: (?:internet|web))?| et proprietaire| de la publication)?"
            r"|proprietaire(?: (?:du|de ce) site)?"
            r"|(?:website )?publisher|site owner|edition(?: du site)?|identite de l'editeur"
            r"|propriete du site)(?: est| is)?(?=\s?[:\n–-]| (?:la|l'|est|is)\b)",
            STATEMENTS,
        ),
    ),
    (22, Cue(r"(?<![\w-])(?:(?:la |l')(?:societe|entreprise|association)|the company)(?= [^\s])", STATEMENTS)),
)
_BESIDE_FORM = 20
_BEFORE_FORM = 80
_CAPITAL_LATER = re.compile(r"au capital|capital social|r\.?c\.?s|sire[nt]|immatricul|siege|registered")


def company_names(notice: Notice, page: int, forms: Sequence[Form]) -> Iterator[Stated[str]]:
    """Every name that a notice may give its publisher, with how plainly. Linear."""
    for strength, pattern in _CUES:
        for cue in pattern.finditer(notice.folded):
            name = read_company(notice.text[cue.end() : cue.end() + 200])
            if name is not None:
                yield Stated(name, page, cue.end() + len(name), strength)
    for start, end, _ in forms:
        name = _beside(notice, start, end)
        if name is not None:
            yield Stated(name, page, end, _BESIDE_FORM)


def _beside(notice: Notice, start: int, end: int) -> str | None:
    """`SARL Lemoine` or `Lemoine, société par actions simplifiée`, where a company's particulars follow."""
    if not _CAPITAL_LATER.search(notice.folded, end, end + 200):
        return None
    after = notice.text[end : end + 100]
    if re.match(r" [A-ZÀ-Ý«\"0-9]", after) and (name := read_company(after)) is not None:
        return name
    # A form may begin the line after the name's.
    before = notice.text[max(0, start - _BEFORE_FORM) : start].rstrip(" ,(–-\n").rpartition("\n")[2]
    before = re.sub(r",? ?(?:une? |est une? |[-–—] ?)?$", "", before)
    name = re.split(r"[.;:|•,(]\s|\b(?:société|par|est|la|the|by) |\s[–—-]\s", before)[-1]
    name = without_form(name.strip(' «»"-–.:'))
    return name if name[:1].isupper() and is_name(name) else None
