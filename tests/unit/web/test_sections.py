"""Whose words are these?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.web.outline import LABEL_LEVEL, outline
from shared.web.page import Page
from shared.web.sections import own, sections


def cut(html: str):
    return sections(outline(Page("https://www.lemoine.fr/mentions-legales", 200, [], html)))


def owner_of(html: str, words: str) -> str:
    (owner,) = {part.owner for part in cut(html) if words in part.text}
    return owner


@pytest.mark.parametrize(
    ("html", "owner"),
    [
        ("<h2>1. Éditeur du site</h2><p>X</p>", "publisher"),
        ("<h2>Hébergeur</h2><p>OVH</p><p>X</p>", "host"),
        ("<h3>2 – Hébergement du site :</h3><p>X</p>", "host"),
        ("<h2>Web hosting provider</h2><h4>Address</h4><p>OVH</p><h2>Cookies</h2><p>X</p>", "unknown"),
        ("<p><strong>Hébergement :</strong></p><p>OVH<br>2 rue Kellermann<br>X</p>", "host"),
        ("<p>Hébergeur : OVH<br>2 rue Kellermann<br>X</p>", "host"),
        ("<p>Hébergeur : OVH</p><p>" + "Nous respectons vos droits. " * 8 + "X</p>", "unknown"),
        ("<p>Hébergeur : OVH</p><p>Directeur de la publication : X</p>", "director"),
        ("<p>Le site est édité par la SARL Lemoine et hébergé par OVH, X</p>", "host"),
        ("<p>Le site hébergé par OVH est édité par la SARL X</p>", "publisher"),
        ("<p>Hosted by OVH, X</p>", "host"),
        ("<p>Website by X</p>", "agency"),
        ("<h2>Conception et réalisation</h2><p>X</p>", "agency"),
        ("<p>Site réalisé par X</p>", "agency"),
        ("<dl><dt>Création du site</dt><dd>X</dd></dl>", "agency"),
        ("<h2>Médiation de la consommation</h2><p>X</p>", "mediator"),
        ("<p>Vous pouvez saisir la CNIL, X</p>", "authority"),
        ("<h2>Délégué à la protection des données</h2><p>X</p>", "dpo"),
        ("<h2>Réalisation</h2><p>Pixel</p><footer>X</footer>", "unknown"),
        ("<p>Nos pains sont réalisés avec soin. X</p>", "unknown"),
        ("<p>La conception de nos gâteaux, X</p>", "unknown"),
    ],
)
def test_owner(html, owner):
    assert owner_of(html, "X") == owner


def test_foreign_sections_are_left_out():
    parts = cut(
        "<h2>Éditeur</h2><p>Lemoine</p><h2>Hébergeur</h2><p>OVH</p><footer>© Lemoine – Réalisé par Pixel</footer>"
    )
    assert [part.text for part in own(parts)] == ["Éditeur", "Lemoine", "© Lemoine –"]


def test_links_go_with_their_words():
    parts = cut(
        '<p>Édité par <a href="mailto:a@lemoine.fr">Lemoine</a>, hébergé par <a href="https://ovh.com">OVH</a></p>'
    )
    assert [(part.owner, [link.text for link in part.links]) for part in parts] == [
        ("publisher", ["Lemoine"]),
        ("host", ["OVH"]),
    ]


def test_outline():
    blocks = outline(
        Page(
            "https://www.lemoine.fr/",
            200,
            [],
            "<header><a href='/'><img alt='Lemoine'></a></header><nav><a href=/a>A</a><a href=/b>B</a></nav>"
            "<main><h2>Pains</h2><p>04 78 <b>12</b>34<br>ligne</p><p><b>Horaires</b></p><script>x</script>"
            "<article><footer>signé</footer></article></main><div class='site-footer'><div>bas</div></div><p>fin</p>",
        )
    )
    assert [(block.text, block.region, block.level) for block in blocks] == [
        ("", "header", 0),
        ("A B", "nav", 0),
        ("Pains", "main", 2),
        ("04 78 1234", "main", 0),
        ("ligne", "main", 0),
        ("Horaires", "main", LABEL_LEVEL),
        ("signé", "main", 0),
        ("bas", "footer", 0),
        ("fin", "main", 0),
    ]
    assert blocks[0].links[0].hint == "Lemoine"
    assert [(link.at, link.url) for link in blocks[1].links] == [
        (0, "https://www.lemoine.fr/a"),
        (1, "https://www.lemoine.fr/b"),
    ]


_PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<h2>",
        "<footer>",
        "</footer>",
        "<a href=x>",
        "</a>",
        "<b>",
        "<br>",
        "<table>",
        "<td>",
        "hébergé par",
        "Éditeur :",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES | st.text(max_size=6), max_size=60).map("".join))
def test_every_word_and_link_is_in_one_section(html):
    blocks = outline(Page("https://www.lemoine.fr/", 200, [], html))
    parts = sections(blocks)
    assert "".join("".join(part.text for part in parts).split()) == "".join(
        "".join(block.text for block in blocks).split()
    )
    assert sum(len(part.links) for part in parts) == sum(len(block.links) for block in blocks)
