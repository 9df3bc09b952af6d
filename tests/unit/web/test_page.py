from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.net.client import Response
from shared.web.page import Link, Page
from tests.timing import assert_within

HTML = """<!doctype html><html lang="fr-FR"><head>
<title>
  Boulangerie   Dupré
</title>
<base href="/fr/">
<meta name="Description" content="Pains"><meta property="og:title" content="A"><meta property="og:title" content="B">
<meta http-equiv="Content-Language" content="de">
<link rel="stylesheet" href="style.css"><link rel="alternate stylesheet" href="//cdn.example/x.css">
<link rel="icon" href="i.png">
<script src="app.js?v=1"></script><script>var a = "<b>";</script><script src="https://cdn.example/y.js"></script>
<style>p { color: red }</style></head>
<body><h1>Bonjour</h1><p>Tél&nbsp;: 04 78 <b>12</b> 34<i>56</i></p><ul><li>un<li>deux</ul>
<table><tr><td>Lundi</td><td>fermé</td></tr></table><noscript>sans script</noscript><template>caché</template>
<a href="contact.html" rel="NoFollow">Nous <b>contacter</b></a>
<a href="#bas">bas</a><a href=" https://autre.example/x ">autre</a><a href="mailto:a@b.fr">mail</a>
<a href="javascript:void(0)">rien</a><a href="">vide</a><a>sans</a><a href="http://[broken">cassé</a>
<area href="/plan"><script type="application/json">{"x": 1}</script></body></html>"""


def made(body: bytes, kind: str = "text/html", url: str = "https://shop.example/a/b.html") -> Page:
    headers = [("content-type", kind), ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=x=y"), ("set-cookie", "junk")]
    return Page.from_response(Response(url, url, 200, headers, body, "HTTP/1.1", 1, [], None, "1.1.1.1", ""))


@pytest.fixture
def page() -> Page:
    return made(HTML.encode())


def test_head(page: Page) -> None:
    assert (page.url, page.status) == ("https://shop.example/a/b.html", 200)
    assert page.title == "Boulangerie Dupré"
    assert page.language == "fr-FR"
    assert page.meta["description"] == ["Pains"]
    assert page.meta["og:title"] == ["A", "B"]
    assert page.meta["content-language"] == ["de"]
    assert page.headers["set-cookie"] == ["a=1; Path=/", "b=x=y", "junk"]
    assert page.cookies == {"a": "1", "b": "x=y"}


def test_addresses_honour_the_base(page: Page) -> None:
    assert page.scripts == ["https://shop.example/fr/app.js?v=1", "https://cdn.example/y.js"]
    assert page.stylesheets == ["https://shop.example/fr/style.css", "https://cdn.example/x.css"]
    assert page.inline_scripts == ['var a = "<b>";', '{"x": 1}']


def test_links(page: Page) -> None:
    assert page.links == [
        Link("https://shop.example/fr/contact.html", "Nous contacter", "nofollow"),
        Link("https://shop.example/fr/#bas", "bas", ""),
        Link("https://autre.example/x", "autre", ""),
        Link("mailto:a@b.fr", "mail", ""),
        Link("https://shop.example/plan", "", ""),
    ]


def test_visible_text(page: Page) -> None:
    assert page.text.splitlines()[:4] == ["Bonjour", "Tél : 04 78 12 3456", "un", "deux"]
    assert "Lundi fermé" in page.text
    assert not any(hidden in page.text for hidden in ("sans script", "caché", "color", "var a", "Boulangerie"))


@pytest.mark.parametrize(
    ("markup", "language"),
    [
        ("<html lang=' en '>", "en"),
        ("<meta http-equiv=content-language content='nl, fr'>", "nl"),
        ("<p>", None),
    ],
)
def test_language(markup: str, language: str | None) -> None:
    assert made(markup.encode()).language == language


@pytest.mark.parametrize("base", ["javascript:x", "http://[x", "", "x" * 3000, "data:,"])
def test_a_useless_base_is_passed_over(base: str) -> None:
    assert made(f"<base href='{base}'><script src=x.js></script>".encode()).scripts == ["https://shop.example/a/x.js"]


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"<", b"\xff\xfe", b"%PDF-1.7 \x80\x81", b"<frameset><frame src=x>", b"<title>"]
)
def test_anything_is_a_page(body: bytes) -> None:
    page = made(body)
    everything(page)


def test_pages_are_parsed_in_threads() -> None:
    with ThreadPoolExecutor(4) as threads:
        pages = [made(HTML.encode()) for _ in range(40)]
        list(threads.map(everything, pages))
    assert all(page.title == "Boulangerie Dupré" for page in pages)


def everything(page: Page) -> None:
    _ = (page.tree, page.title, page.language, page.meta, page.scripts, page.inline_scripts, page.stylesheets)
    _ = (page.links, page.text, page.cookies)


SIZE = 5 * 1024 * 1024


def filled(unit: str) -> str:
    return (unit * (SIZE // len(unit) + 1))[:SIZE]


def numbered(unit: str, count: int) -> str:
    return "".join(unit.replace("#", str(number)) for number in range(count))


HOSTILE = {
    "deep": lambda: filled("<div>"),
    "deep lists": lambda: filled("<li><ul>x"),
    "formatting": lambda: "<div>" + numbered("<b a=#>", 100_000) + "</div>" + "<p>x</p>" * 100_000,
    "little formatting": lambda: "<div>" + numbered("<b a=#>", 2000) + "</div>" + "<p>x</p>" * 2000,
    "adoption": lambda: numbered("<font a=#><p>", 100_000) + "</font>" * 100_000,
    "attributes": lambda: "<div " + numbered("a#=1 ", 600_000) + ">",
    "quoted attributes": lambda: "<div " + numbered("a#='>'", 500_000) + ">",
    "open tags": lambda: filled("<a"),
    "open quotes": lambda: filled('<a b="'),
    "brackets": lambda: filled("<"),
    "brackets after tags": lambda: filled("<a" + "<" * 16_000),
    "comments": lambda: filled("<!--"),
    "nested links": lambda: filled("<a href=x><object>"),
    "tables": lambda: filled("<table><tr><td>x"),
    "foreign": lambda: filled("<svg><g><math><mi>"),
    "a long base": lambda: "<base href='http://x.example/" + "a" * SIZE + "'>" + "<a href=x>y</a>" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_five_hostile_megabytes_take_seconds_at_most(name: str) -> None:
    body = HOSTILE[name]().encode()
    assert_within(20, lambda: everything(made(body)))  # 0.1 to 2.5 s; without the guard minutes


def test_a_large_honest_page_keeps_all_its_text_within_the_limit() -> None:
    html = "<html><body>" + "<p><b>ligne</b></p>" * 7000 + "<footer>SIREN 433 115 904</footer>"
    page = made(html.encode())
    assert page.text.count("ligne") == 7000
    assert page.text.endswith("SIREN 433 115 904")


def test_a_page_of_very_many_tags_keeps_its_head_and_its_foot() -> None:
    html = "<title>t</title><p>début</p>" + "<p>ligne</p>" * 100_000 + "<footer>SIREN 433 115 904</footer>"
    page = made(html.encode())
    assert page.title == "t"
    assert page.text.startswith("début")
    assert page.text.endswith("SIREN 433 115 904")
