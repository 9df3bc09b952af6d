"""The modules' figures in docs/accuracy.md are what the golden cases give today."""

from __future__ import annotations

from tests.accuracy.modules_section import scored
from tests.accuracy.report import DOC, row


def test_the_document_has_the_computed_figures():
    text = DOC.read_text("utf-8")
    renew = "renew it: python -m tests.accuracy.modules_section --write"
    assert [line for one in scored() if (line := row(one.row())) not in text] == [], renew
