"""Any number of generated sites under `bulk.test`, for benchmarks and chaos.

`site-00001.bulk.test` is a small page made from its number; `firm-00001` a small business with its pages and pictures
(`firms.py`); `slow-250ms-7` answers after 250 ms;
`status-503-7` answers 503; `reset-7` cuts the connection; `hang-7` never answers; `dead-7` has no address.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from tests.world.catalogue import Expect

DOMAIN = ".bulk.test"
_HOST = re.compile(r"(?:(site|firm|reset|hang|dead)|slow-(\d+)ms|status-(\d{3}))-(\d+)\.bulk\.test")

_GENERATORS = [None, "wordpress", "prestashop", "joomla", "drupal", "wix", "shopify"]
_CMS = {
    "wordpress": '<meta name="generator" content="WordPress 6.8.3"><link rel="stylesheet" href="/wp-content/themes/astra/style.css">',
    "prestashop": '<meta name="generator" content="PrestaShop"><script>var prestashop = {"urls": {"base_url": "/"}};</script>',
    "joomla": '<meta name="generator" content="Joomla! - Open Source Content Management"><script src="/media/system/js/core.min.js"></script>',
    "drupal": '<meta name="Generator" content="Drupal 10 (https://www.drupal.org)"><script src="/core/misc/drupal.js"></script>',
    "wix": '<meta name="generator" content="Wix.com Website Builder"><link rel="preconnect" href="https://static.parastorage.com">',
    "shopify": '<script src="https://cdn.shopify.com/s/files/1/0001/theme.js"></script><script>Shopify.theme = {"name": "Dawn"};</script>',
}
_ANALYTICS = {
    "ga4": '<script async src="https://www.googletagmanager.com/gtag/js?id=G-BULK{n:06d}"></script><script>gtag("config", "G-BULK{n:06d}");</script>',
    "matomo": '<script>var _paq = window._paq || []; _paq.push(["setSiteId", "{n}"]); (function(){{var u="https://stats.bulk.test/"; _paq.push(["setTrackerUrl", u+"matomo.php"]);}})();</script><script src="https://stats.bulk.test/matomo.js"></script>',
    "plausible": '<script defer data-domain="site-{n}.bulk.test" src="https://plausible.io/js/script.js"></script>',
}
_PIXELS = {
    "meta": '<script>fbq("init", "1000000{n:08d}"); fbq("track", "PageView");</script><script src="https://connect.facebook.net/fr_FR/fbevents.js"></script>',
    "google_ads": '<script async src="https://www.googletagmanager.com/gtag/js?id=AW-9{n:08d}"></script><script>gtag("config", "AW-9{n:08d}");</script>',
}
_TEXT = (
    "Notre maison accueille les habitants de la vallée depuis plusieurs générations, du mardi au samedi. "
    "Nous préparons chaque commande à la main, avec des produits choisis chez des voisins que nous connaissons. "
)


class BulkSite(msgspec.Struct, frozen=True):
    """One generated host: its kind, its number, and the argument of the kind (milliseconds or a status)."""

    kind: str
    number: int
    arg: int = 0

    @classmethod
    def parse(cls, host: str) -> BulkSite | None:
        """The site a host name describes, or None when it is not one of these."""
        found = _HOST.fullmatch(host)
        if not found:
            return None
        plain, delay, status, number = found.groups()
        if plain:
            return cls(plain, int(number))
        return cls("slow", int(number), int(delay)) if delay else cls("status", int(number), int(status))

    @property
    def expect(self) -> Expect:
        """What its page shows."""
        cms, analytics, pixel = self._choices()
        return Expect(
            tech_cms=cms,
            tech_analytics=[analytics] if analytics else [],
            tech_ads_pixels=[pixel] if pixel else [],
        )

    def _choices(self) -> tuple[str | None, str | None, str | None]:
        analytics = [None, *_ANALYTICS]
        pixels = [None, *_PIXELS]
        return (
            _GENERATORS[self.number % len(_GENERATORS)],
            analytics[self.number // 7 % len(analytics)],
            pixels[self.number // 28 % len(pixels)],
        )


def bulk_items(count: int, prefix: str = "site", scheme: str = "https", first: int = 1) -> list[dict[str, str]]:
    """`count` rows of leads; `prefix` as in a host name: `site`, `slow-250ms`, `status-503`, `reset` ..."""
    return [
        {
            "nom": f"Entreprise {number}",
            "site_web": f"{scheme}://{prefix}-{number:05d}{DOMAIN}/",
            "ville": "Valmont-sur-Loire",
            "code_postal": "45990",
        }
        for number in range(first, first + count)
    ]


@lru_cache(maxsize=4096)
def bulk_page(site: BulkSite) -> bytes:
    """About 6 kB of HTML that only the number decides."""
    n = site.number
    cms, analytics, pixel = site._choices()
    head = "".join(
        [
            _CMS[cms] if cms else "",
            _ANALYTICS[analytics].format(n=n) if analytics else "",
            _PIXELS[pixel].format(n=n) if pixel else "",
        ]
    )
    blocks = "".join(f'<section id="s{k}"><h2>Service {n}.{k}</h2><p>{_TEXT * 2}</p></section>' for k in range(1, 13))
    return (
        f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Entreprise {n}</title>{head}</head>'
        f'<body><header><a href="/">Entreprise {n}</a> <a href="/contact">Contact</a></header><main>{blocks}</main>'
        f'<footer>Entreprise {n}, Valmont-sur-Loire <a href="mailto:contact@site-{n}.bulk.test">écrire</a></footer></body></html>'
    ).encode()
