"""Hostile pages: an answer always, in time that grows with the page and no faster."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.manifest import load_manifests
from services.reviews.asked import Asked, asked
from services.reviews.extract import extract
from services.reviews.maps_link import read_link
from services.reviews.opinion import MOST
from shared.modulekit.output import MAX_RESULT_BYTES
from shared.web.page import Page
from shared.web.site_pages import SitePage
from tests.timing import assert_linear

PARTS = [
    *(
        "<script type='application/ld+json'>",
        "</script>",
        "<div itemscope itemtype='https://schema.org/Store'>",
        "</div>",
    ),
    *(
        "<p itemprop='review' itemscope itemtype='Review'>",
        "<i itemprop='reviewBody'>",
        "<i itemprop='name'>",
        "<time>",
    ),
    *(
        '{"@type":"Store","name":"Lemoine","review":',
        '{"reviewBody":"Bien","author":"A"}',
        '"reviewRating":{',
        '"@id":"#a"',
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        '"',
        ":",
        '"ratingValue":"4,5"',
        '"bestRating":1e999',
        '"datePublished":"',
        "05/01/2026",
    ),
    *('"itemReviewed":{"@id":"#a"},', '"@graph":[', "&eacute;", "\\ud800", "\x00", "<b>", "★★", "\U0001f600", "null"),
]
KEYS = """@type @id @graph @value name review author reviewRating ratingValue bestRating reviewBody datePublished
itemReviewed comment address""".split()  # noqa: SIM905
WORDS = st.text(max_size=8) | st.sampled_from(["Review", "Store", "#a", "Lemoine"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)


def found_on(html, **about):
    pages = [SitePage(kind, Page(f"https://exemple.fr/{kind}", 200, [], html)) for kind in ("home", "reviews")]
    return extract(pages, Asked(**about))


def check(rows):
    columns = load_manifests()["reviews"].columns
    assert len(rows) <= MOST
    assert len(msgspec.json.encode(rows)) < MAX_RESULT_BYTES
    for row in rows:
        assert list(row) == columns
        assert row["rating"] is not None or row["review_text"]
        assert row["rating"] is None or 1 <= row["rating"] <= 5
        assert row["date"] is None or len(row["date"]) == 10
        assert row["owner_replied"] in (None, True)
        assert all(row[name] is None or row[name].strip() for name in ("reviewer_name", "review_text"))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PARTS) | st.text(max_size=6), max_size=80).map("".join))
def test_any_page_has_an_answer(html):
    check(found_on(html, nom="Lemoine"))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_any_structured_data_has_an_answer(value):
    text = msgspec.json.encode({"@type": "Store", "name": "Lemoine", "review": value}).decode()
    check(found_on(f"<script type='application/ld+json'>{text}</script>", nom="Lemoine"))


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["nom", "place_id", "lat", "lon", "code_postal", "ville", "site_web"]), JSON),
    st.text(),
)
def test_any_item_and_any_link_can_be_read(item, text):
    for link in (text, f"https://www.google.com/maps/{text}", f"https://maps.google.com/?q={text}"):
        wanted = asked(item, read_link(link))
        assert wanted.nom is None or wanted.nom.strip()


REVIEW = '{"reviewBody":"Bien","author":"A"}'


@pytest.mark.parametrize(
    ("before", "atom"),
    [
        ('<script type="application/ld+json">{"@type":"Store","name":"L","review":[', REVIEW + ","),
        (
            '<script type="application/ld+json">[',
            '{"@type":"Review","itemReviewed":{"@type":"Store"},"reviewBody":"x"},',
        ),
        ('<script type="application/ld+json">[', '{"@type":"Store","name":"L","review":' + REVIEW + "},"),
        ('<script type="application/ld+json">', '{"@type":"Store","review":['),
        ("review", '<script type="application/ld+json">' + REVIEW + "</script>"),
        ("review", "<div itemscope itemtype='https://schema.org/Store'><p itemprop=review>"),
        ("review", "<p itemscope itemtype='https://schema.org/Review'><i itemprop=reviewBody>x</i></p>"),
        ('<script type="application/ld+json">{"@type":"Store","review":{"reviewBody":"', "&amp;amp;lt;b&gt;<p>"),
        ('<script type="application/ld+json">{"@type":"Store","review":{"reviewBody":"', "<b "),
        ('<script type="application/ld+json">{"@type":"Store","review":{"author":"', "é "),
        ("review<title>", "Lemoine "),
    ],
)
def test_time_grows_with_the_page(before, atom):
    def run(size):
        html = before + atom * (size // len(atom))
        html += '"}}]}</script>' if "reviewBody" in before[-20:] else "null]}</script>"
        check(found_on(html, nom="Lemoine"))

    assert_linear(run, small=40_000, times=8, at_most=30)
