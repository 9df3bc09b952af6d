"""Pages that nobody writes, and pages of megabytes."""

from hypothesis import strategies as st

from shared.web.page import Page
from shared.web.site_pages import SitePage
from tests import timing

# fmt: off
_WORDS = st.sampled_from(
    [
        "éditeur", "hébergeur", "SIREN", "SIRET", "RCS", "Lyon", "000", "123", "455", "FR", "06", "04", "65", "71",
        "10", "02", "+33", "Tél", "Fax", ":", ".", ",", "-", "€", "capital", "au", "de", "dix", "mille", "SARL",
        "SA", "Président", "gérant", "Paul", "Lemoine", "représentée", "par", "69002", "rue", "12", "bis", "<p>",
        "</p>", "<br>", "<h2>", "</h2>", "<footer>", "[", "]", "XXX", "É", "ß", "İ", "<!--", "&nbsp;", "&#0;",
        '<a href="tel:04">', "</a>", "\u00a0", "\u202f", "\x00", '<script type="application/ld+json">',
        '{"@type":"Store","telephone":[1,null]}', "</script>",
    ]
)
# fmt: on
soup = st.one_of(st.text(max_size=300), st.lists(_WORDS, max_size=120).map(" ".join))
"""Texts of any characters, and of those that mean something here in any order."""

_SMALL = 40_000
_REPEATED = {
    "prose": "<p>Le site est édité par la société Atelier Lemoine, SARL au capital de 10 000 €, RCS Lyon 000 123 455.</p>",
    "numbers": "SIRET 000 123 456 00012 04 65 71 10 0",
    "labels": "éditeur : hébergeur : président : représentée par ",
    "capitals": "Jean-De La D'E ",
    "digits": "1",
    "spaces": " \u00a0",
    "tags": "<b>capital de <i>",
}


def pages(texts):
    """A site of these pages: home, legal notice, contact."""
    kinds = ("home", "legal", "contact")
    return [
        SitePage(kind, Page(f"https://www.exemple.fr/{kind}", 200, [], text))
        for kind, text in zip(kinds, texts, strict=False)
    ]


def assert_linear(extract, kind):
    """Sixteen times the page takes no more than sixty-four times the time (what is quadratic takes 256 times), and
    a page of megabytes follows the same line."""
    once = _REPEATED[kind]

    def run(length):
        extract(pages(["", once * (length // len(once))]))

    timing.assert_linear(run, small=_SMALL, times=16, at_most=64)
    timing.assert_linear(run, small=_SMALL, times=125, at_most=1000)
