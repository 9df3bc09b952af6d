"""The table of vendors and the file of third-party-web hold together."""

import re

import pytest

from services.ads_intelligence.third_party.build import EVERYDAY, build, slug
from services.ads_intelligence.third_party.entities import entity_of
from services.ads_intelligence.vendors import ANY_HOST, signs, vendors


@pytest.mark.parametrize("name", vendors())
def test_a_vendor_has_a_slug_and_signs(name):
    vendor = vendors()[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert vendor.at or vendor.says or vendor.tags
    for literal, *form in vendor.says:
        assert len(literal) >= 2
        assert len(form) <= 1
        # The literal is what the form is looked for by: it must stand in all that the form matches.
        assert not form or re.sub(r"\W", "", literal) in re.sub(r"\\[a-zA-Z]|\W", "", form[0]), form


def test_forms_have_one_group_at_most_and_stop():
    every = [one for held in signs().at.values() for one in held] + [one for held in signs().says for one in held]
    for sign in [*every, *signs().tags]:
        assert sign.form.groups <= 1
        assert not re.search(r"(?<!\\)[*+](?!\?)(?=[^\]]*(?:\[|$))", re.sub(r"\[[^\]]*\]", "", sign.form.pattern)), sign


def test_hosts_are_hosts():
    assert all(host == ANY_HOST or re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in signs().at)


def test_entities_by_host():
    entity = entity_of("cdn.adnxs-simple.com") or entity_of("ads.pubmatic.com")
    assert entity is not None
    assert (entity.slug, entity.role) == ("pubmatic", "publisher")
    assert entity_of("www.exemple.fr") is None
    assert entity_of("com") is None
    assert entity_of("fonts.googleapis.com") is None
    assert EVERYDAY.search("*.microsoft.com")


def test_build_leaves_out_what_is_no_advertising():
    source = b"""[{"name":"Zeta Ads","category":"ad","domains":["*.zeta.io"]},{"name":"Fonts","category":"utility","domains":["f.io"]},
    {"name":"Portal","category":"ad","domains":["*.yahoo.com"]},{"name":"Alpha CMP","category":"consent-provider","domains":["a.io"]}]"""
    assert b'"publisher":{"zeta_ads":["*.zeta.io"]}' in build(source)
    assert b'"consent":{"alpha":["a.io"]}' in build(source)
    assert b"f.io" not in build(source)
    assert b"yahoo" not in build(source)
    assert build(source) == build(source)
    assert slug("Amnet & Co CMP") == "amnet_co"
