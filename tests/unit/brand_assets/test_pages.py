"""What is read from pages, hostile ones among them."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import msgspec
import pytest

from services.brand_assets.candidates import named
from services.brand_assets.colours import parse_colour
from services.brand_assets.findings import Findings, brand_colour, read
from services.brand_assets.icons import favicon_candidates, manifest_icons
from shared.screenshots import find_chromium
from shared.settings import Settings
from shared.web.page import Page

PAGES = [
    tomllib.loads(path.read_text("utf-8"))["html"]
    for path in sorted((Path(__file__).parents[2] / "golden" / "brand_assets").glob("*.toml"))
]


def findings(html):
    return read(Page("https://www.exemple.fr/", 200, [], html))


@pytest.mark.parametrize("seed", range(4))
def test_broken_pages(seed):
    """Bounded fuzz: pieces of golden pages put together anyhow. Nothing raises, everything is bounded."""
    dice = random.Random(seed)
    pieces = [html[at : at + 40] for html in PAGES for at in range(0, len(html), 40)]
    for _ in range(60):
        html = "".join(dice.choices(pieces, k=dice.randint(1, 80)))
        found = findings(html)
        assert len(found.logos) <= 40
        assert msgspec.json.encode([found.theme_colours, found.css_colours])
        assert all((one.url is None) != (one.body == b"") for one in found.logos)
        assert all(one.url is None or one.url.startswith(("http://", "https://")) for one in found.logos)


HOSTILE = {
    "deep": "<header>" + "<div class=logo>" * 20_000 + "<a href=/><img class=logo src=/l.png></a>",
    "many pictures": "<header><a href=/>" + "<img class=logo src=/l.png>" * 50_000,
    "long class": f'<header><a href="/"><img class="{"logo " * 200_000}" src="/l.png"></a></header>',
    "long srcset": f'<header><a href="/"><img class=logo srcset="{"/l.png 1w, " * 100_000}"></a></header>',
    "many links": "<link rel=icon href=/x.png sizes=9x9>" * 20_000,
    "much css": "<style>" + "--primary:#E4002B;" * 100_000 + "</style>",
    "dashes": "<style>" + "-" * 500_000 + "</style>",
    "nested logo": '<script type="application/ld+json">' + '{"logo":' * 900 + "1" + "}" * 900 + "</script>",
    "many svg": "<header><a href=/ class=logo>" + "<svg><path d='M0 0'/></svg>" * 5_000,
    "uses": "<header><a href=/ class=logo><svg>" + "<use href='#a'/>" * 20_000 + "</svg></a><i id=a></i>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_cost_no_more_than_others(name):
    found = findings(HOSTILE[name])
    assert len(found.logos) <= 8
    assert len(favicon_candidates(Page("https://www.exemple.fr/", 200, [], ""), found.icons)) <= 61
    assert sum(len(one.body) for one in found.logos) < 5_000_000


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"icons": {}}', b'{"icons": [[], "x", {"src": {}}]}', b"[" * 100_000, bytes(300_000)],
)
def test_manifests_that_are_none(body):
    assert manifest_icons(body) == []


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#E4002B", "#E4002B"), ("#e40", "#EE4400"), ("rgb(228,0,43)", "#E4002B"), ("rgb(228 0 43 / 100%)", "#E4002B"),
        ("hsl(0, 100%, 50%)", "#FF0000"), ("hsl(0deg 100% 50%)", "#FF0000"), ("tomato", "#FF6347"), ("#E4002B !important", "#E4002B"),
        ("rgba(228,0,43,.5)", None), ("#E4002B80", None), ("var(--x)", None), ("inherit", None), ("", None), ("#12", None),
        ("rgb(1,2)", None), ("x" * 1000, None), ("url(http://a/)", None), ("rgb(calc(1),2,3)", None),
    ],
)  # fmt: skip
def test_colours(text, colour):
    assert parse_colour(text) == colour


@pytest.mark.parametrize(
    ("logo", "source", "theme", "css", "expected"),
    [
        ("#E4002B", "header", ["#0033A0"], ["#00AA00"], ("#E4002B", "logo")),
        ("#E4002B", "og_image", ["#0033A0"], [], ("#0033A0", "theme_color")),
        ("#E4002B", "og_image", [], [], ("#E4002B", "logo")),
        ("#000000", "header", ["#FFFFFF"], ["#00AA00"], ("#00AA00", "css")),
        ("#000000", "header", ["#FFFFFF"], [], ("#000000", "logo")),
        (None, None, ["#FFFFFF"], [], ("#FFFFFF", "theme_color")),
        (None, None, [], [], (None, None)),
    ],
)
def test_which_colour_is_the_brands(logo, source, theme, css, expected):
    assert brand_colour(logo, source, Findings([], [], None, theme, css)) == expected


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,<svg/>", "data:image/png", "file:///etc/passwd", "blob:x", "", "ftp://a/b"],
)
def test_addresses_that_lead_nowhere(address):
    assert named(Page("https://www.exemple.fr/", 200, [], ""), "header", address) is None


def test_a_chromium_that_is_named_is_believed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium(Settings()) is None
    assert find_chromium(Settings(chromium="/opt/chromium")) == "/opt/chromium"
