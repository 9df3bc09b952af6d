"""Single values of registers."""

import pytest

from services.legal_data.values import degrees, iso_date, said, year


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("SCI DU MOULIN", "SCI DU MOULIN"),
        ("  x ", "x"),
        ("", None),
        (" ", None),
        (None, None),
        ("[NON-DIFFUSIBLE]", None),
        ("[Non diffusible]", None),
        ("[ND]", None),
        ("[ND] [ND]", None),
        ("SARL ND", "SARL ND"),
    ],
)
def test_what_is_hidden_is_not_said(text, meant):
    assert said(text) == meant


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-06-04", "2024-06-04"),
        ("2024-06-04T00:00:00+02:00", "2024-06-04"),
        ("10 décembre 2009", "2009-12-10"),
        ("1er août 2011", "2011-08-01"),
        ("Le 15 FÉVRIER 2011.", "2011-02-15"),
        ("31 février 2011", None),
        ("10 brumaire 2009", None),
        ("2024-13-01", None),
        ("[ND]", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(text, iso):
    assert iso_date(text) == iso


@pytest.mark.parametrize(
    ("text", "number"), [("1974-03", 1974), (2023, 2023), ("2023", 2023), ("[ND]", None), ("", None), (None, None)]
)
def test_years(text, number):
    assert year(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("47.39", 47.39),
        (0.68, 0.68),
        ("0.0", 0.0),
        (0, 0.0),
        ("", None),
        (None, None),
        ("[NON-DIFFUSIBLE]", None),
        ("nan", None),
    ],
)
def test_degrees(text, number):
    assert degrees(text) == number
