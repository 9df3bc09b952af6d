"""What a job needs so that there is a source for any of its items."""

import itertools

from shared.review_sources import NOTHING_TO_ASK, missing_source
from shared.settings import Settings

NAMED = {"nom": "Lemoine", "ville": "Tours"}


def test_a_key_or_a_site_is_enough():
    assert missing_source(Settings(), [NAMED, {"url": "lemoine.fr"}]) is None
    assert missing_source(Settings(google_places_key="k"), [NAMED]) is None
    assert missing_source(Settings(), [NAMED, {"site_web": " "}, {"site_web": "javascript:x"}]) == NOTHING_TO_ASK
    assert "OUTSEND_GOOGLE_PLACES_KEY" in NOTHING_TO_ASK


def test_it_looks_no_further_than_the_first_site():
    endless = itertools.chain([NAMED], itertools.repeat({"site_web": "lemoine.fr"}))
    assert missing_source(Settings(), endless) is None
