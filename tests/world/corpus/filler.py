"""What fills pages and says nothing of their technologies: prose, products, scripts, data, drawings."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from random import Random

_PROSE = {
    "fr": "atelier artisan bois cuisine maison service client devis qualité projet équipe région histoire chantier conseil "
    "produit livraison gamme rénovation confort énergie jardin façade entreprise familiale depuis l’été où déjà cœur",
    "en": "workshop craft wood kitchen home service customer quote quality project team region story site advice product "
    "delivery range renovation comfort energy garden front company family since summer where already heart",
    "de": "Werkstatt Handwerk Holz Küche Haus Dienst Kunde Angebot Qualität Projekt Mannschaft Gegend Geschichte Baustelle "
    "Rat Erzeugnis Lieferung Auswahl Sanierung Wärme Garten Fassade Betrieb Familie seit Sommer größer",
    "es": "taller artesano madera cocina casa servicio cliente presupuesto calidad proyecto equipo región historia obra "
    "consejo producto entrega gama reforma comodidad energía jardín fachada empresa familia desde verano mañana",
    "pl": "warsztat rzemiosło drewno kuchnia dom usługa klient wycena jakość projekt zespół okolica historia budowa rada "
    "produkt dostawa oferta remont wygoda energia ogród elewacja firma rodzina od lato wciąż źródło żółty",
    "ru": "мастерская ремесло дерево кухня дом услуга клиент смета качество проект команда область история стройка совет "
    "товар доставка выбор ремонт уют энергия сад фасад компания семья лето сердце",
    "ja": "工房 職人 木材 台所 家 お客様 見積もり 品質 計画 仲間 地域 歴史 現場 助言 商品 配達 種類 改修 快適 庭 会社 家族 夏",
}
LANGUAGES = tuple(_PROSE)


def words(chance: Random, language: str, count: int) -> str:
    """So many words of a language."""
    return " ".join(chance.choices(_PROSE[language].split(), k=count))


def article(chance: Random, language: str) -> str:
    paragraphs = (f"<p>{words(chance, language, chance.randint(20, 90))}.</p>" for _ in range(chance.randint(1, 4)))
    return f"<h2>{words(chance, language, 3)}</h2>{''.join(paragraphs)}"


def products(chance: Random, language: str) -> str:
    cards = []
    for number in range(chance.randint(3, 9)):
        name = words(chance, language, 2)
        cards.append(
            f'<li class="card card--{number}" data-sku="{chance.randint(10**5, 10**6)}"><a href="/p/{chance.randint(1, 9999)}">'
            f'<img loading="lazy" src="/media/{number}.webp" srcset="/media/{number}-300.webp 300w, /media/{number}-768.webp 768w" '
            f'alt="{name}" style="--ratio:{chance.randint(50, 150)}%"></a><h3>{name}</h3>'
            f'<span class="price">{chance.randint(5, 400)},{chance.randint(0, 99):02}&nbsp;€</span></li>'
        )
    return f"<ul class=grid>{''.join(cards)}</ul>"


def minified(chance: Random, _language: str) -> str:
    """A bundle's inline part: short names, long lines, strings that look like addresses."""
    parts = []
    for _ in range(chance.randint(10, 60)):
        a, b, c = (chance.choice("abcdefghnrstuvxyz") for _ in range(3))
        parts.append(
            f"function {a}{chance.randint(1, 99)}({b},{c}){{return {b}?{b}.{c}||({b}.{c}={{}}):void 0}}"
            f'var {c}{chance.randint(1, 999)}="/{chance.choice(["api", "v2", "i18n", "img"])}/{chance.getrandbits(40):x}",'
            f"{b}{chance.randint(1, 999)}=[{','.join(str(chance.randint(0, 255)) for _ in range(12))}];"
        )
    return f'<script>!function(){{"use strict";{"".join(parts)}}}();</script>'


def state(chance: Random, language: str) -> str:
    """An application's data, as a data block or given to a global."""
    rows = [
        {"id": chance.getrandbits(48), "title": words(chance, language, 4), "url": f"https://cdn.exemple.test/{n}.jpg"}
        for n in range(chance.choice((5, 20, 20, 60, 60, 400)))
    ]
    text = json.dumps({"items": rows, "total": len(rows)}, ensure_ascii=chance.random() < 0.5).replace("</", "<\\/")
    if chance.random() < 0.5:
        return f'<script type="application/json" id="state-{chance.randint(1, 99)}">{text}</script>'
    return f"<script>window.__STATE_{chance.randint(1, 99)}__={text};</script>"


def drawing(chance: Random, _language: str) -> str:
    points = " ".join(f"{chance.choice('MLCQ')}{chance.randint(0, 999)} {chance.random():.3f}" for _ in range(40))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" aria-hidden="true"><title>i</title><path d="{points}z"/></svg>'


def picture(chance: Random, _language: str) -> str:
    blob = base64.b64encode(chance.randbytes(chance.randint(60, 2500))).decode()
    return f'<img alt="" src="data:image/png;base64,{blob}">'


def styles(chance: Random, _language: str) -> str:
    rules = (
        f".c{chance.getrandbits(24):x}{{margin:{chance.randint(0, 99)}px;color:#{chance.getrandbits(24):06x};grid-area:{n}/1}}"
        for n in range(chance.randint(10, 60))
    )
    return f"<style>{''.join(rules)}</style>"


def table(chance: Random, language: str) -> str:
    rows = "".join(
        f"<TR><TD ALIGN=center>{words(chance, language, 1)}<TD>{chance.randint(1, 99)}"
        for _ in range(chance.randint(3, 12))
    )
    return f"<TABLE BORDER=0 CELLPADDING=2>{rows}</TABLE>"


def comment(chance: Random, language: str) -> str:
    return f"<!-- {words(chance, language, chance.randint(3, 30))} -->"


def entities(chance: Random, language: str) -> str:
    text = words(chance, language, 20)
    soup = "".join(f"&#{ord(c)};" if chance.random() < 0.3 else c for c in text)
    return f"<p>&nbsp;&amp;amp; {soup} &bogus; &#x110000; &lt;b&gt; &copy 2026 &eacute;t&eacute</p>"


def links(chance: Random, language: str) -> str:
    hosts = ("exemple.test", "www.facebook.com", "www.youtube.com", "fr.wikipedia.org", "www.linkedin.com", "g.page")
    entries = (
        f'<li><a href="https://{chance.choice(hosts)}/{chance.getrandbits(32):x}" rel=noopener>{words(chance, language, 2)}</a>'
        for _ in range(chance.randint(4, 20))
    )
    return f"<nav><ul>{''.join(entries)}</ul></nav>"


BLOCKS: tuple[Callable[[Random, str], str], ...] = (
    article,
    article,
    article,
    products,
    products,
    minified,
    state,
    drawing,
    picture,
    styles,
    table,
    comment,
    entities,
    links,
)
"""Articles and products twice and more: most of a page is content."""
