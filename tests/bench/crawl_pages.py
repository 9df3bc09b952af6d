"""The pages of the crawl: 300 hosts, each with one page of 60 kB as small businesses have them, made from its number.

What a host runs (CMS or shop, theme, analytics, pixels, consent, fonts, payment) turns with its number.
"""

from __future__ import annotations

import random
import re
from ipaddress import IPv4Address

HOSTS = 300
PAGE_BYTES = 60_000

_FIRST = int(IPv4Address("127.20.0.1"))

_PLATFORMS = [
    """<meta name="generator" content="WordPress 6.8.3"><link rel="https://api.w.org/" href="/wp-json/">
<link rel="stylesheet" id="astra-css" href="/wp-content/themes/astra/assets/css/minified/main.min.css?ver=4.11.5">
<link rel="stylesheet" href="/wp-content/plugins/elementor/assets/css/frontend.min.css?ver=3.32.1">
<link rel="stylesheet" href="/wp-content/plugins/contact-form-7/includes/css/styles.css?ver=6.1.1">
<script src="/wp-includes/js/jquery/jquery.min.js?ver=3.7.1" id="jquery-core-js"></script>
<script src="/wp-includes/js/jquery/jquery-migrate.min.js?ver=3.4.1"></script>
<script src="/wp-content/plugins/elementor/assets/js/frontend.min.js?ver=3.32.1"></script>""",
    """<meta name="generator" content="WordPress 6.7.2"><meta name="generator" content="WooCommerce 9.4.1">
<link rel="stylesheet" href="/wp-content/plugins/woocommerce/assets/css/woocommerce.css?ver=9.4.1">
<link rel="stylesheet" href="/wp-content/themes/Divi/style.css?ver=4.27">
<script src="/wp-includes/js/jquery/jquery.min.js?ver=3.7.1"></script>
<script src="/wp-content/plugins/woocommerce/assets/js/frontend/add-to-cart.min.js?ver=9.4.1"></script>
<script>var woocommerce_params = {"ajax_url":"/wp-admin/admin-ajax.php","wc_ajax_url":"/?wc-ajax=%%endpoint%%"};</script>""",
    """<meta name="generator" content="PrestaShop"><link rel="stylesheet" href="/themes/classic/assets/cache/theme-7f1a.css">
<script>var prestashop = {"cart":{"products":[],"totals":{}},"currency":{"iso_code":"EUR"},"urls":{"base_url":"/"}};</script>
<script src="/themes/classic/assets/cache/bottom-1c2d.js"></script><script src="/js/jquery/jquery-3.5.1.min.js"></script>""",
    """<script src="https://cdn.shopify.com/s/files/1/0611/9001/t/4/assets/theme.js?v=12"></script>
<link rel="stylesheet" href="//cdn.shopify.com/s/files/1/0611/9001/t/4/assets/base.css">
<script>window.Shopify = window.Shopify || {}; Shopify.shop = "boutique.myshopify.com"; Shopify.theme = {"name":"Dawn","id":1};</script>""",
    """<meta name="generator" content="Joomla! - Open Source Content Management">
<link rel="stylesheet" href="/media/templates/site/cassiopeia/css/template.min.css?d1"><script src="/media/system/js/core.min.js"></script>
<script src="/media/vendor/bootstrap/js/collapse.min.js?5.3.3" type="module"></script>""",
    """<meta name="Generator" content="Drupal 10 (https://www.drupal.org)"><link rel="stylesheet" href="/core/assets/vendor/normalize-css/normalize.css">
<script src="/core/misc/drupal.js?v=10.3"></script><script type="application/json" data-drupal-selector="drupal-settings-json">{"path":{"baseUrl":"/"}}</script>""",
    """<meta name="generator" content="Wix.com Website Builder"><link rel="preconnect" href="https://static.parastorage.com">
<script src="https://static.parastorage.com/services/wix-thunderbolt/dist/main.renderer.js"></script>""",
    """<link rel="stylesheet" href="https://cdn.jsdelivr.net/npm/bootstrap@5.3.3/dist/css/bootstrap.min.css">
<script src="https://cdn.jsdelivr.net/npm/bootstrap@5.3.3/dist/js/bootstrap.bundle.min.js"></script>
<script src="https://cdn.jsdelivr.net/npm/vue@3.5.12/dist/vue.global.prod.js"></script>""",
]
_EXTRAS = [
    """<script async src="https://www.googletagmanager.com/gtag/js?id=G-B{n:07d}"></script>
<script>window.dataLayer = window.dataLayer || []; function gtag(){{dataLayer.push(arguments);}} gtag("js", new Date()); gtag("config", "G-B{n:07d}");</script>""",
    """<script>var _paq = window._paq || []; _paq.push(["trackPageView"]); (function(){{var u="https://stats.example.net/"; _paq.push(["setTrackerUrl", u+"matomo.php"]); _paq.push(["setSiteId", "{n}"]);}})();</script>
<script async src="https://stats.example.net/matomo.js"></script>""",
    """<script>!function(f,b,e,v){{f.fbq=f.fbq||function(){{}};}}(window,document,"script","https://connect.facebook.net/en_US/fbevents.js"); fbq("init", "9000000{n:08d}"); fbq("track", "PageView");</script>""",
    """<script src="https://cdn.jsdelivr.net/gh/AmauriC/tarteaucitron.js@1.19/tarteaucitron.min.js"></script>
<script>tarteaucitron.init({{"privacyUrl": "/confidentialite", "orientation": "bottom"}});</script>""",
    """<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin><link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Inter:wght@400;600&display=swap">""",
    """<script src="https://js.stripe.com/v3/" async></script>""",
    """<script>(function(h,o){{h.hj=h.hj||function(){{}};h._hjSettings={{hjid:{n},hjsv:6}};}})(window,document,"https://static.hotjar.com/c/hotjar-","js?sv=");</script>
<script async src="https://static.hotjar.com/c/hotjar-{n}.js?sv=6"></script>""",
    """<script src="https://www.google.com/recaptcha/api.js?render=6Lc{n:08d}" async defer></script>""",
    """<script src="https://client.crisp.chat/l.js" async></script><script>window.$crisp=[]; window.CRISP_WEBSITE_ID="{n:08d}-0000";</script>""",
]
_WORDS = re.findall(
    r"\w+",
    """atelier vallée commande maison produit saison marché livraison devis équipe conseil chantier jardin cuisine table
    bois pierre lumière couleur mesure service accueil samedi matin terrasse menu vélo réparation pose entretien soin
    client projet façade toiture réseau local artisan confiance qualité délai garantie visite photo avis adresse plan""",
)
_ICON = (
    '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2C8.1 2 5 5.1 5 9c0 5.2 7 13 7 13s7-7.8 7-13'
    'c0-3.9-3.1-7-7-7zm0 9.5a2.5 2.5 0 1 1 0-5 2.5 2.5 0 0 1 0 5z"/></svg>'
)


def address(host: int) -> str:
    """The loopback address of a host, counted from 0."""
    return str(IPv4Address(_FIRST + host))


def urls(count: int, port: int, first: int = 0) -> list[str]:
    """So many addresses, each different, host after host; from the `first` on, so that two lists share none."""
    return [f"http://{address(number % HOSTS)}:{port}/p/{number}" for number in range(first, first + count)]


def page(host: int) -> bytes:
    """A host's page, whatever the path: PAGE_BYTES of UTF-8 HTML, within one card."""
    chance = random.Random(host)
    cards: list[str] = []
    shell = _shell(host, chance)
    size = len(shell.encode())
    while size < PAGE_BYTES:
        cards.append(_card(len(cards), chance))
        size += len(cards[-1].encode())
    return shell.replace("<!--cards-->", "".join(cards)).encode()


def _shell(host: int, chance: random.Random) -> str:
    extras = "\n".join(extra.format(n=host + 1) for extra in chance.sample(_EXTRAS, 5))
    name = f"Atelier {_text(chance, 2).title()}"
    css = "".join(
        f".{word}-{k}{{margin:{k}px auto;padding:{k}px;color:#{chance.randrange(4096):03x};display:flex}}"
        for k, word in enumerate(_WORDS * 2)
    )
    links = "".join(f'<li><a href="/{word}/{k}">{word.title()}</a></li>' for k, word in enumerate(_WORDS))
    return f"""<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{name} à Valmont</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="description" content="{_text(chance, 20)}">
<meta property="og:title" content="{name}"><meta property="og:type" content="website"><meta property="og:locale" content="fr_FR">
<link rel="icon" href="/favicon.png">
{_PLATFORMS[host % len(_PLATFORMS)]}
{extras}
<script type="application/ld+json">{{"@context":"https://schema.org","@type":"LocalBusiness","name":"{name}","telephone":"+33238000{host:03d}"}}</script>
<style>{css}</style></head><body class="home page"><header><nav><ul>{links}</ul></nav></header><main>
<h1>{name}</h1><!--cards--></main><footer><ul>{links}</ul><a href="https://www.facebook.com/atelier{host}">Facebook</a>
<a href="mailto:bonjour@atelier-{host}.test">Nous écrire</a><script>document.documentElement.classList.add("js");</script></footer></body></html>"""


def _card(number: int, chance: random.Random) -> str:
    return f"""<article class="card card--{number}" data-id="{chance.randrange(10**8)}"><a href="/produits/{number}-{_text(chance, 3).replace(" ", "-")}">
<img src="/media/{number}-640.webp" srcset="/media/{number}-320.webp 320w, /media/{number}-640.webp 640w" alt="{_text(chance, 4)}" loading="lazy" width="640" height="480">
<h3>{_text(chance, 5)}</h3></a><p>{_text(chance, 45)}</p>{_ICON}<span class="price">{chance.randrange(900)},00 €</span></article>
"""


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))
