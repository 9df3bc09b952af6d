"""reviews on its golden cases."""

import pytest

from contracts.manifest import load_manifests
from services.reviews.asked import Asked
from services.reviews.extract import extract
from tests.golden.cases import CasePage
from tests.unit.reviews.cases import cases, score


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_finds_what_is_stated_of_the_place_and_nothing_else(case):
    assert case.found() == case.rows


def test_at_least_half_of_the_cases_are_traps():
    assert len(cases()) >= 40
    assert 2 * sum(case.trap for case in cases()) >= len(cases())


def test_the_score_of_the_table_is_that_of_the_cases():
    right, wrong, missed = score()
    assert (wrong, missed) == (0, 0)
    assert right == sum(len(row) for case in cases() for row in case.rows)


def test_rows_name_the_place_as_it_was_asked_for_else_as_the_site_does():
    ld = """{"@type":"Bakery","name":"Lemoine","address":{"streetAddress":"8 rue Haute","postalCode":"37000",
    "addressLocality":"Tours"},"review":{"author":"A","reviewBody":"Bien"}}"""
    pages = [CasePage(html=f'<script type="application/ld+json">{ld}</script>').site_page()]
    (row,) = extract(pages, Asked())
    assert list(row) == load_manifests()["reviews"].columns
    assert (row["nom"], row["adresse"], row["lien_google_maps"]) == ("Lemoine", "8 rue Haute, 37000 Tours", None)
    (row,) = extract(pages, Asked(nom="SARL Lemoine", adresse="8, r. Haute", link="https://maps.app.goo.gl/x"))
    assert (row["nom"], row["adresse"], row["lien_google_maps"]) == (
        "SARL Lemoine", "8, r. Haute", "https://maps.app.goo.gl/x",
    )  # fmt: skip
