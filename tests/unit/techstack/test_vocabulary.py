"""The pages on techstack say what the rules say."""

from __future__ import annotations

import re
from pathlib import Path

from services.techstack.columns import ADS, ANALYTICS, CMS_TIERS
from services.techstack.rules import default_rules
from services.techstack.vocabulary import vocabulary

DOCS = Path(__file__).parents[3] / "docs"


def test_the_vocabulary_page_is_what_the_rules_make_of_it():
    page = (DOCS / "techstack-vocabulary.md").read_text("utf-8")
    assert page == vocabulary(default_rules()), (
        "run: python -m services.techstack.vocabulary > docs/techstack-vocabulary.md"
    )


def test_the_documented_precedence_is_the_code_s():
    text = (DOCS / "techstack.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(tech_\w+)` \| ([^|]+) \|", text, re.MULTILINE))
    categories = {column: re.findall(r"`(\w+)`", cell) for column, cell in rows.items()}
    assert categories == {
        "tech_cms": list(CMS_TIERS),
        "tech_analytics": list(ANALYTICS),
        "tech_ads_pixels": list(ADS),
    }
