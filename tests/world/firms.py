"""Generated small businesses: what `firm-<n>.bulk.test` shows, a site of six pages and two pictures.

Everything follows from the number: who they are, how they are reached, what they charge, what their pages load. Pages
can be had in any size, filled as sites fill theirs: style sheets, menus, cards.
"""

from __future__ import annotations

import io
import random
import re
from functools import lru_cache
from typing import Literal, get_args

import msgspec
from PIL import Image, ImageDraw

from tests.world.http import Answer

FirmPage = Literal["home", "contact", "legal", "about", "pricing", "terms"]
PAGES: tuple[FirmPage, ...] = get_args(FirmPage)
PATHS: dict[FirmPage, str] = {
    "home": "/",
    "contact": "/contact",
    "legal": "/mentions-legales",
    "about": "/a-propos",
    "pricing": "/tarifs",
    "terms": "/cgv",
}
PICTURES = ("/logo.png", "/favicon.png")
PAGE_BYTES = 30_000
_TRADES = ["Menuiserie", "Plomberie", "Couverture", "Paysagiste", "Carrelage", "Traiteur", "Reliure", "Vélos"]
_NAMES = ["Garnier", "Lemoine", "Chauvet", "Delorme", "Rousselot", "Vasseur", "Picard", "Aubry", "Tessier", "Blin"]
_FIRST = ["Claire", "Julien", "Sophie", "Antoine", "Nadia", "Mathieu", "Hélène", "Karim"]
_WORDS = re.findall(
    r"\w+",
    """atelier vallée commande maison produit saison marché livraison devis équipe conseil chantier jardin cuisine table
    bois pierre lumière couleur mesure accueil samedi matin terrasse menu vélo réparation pose entretien soin client
    projet façade toiture local artisan confiance qualité délai garantie visite photo avis plan""",
)
_ICON = (
    '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2C8.1 2 5 5.1 5 9c0 5.2 7 13 7 13s7-7.8 7-13'
    'c0-3.9-3.1-7-7-7zm0 9.5a2.5 2.5 0 1 1 0-5 2.5 2.5 0 0 1 0 5z"/></svg>'
)
_WORDPRESS = """<meta name="generator" content="WordPress 6.8.3"><link rel="https://api.w.org/" href="/wp-json/">
<link rel="stylesheet" href="/wp-content/themes/astra/assets/css/minified/main.min.css?ver=4.11.5">
<script src="/wp-includes/js/jquery/jquery.min.js?ver=3.7.1"></script>"""
_TAGS = [
    """<script async src="https://www.googletagmanager.com/gtag/js?id=G-B{n:07d}"></script>
<script>window.dataLayer=window.dataLayer||[];function gtag(){{dataLayer.push(arguments);}}gtag("js",new Date());gtag("config","G-B{n:07d}");</script>""",
    """<script>!function(f,b,e,v){{f.fbq=f.fbq||function(){{}};}}(window,document,"script","https://connect.facebook.net/fr_FR/fbevents.js");fbq("init","9000000{n:08d}");fbq("track","PageView");</script>""",
    """<script src="https://cdn.jsdelivr.net/gh/AmauriC/tarteaucitron.js@1.19/tarteaucitron.min.js"></script>
<script>tarteaucitron.init({{"privacyUrl":"/cgv","orientation":"bottom"}});</script>""",
    """<script src="https://client.crisp.chat/l.js" async></script><script>window.$crisp=[];window.CRISP_WEBSITE_ID="{n:08d}-0000";</script>""",
]


class Firm(msgspec.Struct, frozen=True):
    """One generated business."""

    number: int

    @property
    def host(self) -> str:
        return f"firm-{self.number:05d}.bulk.test"

    @property
    def name(self) -> str:
        return f"{_TRADES[self.number % len(_TRADES)]} {_NAMES[self.number // 8 % len(_NAMES)]} {self.number}"

    @property
    def director(self) -> str:
        return f"{_FIRST[self.number % len(_FIRST)]} {_NAMES[self.number // 8 % len(_NAMES)]}"

    @property
    def email(self) -> str:
        return f"contact@{self.host}"

    @property
    def telephone(self) -> str:
        """From the block 02 61 91, which ARCEP keeps for fiction."""
        return f"02 61 91 {self.number // 100 % 100:02d} {self.number % 100:02d}"

    @property
    def mobile(self) -> str:
        """From the block 06 39 98, the same."""
        return f"06 39 98 {self.number // 100 % 100:02d} {self.number % 100:02d}"

    @property
    def siren(self) -> str:
        """Begins with 000, which INSEE gives to nobody; its check digit is right."""
        body = f"000{self.number % 100_000:05d}"
        doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(body)]
        return f"{body}{-sum(value - 9 * (value > 9) for value in doubled) % 10}"

    @property
    def price(self) -> int:
        """Of its cheapest plan, euros a month."""
        return 19 + self.number % 40

    @property
    def facebook(self) -> str:
        return f"https://www.facebook.com/{_TRADES[self.number % len(_TRADES)].lower().replace('é', 'e')}.{self.number}"


def firm_answer(number: int, path: str) -> Answer | None:
    """What the site shows under a path; None: it has no such page."""
    firm = Firm(number)
    if path in PICTURES:
        return Answer(_picture(number % 64), content_type="image/png")
    kind = next((kind for kind, where in PATHS.items() if where == path), None)
    return None if kind is None else _packed(firm, kind)


def firm_html(firm: Firm, kind: FirmPage, size: int = PAGE_BYTES) -> str:
    """A page of about `size` bytes of UTF-8, within one card."""
    chance = random.Random(f"{firm.number} {kind}")
    before, after = _shell(firm, kind, chance, size)
    cards: list[str] = []
    left = size - len(before.encode()) - len(after.encode())
    while left > 0:
        cards.append(_card(len(cards), chance))
        left -= len(cards[-1].encode())
    return f"{before}{''.join(cards)}{after}"


@lru_cache(maxsize=2048)
def _packed(firm: Firm, kind: FirmPage) -> Answer:
    return Answer.compressible(firm_html(firm, kind).encode(), "text/html; charset=utf-8", {})


def _shell(firm: Firm, kind: FirmPage, chance: random.Random, size: int) -> tuple[str, str]:
    """What stands before and after the cards: head, menu and the page's own words; footer."""
    tags = "\n".join(tag.format(n=firm.number) for tag in chance.sample(_TAGS, 2))
    rules = size // 300  # a quarter of the page, as with themes that write their styles into it
    css = "".join(
        f".{chance.choice(_WORDS)}-{k}{{margin:{k}px auto;padding:{k}px;color:#{chance.randrange(4096):03x};display:flex}}"
        for k in range(rules)
    )
    menu = "".join(f'<li><a href="/{word}/{k}">{word.title()}</a></li>' for k, word in enumerate(_WORDS[: rules // 12]))
    written = {"contact": "Contact", "about": "À propos", "pricing": "Tarifs"}
    named = "".join(f'<li><a href="{PATHS[page]}">{text}</a></li>' for page, text in written.items())  # type: ignore[index]
    before = f"""<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{firm.name} à Valmont</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="description" content="{_text(chance, 20)}">
<meta property="og:title" content="{firm.name}"><meta property="og:type" content="website"><meta name="theme-color" content="#8a3324">
<link rel="icon" type="image/png" sizes="64x64" href="/favicon.png">{_WORDPRESS}{tags}
<script type="application/ld+json">{{"@context":"https://schema.org","@type":"LocalBusiness","name":"{firm.name}","url":"https://{firm.host}/","logo":"https://{firm.host}/logo.png","telephone":"+33{firm.telephone[1:].replace(" ", "")}"}}</script>
<style>{css}</style></head><body class="page {kind}"><header><a href="/"><img class="logo" src="/logo.png" alt="{firm.name}"></a><nav><ul>{named}{menu}</ul></nav></header>
<main><h1>{firm.name}</h1>{_words(firm, kind)}<section class="cards">"""
    after = f"""</section></main><footer><ul>{menu}</ul><a href="{firm.facebook}">Facebook</a>
<a href="mailto:{firm.email}">Nous écrire</a> <a href="{PATHS["legal"]}">Mentions légales</a> <a href="{PATHS["terms"]}">Conditions générales de vente</a>
<p>{firm.name}, 4 rue des Forges, 45990 Valmont-sur-Loire</p></footer></body></html>"""
    return before, after


def _words(firm: Firm, kind: FirmPage) -> str:
    """The page's own part."""
    siren = f"{firm.siren[:3]} {firm.siren[3:6]} {firm.siren[6:]}"
    match kind:
        case "contact":
            return f"""<h2>Nous contacter</h2><p>Téléphone : <a href="tel:+33{firm.telephone[1:].replace(" ", "")}">{firm.telephone}</a></p>
<p>Portable : {firm.mobile}</p><p>Courriel : <a href="mailto:{firm.email}">{firm.email}</a></p>"""
        case "legal":
            return f"""<h2>Éditeur du site</h2><p>{firm.name}, SARL au capital de 8 000 €, 4 rue des Forges, 45990 Valmont-sur-Loire.</p>
<p>RCS Orléans {siren}. Directeur de la publication : {firm.director}. Téléphone : {firm.telephone}</p>
<h2>Hébergeur</h2><p>OVH SAS au capital de 10 174 560 €, RCS Lille Métropole 424 761 419, 2 rue Kellermann, 59100 Roubaix.</p>"""
        case "pricing":
            plans = zip(
                ("Essentiel", "Confort", "Complet"), (firm.price, firm.price + 20, firm.price + 50), strict=True
            )
            cards = "".join(
                f'<div class="plan"><h3>{name}</h3><p class="price">{amount} € / mois</p></div>'
                for name, amount in plans
            )
            return f"<h2>Nos tarifs</h2>{cards}"
        case "about":
            return f"<h2>À propos</h2><p>L'atelier a été fondé par {firm.director}, qui l'anime toujours.</p>"
        case "terms":
            return f"<h2>Conditions générales de vente</h2><p>Le vendeur, {firm.name}, RCS Orléans {siren}, livre à Valmont.</p>"
        case _:
            return "<p>Du mardi au samedi, sur rendez-vous.</p>"


def _card(number: int, chance: random.Random) -> str:
    """As page builders write one: a seventh of it is text."""
    element = f"{chance.randrange(16**7):07x}"
    return f"""<div class="elementor-element elementor-element-{element} e-con-full e-flex e-con e-child" data-id="{element}" data-element_type="container" data-settings='{{"background_background":"classic","animation":"fadeInUp","animation_delay":{100 * number}}}'>
<article class="card card--{number} elementor-widget elementor-widget-image-box" data-widget_type="image-box.default"><a href="/realisations/{number}-{_text(chance, 3).replace(" ", "-")}">
<img src="/media/{number}-640.webp" srcset="/media/{number}-320.webp 320w, /media/{number}-640.webp 640w, /media/{number}-1280.webp 1280w" alt="{_text(chance, 4)}" loading="lazy" width="640" height="480">
<h3 class="elementor-heading-title elementor-size-default">{_text(chance, 4)}</h3></a><p>{_text(chance, 24)}</p>{_ICON}</article></div>
"""


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))


@lru_cache(maxsize=64)
def _picture(shade: int) -> bytes:
    """A disc in one of some colours, 64 by 64."""
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((2, 2, 62, 62), fill=(120 + shade, 40, 60 + 2 * shade))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
