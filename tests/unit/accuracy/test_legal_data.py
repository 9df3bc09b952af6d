"""legal_data's figures in docs/accuracy.md are what the golden cases give today."""

from __future__ import annotations

from tests.accuracy.legal_data_section import scored
from tests.accuracy.report import DOC, row


def test_the_document_has_the_computed_figures():
    text = DOC.read_text("utf-8")
    missing = [one.name for one in scored() if row(one.row()) not in text]
    assert not missing, "renew it: python -m tests.accuracy.legal_data_section --write"


def test_nobody_is_named_wrongly():
    assert sum(one.wrong for one in scored()) == 0
