"""What the RNE's codes of roles mean: the usual ones; an answer seldom says it in words.

Source: the dictionary of the RNE's data that the INPI publishes with its API (`roleEntreprise`).
"""

from __future__ import annotations

_ROLES = {
    "28": "Gérant et associé indéfiniment et solidairement responsable",
    "29": "Gérant et associé indéfiniment responsable",
    "30": "Gérant",
    "40": "Liquidateur",
    "41": "Associé unique",
    "51": "Président du conseil d'administration",
    "52": "Président du directoire",
    "53": "Directeur général",
    "55": "Dirigeant à l'étranger d'une personne morale étrangère",
    "56": "Dirigeant en France d'une personne morale étrangère",
    "60": "Président du conseil d'administration et directeur général",
    "61": "Président du conseil de surveillance",
    "63": "Membre du directoire",
    "64": "Membre du conseil de surveillance",
    "65": "Administrateur",
    "66": "Personne ayant le pouvoir d'engager à titre habituel la société",
    "69": "Directeur général unique de SA à directoire",
    "70": "Directeur général délégué",
    "71": "Commissaire aux comptes titulaire",
    "72": "Commissaire aux comptes suppléant",
    "73": "Président de SAS",
    "74": "Associé indéfiniment et solidairement responsable",
    "75": "Associé indéfiniment responsable",
    "97": "Mandataire ad hoc",
    "98": "Administrateur provisoire",
    "101": "Entrepreneur",
}


def role_label(code: str | None) -> str | None:
    """`30` → Gérant. None for a code that is not among them."""
    return _ROLES.get(code or "")
