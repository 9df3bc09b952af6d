"""What codes of the registers mean."""

from importlib.resources import files

import pytest

from services.legal_data import labels
from services.legal_data.kind import form_family
from services.legal_data.vocabulary import vocabulary
from shared.legal.naf import naf_labels

FORMS = files("services.legal_data").joinpath("legal_forms.tsv").read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("5710", "SAS"),
        ("5499", "SARL"),
        ("1000", "Entrepreneur individuel"),
        ("9220", "Association déclarée"),
        ("0", None),
    ],
)
def test_legal_forms(code, label):
    assert labels.legal_form(code) == label


def test_every_line_is_a_code_and_its_label_once():
    pairs = [line.split("\t") for line in FORMS]
    assert all(len(code) == 4 and code.isdecimal() and label == label.strip() != "" for code, label in pairs)
    codes = [code for code, _ in pairs]
    assert codes == sorted(set(codes))
    assert len(codes) > 250


@pytest.mark.parametrize(
    ("code", "label"), [("10.71C", "Boulangerie et boulangerie-pâtisserie"), ("99.99Z", None), ("", None), (None, None)]
)
def test_naf(code, label):
    assert labels.naf_label(code) == label


def test_the_naf_is_whole():
    assert len(naf_labels()) == 732


@pytest.mark.parametrize(
    ("code", "label"),
    [("NN", "Non employeur"), ("00", "0 salarié"), ("12", "20 à 49 salariés"), ("99", None), (None, None)],
)
def test_headcounts(code, label):
    assert labels.headcount(code) == label


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("5499", "sarl"),
        ("5485", "sel"),
        ("5710", "sas"),
        ("6540", "sci"),
        ("6561", "scp"),
        ("1000", "ei"),
        ("7210", None),
    ],
)
def test_families_of_forms(code, family):
    assert form_family(code) == family


def test_the_words_of_trades_name_codes_that_exist():
    known = list(naf_labels())
    for word, starts in vocabulary().trades.items():
        for start in starts:
            assert any(code.startswith(start) for code in known), (word, start)


def test_a_word_for_another_is_one_that_is_known():
    words = vocabulary()
    known = words.trades.keys() | words.common | words.light | {"saint", "commune"}
    assert set(words.same.values()) <= known
    assert not words.noise & (words.trades.keys() | words.common | words.light)
