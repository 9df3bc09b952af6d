"""Hostile pages: an answer always, in time that grows with the page and no faster."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.manifest import load_manifests
from services.pricing.extract import extract
from services.pricing.plans import MOST_PLANS
from shared.web.page import Page
from shared.web.site_pages import SitePage
from tests.timing import assert_linear

PARTS = [
    *(
        "<div>",
        "</div>",
        "<div class='card'>",
        "<h3>",
        "</h3>",
        "<li>",
        "<tr>",
        "<td>",
        "<th>",
        "<table>",
        "</table>",
        "<dl><dt>",
        "<dd>",
    ),
    *(
        "<s>",
        "<sup>",
        "<br>",
        "<script type='application/ld+json'>",
        "<script type='application/json'>",
        "</script>",
        "<!--",
        "<p hidden>",
    ),
    *(
        "29 €",
        "€",
        "$9",
        "1 299,00",
        "Gratuit",
        "Sur devis",
        "/mois",
        "par an",
        "à partir de ",
        "Pro",
        "1'",
        "\u202f",
        "ß",
        "\x00",
        "-",
        "+",
    ),
    *(
        '{"offers":',
        '{"@type":"Offer","price":"9","priceCurrency":"EUR"}',
        '{"plans":[',
        "]",
        "}",
        "٣ €",
        "²€",
        "9" * 30 + "€",
        "İ 5 €",
        "1e9 €",
    ),
]


def found_on(html):
    pages = [SitePage(kind, Page(f"https://exemple.fr/{kind}", 200, [], html)) for kind in ("home", "pricing")]
    return extract(pages)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=6), max_size=80).map("".join))
def test_any_page_has_an_answer(html):
    found = found_on(html)
    assert list(found) == load_manifests()["pricing"].columns
    amount = found["price_amount"]
    assert (amount is None) == (found["price_confidence"] is None) == (found["price_source_url"] is None)
    assert amount is None or (math.isfinite(amount) and 0 <= amount < 10_000_000)
    assert len(found["price_plans"] or ()) <= MOST_PLANS
    assert all(plan["name"] for plan in found["price_plans"] or ())


@pytest.mark.parametrize(
    "atom",
    [
        *(
            "<div>29 €",
            "<p>5 €</p>",
            "€ ",
            "1 ",
            "12.345 ",
            "<li>a 5 €</li>",
            "<s>",
            "$9 ",
            "29\n",
            "<table><tr><td>5 €",
            "<h3>a</h3>5 €",
        ),
        *(
            "Gratuit<br>",
            "<dt>a<dd>5 €",
            "/mois ",
            "économisez ",
            "à partir de ",
            "_",
            "...",
            "5 à 6 €",
            "<td>5 €</td>",
            "€€€",
            "1,",
            "par ",
        ),
        *(
            '<script type="application/json">[',
            '{"offers":',
            "<div class='a'><h2>x</h2>5 €</div>",
            "<p>x 5 €<br>y 6 €</p>",
        ),
    ],
)
def test_time_grows_with_the_page(atom):
    def run(size):
        found_on("€" + atom * (size // len(atom)))

    assert_linear(run, small=40_000, times=8, at_most=40)
