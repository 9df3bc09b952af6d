"""Which pages are left alone."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest

from shared.web.defuse import _LONG_TAG, _has_long_stretch, defuse


def longest_stretch(html: str) -> int:
    starts = [0, *(match.start() for match in re.finditer(r"<[a-zA-Z/]", html)), len(html)]
    return max(following - here for here, following in pairwise(starts))


@pytest.mark.parametrize("seed", range(40))
def test_a_long_stretch_is_found_wherever_it_is(seed: int) -> None:
    chance = random.Random(seed)
    lengths = [chance.choice((1, 50, _LONG_TAG // 2, _LONG_TAG - 2, _LONG_TAG - 1, _LONG_TAG)) for _ in range(12)]
    html = "".join(chance.choice(("<p", "</", "< ", "<!")) + chance.choice("x<") * length for length in lengths)
    assert _has_long_stretch(html) == (longest_stretch(html) > _LONG_TAG)


def test_an_ordinary_page_stays_as_it_is() -> None:
    html = "<p class=a>Bonjour</p>" * 5000
    assert defuse(html) is html
