"""The vocabulary page: every slug that a report or a flat column can hold, written from the rules.

Run: `python -m services.techstack.vocabulary > docs/techstack-vocabulary.md`
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator

from services.techstack.columns import ADS, ANALYTICS, CMS_TIERS
from services.techstack.rules import RuleBook, Technology, default_rules


def vocabulary(rules: RuleBook) -> str:
    """The page as Markdown."""
    return "\n".join(_lines(rules)) + "\n"


def _lines(rules: RuleBook) -> Iterator[str]:
    known = rules.technologies.values()
    yield "# Vocabulary of techstack"
    yield ""
    yield "Written by `python -m services.techstack.vocabulary`, not by hand. Slugs are data: none is ever renamed."
    yield f"{len(rules.technologies)} technologies in {len(rules.categories)} categories."
    yield ""
    yield "## Flat columns"
    yield ""
    yield "Each can hold these slugs, and further ones when a set of your own is loaded ([techstack](techstack.md))."
    yield ""
    for tier in CMS_TIERS:
        yield f"- `tech_cms`, from `{tier}`: {_slugs(known, (tier,))}"
    yield f"- `tech_analytics`: {_slugs(known, ANALYTICS)}"
    yield f"- `tech_ads_pixels`: {_slugs(known, ADS)}"
    for category in rules.categories.values():
        yield ""
        yield f"## {category.label.en}"
        yield ""
        yield f"`{category.slug}`, in French: {category.label.fr}"
        yield ""
        yield "| slug | name |"
        yield "|---|---|"
        for one in _of(known, (category.slug,)):
            yield f"| `{one.slug}` | [{one.name}]({one.website}) |"


def _of(known: Iterable[Technology], categories: Collection[str]) -> list[Technology]:
    return [one for one in known if not set(one.categories).isdisjoint(categories)]


def _slugs(known: Iterable[Technology], categories: Collection[str]) -> str:
    return ", ".join(f"`{one.slug}`" for one in _of(known, categories))


if __name__ == "__main__":
    sys.stdout.write(vocabulary(default_rules()))
