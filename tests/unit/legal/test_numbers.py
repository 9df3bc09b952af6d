"""Company numbers, their check digits and their spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.legal.numbers import company_numbers, is_siren, is_siret, vat_key
from shared.web.folding import fold


def found(text):
    return [(number.form, number.siret or number.siren) for number in company_numbers(fold(text))]


@pytest.mark.parametrize("digits", ["732829320", "356000000", "404833048", "424761419"])
def test_real_numbers_are_right(digits):
    assert is_siren(digits)


@pytest.mark.parametrize(
    "digits", ["732829321", "123456789", "000000000", "111111111", "73282932", "7328293200", "73282932x"]
)
def test_others_are_not(digits):
    assert not is_siren(digits)


def test_establishments_of_la_poste_have_their_own_rule():
    assert is_siret("35600000049837")
    assert not is_siret("35600000049838")
    assert is_siret("73282932000074")
    assert not is_siret("73282932000075")


def test_the_key_of_a_vat_number():
    assert vat_key("404833048") == 83


@pytest.mark.parametrize(
    "text", ["732 829 320", "732.829.320", "732-829-320", "732\u00a0829\u202f320", "B732829320", "732829320RM75"]
)
def test_spellings(text):
    assert found(text) == [("siren", "732829320")]


@pytest.mark.parametrize(
    "text", ["73282932000074", "732 829 320 00074", "732 829 320 000 74", "732829320 00074", "732.829.320.00074"]
)
def test_spellings_of_an_establishment(text):
    assert found(text) == [("siret", "73282932000074")]


@pytest.mark.parametrize("text", ["FR83404833048", "FR 83 404 833 048", "TVA : 83 404 833 048", "fr-83-404833048"])
def test_spellings_of_a_vat_number(text):
    assert found(text) == [("vat", "404833048")]


@pytest.mark.parametrize(
    "text",
    [
        "FR84404833048",
        "+33 732 829 320",
        "0033 732829320",
        "732 829 320 €",
        "7328293201",
        "1732829320",
        "FR7673282932000074123456789",
    ],
)
def test_what_only_looks_like_one(text):
    assert found(text) == []


def test_a_postcode_after_a_number_is_no_establishment():
    assert found("732 829 320 69002 Lyon") == [("siren", "732829320")]


@given(st.integers(0, 10**8 - 1), st.sampled_from(["", " ", ".", "-", "\u00a0"]))
def test_every_right_number_is_found_in_every_spelling(stem, separator):
    number = next(digits for last in range(10) if is_siren(digits := f"{stem:08d}{last}") or last == 9)
    if not is_siren(number):
        return
    spelled = separator.join((number[:3], number[3:6], number[6:]))
    assert found(f"RCS Lyon {spelled}.") == [("siren", number)]
