import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.export.sanitise import sanitise, sanitise_names, sanitise_value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Café",
        "'=1",
        " =1+1",
        "12",
        "-3.5",
        "+33 1 23 45 67 89",
        "+1 (555) 010-9999",
        "-12/04/2026",
        "1,5",
        "a=b",
    ],
)
def test_harmless_text_stays(text):
    assert sanitise(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+cmd",
        "-2+3",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\0x",
        "＝1",
        "＋1",
        "－1",
        "＠a",
        "+",
        "-",
        "+33\n",
        "+33 1 =x",
        "-1+cmd|' /C calc'!A0",
    ],
)
def test_what_could_be_a_formula_gets_an_apostrophe(text):
    assert sanitise(text) == "'" + text


@given(st.text())
def test_sanitising_never_loses_text_and_settles_at_once(text):
    assert sanitise(text).removeprefix("'").endswith(text.removeprefix("'"))
    assert sanitise(sanitise(text)) == sanitise(text)


def test_nested_strings_and_keys():
    value = {"=k": ["=a", {"@b": "-x", "n": -3}], "ok": None}
    assert sanitise_value(value) == {"'=k": ["'=a", {"'@b": "'-x", "n": -3}], "ok": None}


def test_names_stay_distinct():
    assert sanitise_names(["=a", "'=a", "b"]) == ["''=a", "'=a", "b"]
    assert sanitise_value({"'=a": 1, "=a": 2}) == {"'=a": 1, "''=a": 2}
