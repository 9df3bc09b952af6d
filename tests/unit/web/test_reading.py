"""A page is read once for all modules, and what is remembered is bounded."""

from shared.web.page import Page
from shared.web.reading import Readings
from shared.web.structured_data import json_ld_objects
from tests.bench.modules import answer


def read(readings, response):
    """The reading, and how often the page was parsed for it."""
    parsed = []

    def page():
        parsed.append(Page.from_response(response))
        return parsed[-1]

    return readings.of(response, page), len(parsed)


def test_the_second_module_reads_nothing():
    readings = Readings()
    first, parsed = read(readings, answer(1, "home", 9000))
    again, not_parsed = read(readings, answer(1, "home", 9000))
    assert again is first and (parsed, not_parsed) == (1, 0)
    assert first.sections is again.sections and first.outline
    assert [one["@type"] for one in json_ld_objects(again.json_ld_blocks)] == ["LocalBusiness"]
    assert first.named["contact"] == ["https://firm-00001.bulk.test/contact"]


def test_a_page_that_has_changed_is_read_again():
    readings = Readings()
    assert read(readings, answer(1, "home", 9000))[0] is not read(readings, answer(1, "home", 9600))[0]


def test_the_oldest_are_forgotten():
    readings = Readings(most_bytes=50_000)
    pages = [answer(number, "home", 9000) for number in range(1, 20)]
    for page in pages:
        read(readings, page)
    read(readings, answer(99, "home", 60_000))
    assert [read(readings, page)[1] for page in pages] == [1] * len(pages)
    assert read(readings, pages[-1])[1] == 0
