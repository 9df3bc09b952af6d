"""Ratings, days and texts as they are stated, and reviews that are the same."""

import pytest

from services.reviews.dates import day_of
from services.reviews.opinion import MOST, Opinion, PlaceNamed, rows, unique
from services.reviews.rating import rating_of
from services.reviews.wording import name_of, text_of

PLACE = PlaceNamed(nom="n", adresse=None, link=None)


@pytest.mark.parametrize(
    ("stated", "rating"),
    [
        (5, 5), ("4,5", 4.5), ("3.0", 3), ("4/5", 4), ("9 / 10", 4.5), ("80 %", 4), ("★★★", 3), ("5 étoiles", 5),
        ({"ratingValue": 1, "bestRating": 10}, 1), ({"ratingValue": "0,9", "bestRating": 1}, 4.5),
        ({"ratingValue": 0, "bestRating": 10, "worstRating": 0}, 1), ([{"ratingValue": 2}], 2), ({"ratingValue": ["4"]}, 4),
        (0, None), (6, None), (-1, None), ("", None), ("dix", None), (None, None), (True, None), ([], None), ({}, None),
        (float("nan"), None), (float("inf"), None), (10**400, None), ("9" * 5000, None), ("4 5", None), ("1e0", None),
        ({"ratingValue": 3, "bestRating": 5, "worstRating": 5}, None), ({"ratingValue": 5, "bestRating": 5000}, None),
    ],
)  # fmt: skip
def test_ratings(stated, rating):
    assert rating_of(stated) == rating


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("2026-01-05", "2026-01-05"), ("2026-01-05 10:00:00", "2026-01-05"), ("5/1/2026", "2026-01-05"),
        ("05.01.2026", "2026-01-05"), ("13/01/2026", "2026-01-13"), ("01/13/2026", "2026-01-13"),
        ("lundi 5 janvier 2026", "2026-01-05"), ("5 DÉC. 2025", "2025-12-05"), ("Jan 5th, 2026", "2026-01-05"),
        (1767607200000, "2026-01-05"), (["2026-01-05"], "2026-01-05"), ({"@value": "2026-01-05"}, "2026-01-05"),
        ("2026", None), ("hier", None), ("", None), (None, None), (7, None), (True, None), (10**30, None),
        (float("nan"), None), ("1850-01-01", None), ("32/01/2026", None), ("5 brumaire 2026", None), ([], None),
    ],
)  # fmt: skip
def test_days(stated, day):
    assert day_of(stated) == day


def test_a_day_whose_order_depends_on_the_language():
    assert day_of("03/04/2025", "fr") == day_of("03/04/2025", "en-GB") == day_of("03/04/2025") == "2025-04-03"
    assert day_of("03/04/2025", "en") is day_of("03/04/2025", "EN-us") is None
    assert day_of("04/04/2025", "en-US") == "2025-04-04"


def test_texts():
    assert text_of("a<br>b <i>c</i>") == "a\nb c"
    assert text_of("1 < 2 & 3") == "1 < 2 & 3"
    assert text_of({"@value": "x", "@language": "fr"}) == text_of(["", "x"]) == "x"
    assert text_of("<script>alert(1)</script>ok") == "ok"
    assert text_of("=1+1") == "=1+1", "what a spreadsheet makes of it is the export's matter"
    assert text_of(7) is text_of(" ") is text_of(None) is text_of("<b></b>") is None
    long = text_of("mot " * 9000)
    assert (len(long) <= 5000, long[-1]) == (True, "…")
    assert name_of("x" * 900) == "x" * 200
    assert name_of([{"name": ""}, {"name": "B"}]) == "B"
    assert name_of({"@value": "C"}) == name_of({"name": {"@value": "C"}}) == "C"
    assert name_of("#ref") is name_of("www.exemple.fr") is name_of("--") is None


def test_the_same_review_is_told_once_and_what_is_missing_filled_in():
    said = "Un accueil charmant et des plats qui changent."
    found = unique(
        [
            Opinion(author="Léa", text=said),
            Opinion(author="Tom", rating=5),
            Opinion(author="LÉA", text=said.upper(), rating=4, date="2026-01-02"),
            Opinion(author="Tom", rating=5),
            Opinion(author="Tom", rating=4),
            Opinion(text="👍"),
            Opinion(text="👎"),
        ]
    )
    assert found[0] == Opinion(author="Léa", text=said, rating=4, date="2026-01-02")
    assert [(one.author, one.rating, one.text) for one in found[1:]] == [
        ("Tom", 5, None), ("Tom", 4, None), (None, None, "👍"), (None, None, "👎"),
    ]  # fmt: skip


def test_a_place_has_as_many_rows_as_a_result_can_hold():
    assert len(rows(PLACE, [Opinion(rating=5)] * 5000)) == MOST
    many = rows(PLACE, [Opinion(text="é" * 5000)] * MOST)
    assert 20 <= len(many) <= 40
