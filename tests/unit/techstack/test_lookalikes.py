"""Precision comes first: pages that speak of technologies yield none of them."""

from __future__ import annotations

import pytest

from services.techstack.detect import analyse
from shared.web.page import Page
from tests.unit.techstack.lookalikes import lookalikes

PAGES = lookalikes()


def found(page: Page) -> set[str]:
    _, report = analyse(page)
    return {one.slug for category in report.categories for one in category.technologies}


def test_there_are_many():
    assert len({page.name for page in PAGES}) == len(PAGES) >= 40


@pytest.mark.parametrize("case", PAGES, ids=lambda page: page.name)
def test_nothing_is_found_that_is_not_there(case):
    assert found(case.page()) == set(case.runs)


def test_nor_on_one_page_of_them_all():
    """Words that are harmless each for itself stay so together: hints do not add up to a product."""
    together = "".join(case.body for case in PAGES)
    headers = [header for case in PAGES for header in case.headers.items()]
    assert found(Page("https://www.exemple.test/", 200, headers, together)) == {"youtube_embed"}


def test_what_they_name_is_found_where_it_runs():
    """The counterpart: the words of the suite in the places where a running product has them."""
    running = Page(
        "https://www.exemple.test/",
        200,
        [("set-cookie", "_fbp=fb.1.1.1; path=/")],
        '<meta name="generator" content="WordPress 6.8.3"><script src="https://js.stripe.com/v3/"></script>'
        "<script>_paq.push(['trackPageView']);</script>",
    )
    assert found(running) >= {"wordpress", "stripe", "matomo", "meta"}


@pytest.mark.parametrize(
    "script",
    [
        "// fbq('init', '1');\nfbq('init', '123456789012345');",
        "/* fbq('init', '1'); */ fbq('init', '123456789012345');",
        "var accept = '*/*', path = '/a/*'; fbq('init', '123456789012345');",
        "var url = 'https://a.test/x'; fbq('init', '123456789012345');",
        "<!--//--><![CDATA[//><!--\nfbq('init', '123456789012345');\n//--><!]]>",
        "x = 1; // Meta Pixel\nfbq('init', '123456789012345');",
    ],
)
def test_beside_a_comment_a_script_still_runs(script):
    assert found(Page("https://www.exemple.test/", 200, [], f"<body><script>{script}</script>")) == {"meta"}


def test_a_comment_left_open_ends_with_its_script():
    scripts = "<script>a(); /* fbq('init', '1')</script><script>fbq('init', '123456789012345')</script>"
    assert found(Page("https://www.exemple.test/", 200, [], scripts)) == {"meta"}


@pytest.mark.parametrize(
    "html",
    [
        "<textarea><!-- This is Squarespace. --></textarea><!-- This is Squarespace. -->",
        "<!-- <script> --><!-- This is Squarespace. --><script>a()</script>",
        "<textarea>a</TextArea ><!-- This is Squarespace. -->",
        "<title>a<!--</title><!-- This is Squarespace. -->",
    ],
)
def test_markup_beside_a_quotation_counts(html):
    assert found(Page("https://www.exemple.test/", 200, [], html)) == {"squarespace"}
