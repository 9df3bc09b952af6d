"""Pages in the templates of the scripted internet, with its vendors' tags: what each of those amounts to."""

from __future__ import annotations

from random import Random

import msgspec

from tests.world.catalogue import Site
from tests.world.pages import html

TEMPLATES: dict[str, tuple[str, ...]] = {
    "wordpress": ("wordpress", "yoast_seo", "jquery", "twenty_theme"),
    "prestashop": ("prestashop", "prestashop_classic"),
    "shopify": ("shopify", "dawn"),
    "drupal": ("drupal",),
    "joomla": ("joomla",),
    "typo3": ("typo3",),
    "spip": ("spip", "jquery"),
    "ghost": ("ghost",),
    "odoo": ("odoo",),
    "magento": ("magento", "requirejs"),
    "wix": ("wix",),
    "squarespace": ("squarespace",),
    "webflow": ("webflow", "jquery"),
    "jimdo": ("jimdo",),
    "nextjs": ("next_js",),
    "nuxt": ("nuxt",),
    "handwritten": (),
    "plain": (),
}
"""By template of `tests/world/templates`: what its pages show whatever stands on them."""

TAGS: dict[str, tuple[str, ...]] = {
    "gtm": ("gtm",),
    "ga4": ("ga4",),
    "ua": ("universal_analytics",),
    "matomo": ("matomo",),
    "plausible": ("plausible",),
    "clarity": ("clarity",),
    "hotjar": ("hotjar",),
    "meta_pixel": ("meta",),
    "google_ads": ("google_ads",),
    "linkedin": ("linkedin",),
    "tiktok": ("tiktok",),
    "pinterest": ("pinterest",),
    "bing_uet": ("bing_uet",),
    "axeptio": ("axeptio",),
    "didomi": ("didomi",),
    "tarteaucitron": ("tarteaucitron",),
    "onetrust": ("onetrust",),
    "cookiebot": ("cookiebot",),
    "cookieyes": ("cookieyes",),
    "crisp": ("crisp",),
    "tawk": ("tawk",),
    "brevo": ("brevo",),
    "mailchimp": ("mailchimp",),
    "hubspot": ("hubspot",),
    "stripe": ("stripe",),
    "paypal": ("paypal",),
    "doctolib": ("doctolib",),
    "calendly": ("calendly",),
    "thefork": ("thefork",),
    "zenchef": ("zenchef",),
    "recaptcha": ("recaptcha",),
    "google_maps": ("google_maps",),
    "google_fonts": ("google_fonts",),
    "font_awesome": ("font_awesome",),
    "jquery": ("jquery", "jquery_cdn"),
    "bootstrap": ("bootstrap",),
    "youtube": ("youtube_embed",),
    "helloasso": ("helloasso",),
}
"""By macro of `tests/world/templates/tags.html`."""


class Built(msgspec.Struct, frozen=True):
    html: str
    technologies: frozenset[str]


def built(template: str, tags: list[str], sections: list[str], chance: Random, *, host: str, name: str) -> Built:
    """A page of a template: `sections` are paragraphs, `tags` stand in its head and at its foot by turns."""
    site = Site(
        host=host,
        nom=name,
        telephone="02 61 91 00 00",
        categorie="Artisan",
        adresse="3 rue des Tanneurs",
        template=template,
        title=name,
        description="Depuis trois générations.",
        head=tags[::2],
        foot=tags[1::2],
        sections=[{"title": f"{name} {n}", "text": [text]} for n, text in enumerate(sections)],
    )
    found = {*TEMPLATES[template], *(slug for tag in tags for slug in TAGS[tag])}
    return Built(html(site, name, site.sections, path="/").body.decode(), frozenset(found))
