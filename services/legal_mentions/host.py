"""Who hosts the site, in the site's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.legal_mentions.names import read_company
from shared.legal.notice import Notice
from shared.web.cues import Cue
from shared.web.domains import provider_of
from shared.web.folding import fold

_LEAD = re.compile(
    r"(?:[\s:,.'’«»()–—\d-]|\b(?:(?:article|le|la|les|l|ce|cet|this|the|notre|site|website|web|internet|sites|du|de|des|est|is|are|sont|et|and"
    r"|hebergeurs?|hebergements?|hebergee?s?|hosting|hosted|host|provider|serveurs?|stockage|stocke|donnees|assure|assuree|realise|fourni"
    r"|fournie|effectue|par|by|chez|sur|at|on|nom|name|raison|sociale|denomination|prestataire|societe|entreprise|company|d|informations?"
    r"|technique|mutualise|dedie|physiquement|information|identite|adresse|concernant|qui|assurant|dans|data|center|publie)\b))*+"
)
_DOMAIN = re.compile(
    r"(?<![\w@.-])(?:https?://)?(?:www\.)?([a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,30})?\.[a-z]{2,10})(?![\w-])"
)
_ITSELF = Cue(
    r"(?:auto-?heberg|self-?hosted|(?:edite|publie|cree|realise|developpe|concu|gere|exploite|published"
    r"|operated)\w{0,3} (?:et|&|and) (?:est )?"
    r"(?:heberg|hosted))"
)
_CALLED_HOST = re.compile(
    r"^(?P<name>H[ée]berg\w+ [^:,;.\n]{2,50}?) (?:SARL|SASU?|SA|EURL|S\.A\.S|S\.A\.R\.L)\b", re.MULTILINE
)
_SENTENCE = re.compile(r"\b(?:par|chez|est|sur|by|site)\b")
_WINDOW = 400


def host_name(notices: Sequence[Notice]) -> str | None:
    """The first host that a page names, the legal notice's before the others'; None when none does."""
    order = sorted(notices, key=lambda notice: notice.kind != "legal")
    return next((name for notice in order if (name := _named(notice)) is not None), None)


def hosts_itself(notices: Sequence[Notice]) -> bool:
    """Whether a page says that its publisher hosts it."""
    return any(_ITSELF.search(notice.folded) for notice in notices)


def _named(notice: Notice) -> str | None:
    words = "\n".join(text for owner, text in notice.others if owner == "host")[:_WINDOW]
    folded = fold(words)
    for line in _CALLED_HOST.finditer(words):
        if not _SENTENCE.search(fold(line[0])) and (name := read_company(line["name"] + " ")) is not None:
            return name
    lead = _LEAD.match(folded)
    start = lead.end() if lead else 0
    # The lead also takes what stands at a name's start: `1&1`, `La Toile`; look again from its line's last word.
    while start > 0 and words[start - 1] not in " \n:'’«(\"":
        start -= 1
    name = read_company(words[start:], may_be_domain=True)
    if name is not None:
        return name
    return next((domain for match in _DOMAIN.finditer(folded) if (domain := _by_domain(match[1]))), None)


def _by_domain(domain: str) -> str | None:
    provider = provider_of(domain)
    if provider is None or provider.kind not in ("host", "builder"):
        return None
    return domain if provider.name.startswith("Other") else provider.name
