"""What a company's legal form and trade say about whether it is what a lead's name speaks of."""

from __future__ import annotations

from services.legal_data.company import Company, Establishment
from services.legal_data.names import Name

OTHER_FORM = 0.85
"""Companies change their form, and leads name it wrongly."""
OTHER_TRADE = 0.85
"""Registers keep what a company said it would do when it was founded."""
OWNER = 0.7
"""A company that owns, lets or finances is seldom what bears its sign, and has its name and address."""
_FORM_FAMILIES = {
    "sel": ("5385", "5485", "5585", "5685", "5785"),
    "cooperative": ("5458", "5558", "5658"),
    "sci": ("6539", "654"),
    "scp": ("656", "657", "6585"),
    "scm": ("6589",),
    "farm": ("6533", "6597", "6598"),
    "gie": ("622",),
    "snc": ("52",),
    "sarl": ("54",),
    "sa": ("55", "56"),
    "sas": ("57",),
    "association": ("92",),
    "ei": ("1",),
}
"""By how their catégories juridiques begin; the first family that has one."""
_OWNER_NAF = ("68.2", "64.2", "70.10")
_OWNER_FORMS = frozenset({"sci"})


def kind_of(given: Name, matched: Name | None, company: Company, place: Establishment | None) -> float:
    """What legal form and trade count; the one that speaks most against it."""
    form = form_family(company.legal_form)
    naf = (place.naf if place is not None else None) or company.naf
    against = [1.0]
    owns = form in _OWNER_FORMS or (naf or "").startswith(_OWNER_NAF)
    if owns and not given.owner and given.form not in _OWNER_FORMS:
        against.append(OWNER)
    if given.form and form and given.form != form:
        against.append(OWNER if given.form in _OWNER_FORMS else OTHER_FORM)
    if _is_other_trade(given, matched, naf):
        against.append(OTHER_TRADE)
    return min(against)


def _is_other_trade(given: Name, matched: Name | None, naf: str | None) -> bool:
    wanted = tuple(code for codes in given.trades for code in codes)
    if not wanted:
        return False
    if naf is not None:
        return not naf.startswith(wanted)
    theirs = [code for codes in matched.trades for code in codes] if matched is not None else []
    return bool(theirs) and not any(
        one.startswith(other) or other.startswith(one) for one in wanted for other in theirs
    )


def form_family(code: str | None) -> str | None:
    """`5498` → sarl; None for public bodies and the like, which leads do not name by their form."""
    return next((family for family, starts in _FORM_FAMILIES.items() if (code or "").startswith(starts)), None)
