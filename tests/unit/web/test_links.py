"""Which page of a site is which."""

from __future__ import annotations

import pytest

from shared.web.links import classify, find_pages, guesses, same_site_page
from shared.web.outline import outline
from shared.web.page import Page

HOME = "https://www.lemoine.fr/"


def found(html: str, home: str = HOME):
    page = Page(home, 200, [], html)
    return find_pages(home, outline(page))


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ('<a href="/nous-contacter/">Nous contacter</a>', "contact"),
        ('<a href="/page12">Contactez-nous</a>', "contact"),
        ('<a href="/p4-contact.html">Accès &amp; horaires</a>', "contact"),
        ('<a href="/contact" title="Contact"><img src="m.png" alt=""></a>', "contact"),
        ('<a href="/get-in-touch">Get in touch</a>', "contact"),
        ('<a href="/mentions-legales">Mentions légales</a>', "legal"),
        ('<a href="/ml.php">MENTIONS LÉGALES</a>', "legal"),
        ('<a href="/index.php?id=7">Informations légales</a>', "legal"),
        ('<a href="/imprint">Imprint</a>', "legal"),
        ('<a href="/legal-notice">Legal notice</a>', "legal"),
        ('<a href="/content/2-mentions-legales">Mentions</a>', "legal"),
        ('<a href="/qui-sommes-nous">La maison</a>', "about"),
        ('<a href="/x">À propos</a>', "about"),
        ('<a href="/about-us">About us</a>', "about"),
        ('<a href="/tarifs">Nos tarifs</a>', "pricing"),
        ('<a href="/pricing">Plans</a>', "pricing"),
        ('<a href="/cgv">CGV</a>', "terms"),
        ('<a href="/politique-de-confidentialite">Confidentialité</a>', "privacy"),
        ('<a href="/avis">Vos avis</a>', "reviews"),
        ('<a href="/p7-livre-d-or.html">Livre d’or</a>', "reviews"),
        ('<a href="/temoignages-clients">Ils nous font confiance</a>', "reviews"),
        ('<a href="https://boutique.lemoine.fr/contact">Contact</a>', "contact"),
    ],
)
def test_a_link_of_each_kind(link, kind):
    pages = found(link)
    assert list(pages) == [kind]
    assert len(pages[kind]) == 1


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://autre.fr/contact">Contact</a>',
        '<a href="/blog/contact-lenses">Contact lenses: how to choose</a>',
        '<a href="/mentions-legales.pdf">Mentions légales</a>',
        '<a href="#contact">Contact</a>',
        '<a href="/#contact">Contact</a>',
        '<a href="/">À propos</a>',
        '<a href="mailto:contact@lemoine.fr">Contact</a>',
        '<a href="/produits/plan-de-travail">Plan de travail en chêne massif pour la cuisine de vos rêves</a>',
        '<a href="/2021/05/tarifs">Archives</a>',
    ],
)
def test_what_leads_to_none(link):
    assert found(link) == {}


def test_the_footer_and_the_exact_words_win_and_the_spelling_is_one():
    pages = found(
        '<p><a href="/equipe">Notre équipe vous accueille et répond à vos contacts</a></p>'
        '<a href="/contact-presse">Contact presse</a><nav><a href="/contact?utm_source=menu#formulaire">Contact</a></nav>'
        '<footer><a href="HTTPS://WWW.LEMOINE.FR/mentions-legales">Mentions légales</a></footer>'
    )
    assert pages["contact"] == ["https://www.lemoine.fr/contact", "https://www.lemoine.fr/contact-presse"]
    assert pages["legal"] == ["https://www.lemoine.fr/mentions-legales"]
    assert pages["about"] == ["https://www.lemoine.fr/equipe"]


def test_a_site_under_a_shared_domain_is_its_own():
    assert same_site_page("https://lemoine.wixsite.com/pains", "https://autre.wixsite.com/contact") is None
    assert same_site_page("https://lemoine.e-monsite.com/", "https://autre.e-monsite.com/contact") is None
    assert found('<a href="/pains/contact">Contact</a>', "https://lemoine.wixsite.com/pains")["contact"]


def test_guesses_stand_at_the_root():
    assert guesses("https://www.lemoine.fr/fr/accueil", "legal") == [
        "https://www.lemoine.fr/mentions-legales",
        "https://www.lemoine.fr/legal",
    ]
    assert guesses(HOME, "other") == []


def test_addresses_of_a_sitemap():
    pages = classify(
        HOME, [HOME, f"{HOME}pains", f"{HOME}contact", f"{HOME}blog/tarifs", f"{HOME}a/b/c", "https://x.fr/contact"]
    )
    assert pages["contact"] == [f"{HOME}contact"]
    assert pages["other"] == [f"{HOME}pains", f"{HOME}a/b/c", f"{HOME}blog/tarifs"]
