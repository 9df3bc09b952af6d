"""Columns, business signals, technical metadata."""

from __future__ import annotations

import msgspec
import pytest

from services.techstack.columns import flat_columns
from services.techstack.detect import analyse, detect
from services.techstack.evidence import PageEvidence
from shared.net.response import Response, TlsInfo
from shared.web.page import Page
from tests.unit.techstack.saved import saved

EMPTY = {"tech_cms": None, "tech_analytics": None, "tech_ads_pixels": None}


def columns_of(*names, html=""):
    parts = [saved("positive")[name].evidence() for name in names]
    evidence = PageEvidence(
        url="https://a.example/",
        headers={k: v for part in parts for k, v in part.headers.items()},
        cookies={k: v for part in parts for k, v in part.cookies.items()},
        meta={"generator": [v for part in parts for v in part.meta.get("generator", [])]},
        scripts=[url for part in parts for url in part.scripts],
        inline_scripts=[text for part in parts for text in part.inline_scripts],
        html=html + "".join(part.html for part in parts),
    )
    return flat_columns(detect(evidence))


def signals_of(body, url="https://www.exemple.fr/"):
    _, report = analyse(Page(url, 200, [], f"<html lang=fr><body>{body}</body></html>"))
    return {signal.slug for signal in report.signals if signal.present}


def test_no_signal_no_columns():
    assert columns_of() == EMPTY
    assert columns_of("nginx", "jquery", "gtm") == EMPTY


@pytest.mark.parametrize(
    ("names", "primary"),
    [
        (["woocommerce"], "wordpress"),
        (["elementor"], "wordpress"),
        (["prestashop"], "prestashop"),
        (["shopify"], "shopify"),
        (["webflow"], "webflow"),
        (["wix", "wordpress"], "wordpress"),
        (["wix", "ecwid"], "ecwid"),
        (["shopify_buy_button", "webflow"], "webflow"),
        (["hubspot"], None),
    ],
)
def test_the_primary_cms(names, primary):
    assert columns_of(*names)["tech_cms"] == primary


def test_columns_have_one_order():
    assert (
        columns_of("tiktok", "linkedin", "google_ads", "meta")["tech_ads_pixels"]
        == "meta, google_ads, linkedin, tiktok"
    )
    assert columns_of("plausible", "matomo", "ga4")["tech_analytics"] == "ga4, matomo, plausible"


def test_piwik_pro_is_not_matomo():
    assert columns_of("piwik_pro")["tech_analytics"] == "piwik_pro"


def test_three_levels():
    _, report = analyse(saved("sites")["savonnerie"].page())
    cms = report.categories[0]
    assert (cms.slug, cms.label.fr) == ("cms", "Gestion de contenu")
    (wordpress,) = cms.technologies
    assert (wordpress.name, wordpress.version, wordpress.confidence) == ("WordPress", "6.5.2", 100)
    assert "elementor" in wordpress.implied_by
    generator = next(line for line in wordpress.evidence if line.where == "meta")
    assert (generator.name, generator.matched, generator.version) == ("generator", "WordPress 6.5.2", "6.5.2")
    assert msgspec.json.decode(msgspec.json.encode(report))["categories"][0]["technologies"][0]["slug"] == "wordpress"


def test_the_report_of_a_shop():
    _, report = analyse(saved("sites")["savonnerie"].page())
    signals = {signal.slug: signal.because for signal in report.signals if signal.present}
    assert signals == {
        "sells_online": "WooCommerce",
        "takes_payments": "Stripe",
        "recruits": "https://www.savonnerie-du-vallon.fr/notre-atelier/nous-rejoindre/",
        "multi_language": "WPML",
        "consent_banner": "Axeptio",
        "newsletter": '<form method="POST" action="https://0b1c22.sibforms.com/serve/MUIEAbCd">',
        "advertises": "Meta Pixel",
        "measures_audience": "Google Analytics 4",
        "manages_customers": "Brevo",
        "customer_area": "https://www.savonnerie-du-vallon.fr/mon-compte/",
    }


@pytest.mark.parametrize(
    ("body", "signal"),
    [
        ('<a href="/panier">2 articles</a>', "sells_online"),
        ('<a href="/page-12">Réserver une table</a>', "takes_bookings"),
        ('<a href="/prendre-rendez-vous.html">Je viens</a>', "takes_bookings"),
        ('<a href="/p?id=3">Nous recrutons</a>', "recruits"),
        ('<a href="https://carrieres.exemple.fr/jobs">x</a>', None),
        ('<a href="/demande-de-devis/">Tarifs</a>', "quote_request"),
        ('<a href="/p">Demander un devis gratuit</a>', "quote_request"),
        ('<a href="/espace-client/">x</a>', "customer_area"),
        ('<form><textarea name="message"></textarea></form>', "contact_form"),
        ('<form class="js-newsletter"><input type="email"></form>', "newsletter"),
        ('<a href="/actualites/">Nos actualités</a>', "blog"),
        (
            '<link rel="alternate" hreflang="fr" href="/"><link rel="alternate" hreflang="en-GB" href="/en">',
            "multi_language",
        ),
    ],
)
def test_signals_from_the_page(body, signal):
    assert signals_of(body) == ({signal} if signal else set())


@pytest.mark.parametrize(
    "body",
    [
        '<a href="/blog-de-l-emploi/10-conseils">Comment réussir son recrutement en temps de crise</a>',
        '<a href="https://autre.example/panier">Boutique d\'un ami</a>',
        "<p>Nous ne prenons pas de réservation, et n'avons ni panier ni newsletter.</p>",
        '<link rel="alternate" hreflang="fr" href="/"><link rel="alternate" hreflang="fr-BE" href="/be">',
        '<link rel="alternate" hreflang="x-default" href="/"><link rel="alternate" hreflang="fr" href="/">',
        '<a href="http://[::1">x</a><a href="">y</a>',
    ],
)
def test_no_signals_from_look_alikes(body):
    assert signals_of(body) == set()


def test_technical_metadata():
    response = Response(
        requested_url="http://exemple.fr",
        url="https://www.exemple.fr/",
        status=200,
        headers=[
            ("server", "nginx/1.24.0"),
            ("content-type", "text/html; charset=utf-8"),
            ("x-powered-by", "PHP/8.2.18"),
        ],
        body="<html lang='fr-FR'><title>Été</title><script src='/a.js'></script>".encode(),
        http_version="HTTP/1.1",
        elapsed_ms=182,
        redirects=["https://exemple.fr/", "https://www.exemple.fr/"],
        tls=TlsInfo("TLSv1.3", "Let's Encrypt", "2027-01-02T00:00:00+00:00"),
        ip="192.0.2.1",
        fetched_at="2026-11-22T10:00:00+00:00",
    )
    _, report = analyse(Page.from_response(response), response)
    assert msgspec.to_builtins(report.technical) == {
        "final_url": "https://www.exemple.fr/",
        "status": 200,
        "redirects": 2,
        "server": "nginx/1.24.0",
        "powered_by": "PHP/8.2.18",
        "http_version": "HTTP/1.1",
        "tls": {"version": "TLSv1.3", "issuer": "Let's Encrypt", "not_after": "2027-01-02T00:00:00+00:00"},
        "response_ms": 182,
        "page_bytes": len(response.body),
        "scripts": 1,
        "stylesheets": 0,
        "title": "Été",
        "language": "fr-FR",
        "gtm_containers": 0,
        "complete": True,
    }


def test_without_a_response_the_connection_is_unknown():
    _, report = analyse(Page("https://a.example/", 200, [], "<p>é"))
    technical = report.technical
    assert (technical.http_version, technical.tls, technical.response_ms, technical.page_bytes) == (None, None, None, 5)
