"""Telephone numbers: spellings, countries and what is none."""

import pytest

from shared.web.phone_numbers import find_phones, read_phone, region_of


def found(text, region="FR"):
    return [placed.phone.e164 for placed in find_phones(text, region)]


@pytest.mark.parametrize(
    "text",
    [
        "04 65 71 10 02",
        "04.65.71.10.02",
        "04-65-71-10-02",
        "04/65/71/10/02",
        "0465711002",
        "(04) 65 71 10 02",
        "0 465 711 002",
        "+33 4 65 71 10 02",
        "+33 (0)4 65 71 10 02",
        "(+33) 4 65 71 10 02",
        "0033 4 65 71 10 02",
        "+330465711002",
        "04\u00a065\u202f71 10 02",
    ],
)
def test_spellings(text):
    assert found(f"Tél. {text}, du lundi au samedi") == ["+33465711002"]


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("0262 12 34 56", "+262262123456"),
        ("0692 12 34 56", "+262692123456"),
        ("+33 692 12 34 56", "+262692123456"),
        ("0639 04 12 34", "+262639041234"),
        ("0590 81 12 34", "+590590811234"),
        ("0594 30 12 34", "+594594301234"),
        ("0696 20 12 34", "+596696201234"),
        ("+687 28 12 34", "+687281234"),
        ("+689 40 41 23 45", "+68940412345"),
        ("+508 41 12 34", "+508411234"),
        ("+32 2 555 12 12", "+3225551212"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_countries(text, e164):
    assert found(text) == [e164]


@pytest.mark.parametrize(
    ("host", "postcode", "region"),
    [
        ("a.fr", None, "FR"),
        ("a.com", "97400", "RE"),
        ("a.be", None, "BE"),
        ("a.nc", None, "NC"),
        ("a.fr", "98714", "PF"),
    ],
)
def test_the_country_of_numbers_without_a_code(host, postcode, region):
    assert region_of(host, postcode) == region


def test_numbers_of_other_plans_are_found_without_a_code():
    assert found("Tél. 02 555 12 12", "BE") == ["+3225551212"]
    assert found("Tél. 28 12 34", "NC") == ["+687281234"]
    assert found("04 65 71 10 02", "RE") == ["+33465711002"]


@pytest.mark.parametrize(
    "text",
    [
        "433 115 904",
        "01.02.2025 10:30",
        "FR76 3000 4000 0312 3456 7890 143",
        "04 65 71 10",
        "01 23 45 67 89",
        "00 00 00 00 00",
        "146571100212",
    ],
)
def test_what_is_no_number(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "is_free", "is_surcharged"),
    [
        ("0 800 12 34 56", True, False),
        ("0 809 12 34 56", True, False),
        ("0 810 12 34 56", False, True),
        ("0 826 12 34 56", False, True),
        ("0 892 12 34 56", False, True),
        ("09 72 12 34 56", False, False),
    ],
)
def test_what_a_call_costs(text, is_free, is_surcharged):
    phone = read_phone(text)
    assert (phone.is_free, phone.is_surcharged) == (is_free, is_surcharged)
