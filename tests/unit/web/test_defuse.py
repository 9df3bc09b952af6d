"""Which pages are left alone."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest

from shared.web.defuse import _LONG_TAG, _long_stretches, defuse


def long_stretches(html: str) -> list[tuple[int, int]]:
    starts = [0, *(match.start() for match in re.finditer(r"<[a-zA-Z/]", html)), len(html)]
    return [(here, following) for here, following in pairwise(starts) if following - here > _LONG_TAG]


@pytest.mark.parametrize("seed", range(40))
def test_long_stretches_are_found_wherever_they_are(seed: int) -> None:
    chance = random.Random(seed)
    lengths = [chance.choice((1, 50, _LONG_TAG // 2, _LONG_TAG - 2, _LONG_TAG - 1, _LONG_TAG)) for _ in range(12)]
    html = "".join(chance.choice(("<p", "</", "< ", "<!")) + chance.choice("x<") * length for length in lengths)
    assert list(_long_stretches(html)) == long_stretches(html)


def test_an_ordinary_page_stays_as_it_is() -> None:
    html = "<p class=a>Bonjour</p>" * 5000
    assert defuse(html) is html
