"""What every rule must be, and what a rule file is refused for."""

from __future__ import annotations

import re
from functools import partial

import pytest

from services.techstack.patterns import parse_pattern
from services.techstack.rules import RULES, RuleError, default_rules, load_rules
from services.techstack.safety import weakness
from services.techstack.selectors import selector_literals
from tests.timing import assert_within

TECHNOLOGIES = default_rules().technologies
PROBES = [probe for technology in TECHNOLOGIES.values() for probe in technology.probes]
TEXT_PROBES = [probe for probe in PROBES if probe.where in ("url", "script_url", "inline_script", "html")]


def test_slugs_are_words_for_filters():
    assert all(re.fullmatch(r"[a-z0-9]+(?:_[a-z0-9]+)*", slug) for slug in TECHNOLOGIES)


def test_every_technology_can_be_seen_and_read_about():
    for technology in TECHNOLOGIES.values():
        assert technology.probes, technology.slug
        assert technology.website.startswith("https://"), technology.slug


def test_every_text_pattern_has_a_mandatory_literal():
    assert [(p.slug, p.pattern.source) for p in TEXT_PROBES if not p.pattern.literals] == []
    assert [(p.slug, p.key) for p in PROBES if p.where == "dom" and not selector_literals(p.key)] == []


def test_version_templates_name_groups_that_exist():
    for probe in PROBES:
        used = [int(number) for number in re.findall(r"\\(\d)", probe.pattern.version)]
        assert all(number <= probe.pattern.compiled.groups for number in used), (probe.slug, probe.pattern.source)


def test_no_category_is_empty():
    used = {category for technology in TECHNOLOGIES.values() for category in technology.categories}
    assert used == set(default_rules().categories)


@pytest.mark.parametrize("slug", TECHNOLOGIES)
def test_no_pattern_stalls_on_what_almost_matches(slug):
    for probe in TECHNOLOGIES[slug].probes:
        if probe.pattern.regex:
            almost_match(probe)


def almost_match(probe):
    """The pattern's own literals over and over, with what open repeats swallow in between."""
    literals = b"".join(sorted(probe.pattern.literals))
    prefix = re.split(r"[\\\[({.*+?^$|]", probe.pattern.regex)[0].encode()
    for unit in (literals, prefix, literals + b" ", prefix + literals + b"a-", literals + b"'0" + prefix):
        hostile = (unit or b"a") * (60_000 // max(1, len(unit)))
        assert_within(0.5, partial(probe.pattern.compiled.search, hostile), (probe.slug, probe.pattern.source))


@pytest.mark.parametrize(
    "regex",
    [
        r"abc(?:a+)+d",
        r"abc(?:a|aa)+d",
        r"abc(?:a?b)*",
        r"abc(?:[a-z]{1,9}){2,}",
        r"abc.*x.*y.*z.*q",
        r"abc(?:(?:ab)*c){3,9}",
    ],
)
def test_dangerous_patterns_are_named(regex):
    assert weakness(parse_pattern(regex))


@pytest.mark.parametrize("regex", [r"wp-(?:content|includes)/", r"v([\d.]+)", r"(?:abc){2}d?", r"a[^>]*b[^>]*c"])
def test_plain_patterns_are_not(regex):
    assert weakness(parse_pattern(regex)) is None


GOOD = """
[one]
name = "One"
categories = ["cms"]
website = "https://one.example"
"""


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (GOOD.replace("cms", "cmz"), "unknown category 'cmz'"),
        (GOOD.replace('["cms"]', "[]"), "no category"),
        (GOOD + 'requiresCategory = ["cmz"]', "unknown category 'cmz'"),
        (GOOD + 'implies = ["two"]', "names 'two'"),
        (GOOD + 'requires = ["two"]', "names 'two'"),
        (GOOD + 'excludes = ["one"]', "names 'one'"),
        (GOOD + 'implies = ["two"]\n' + GOOD.replace("[one]", "[two]") + 'implies = ["one"]', "imply one another"),
        (GOOD + "html = '(a'", "unterminated"),
        (GOOD + "html = 'abc(?:a+)+'", "exponential"),
        (GOOD + r"html = 'abc\;colour:red'", "unknown suffix"),
        (GOOD + r"html = 'abc\;confidence:101'", "unknown suffix"),
        (GOOD + "html = 'café'", "ASCII"),
        (GOOD + "dom = ['a[']", "no selector"),
        (GOOD + "scriptsrc = ['abc']", "scriptsrc"),
        (GOOD + GOOD, "two.toml"),
        ("[one]\nname = 3", "two.toml"),
    ],
)
def test_wrong_rules_are_refused_with_a_reason(tmp_path, rule, says):
    (tmp_path / "categories.toml").write_text((RULES / "categories.toml").read_text("utf-8"), "utf-8")
    (tmp_path / "two.toml").write_text(rule, "utf-8")
    with pytest.raises(RuleError, match=re.escape(says)):
        load_rules(tmp_path)


def test_a_slug_is_defined_once(tmp_path):
    (tmp_path / "categories.toml").write_text((RULES / "categories.toml").read_text("utf-8"), "utf-8")
    (tmp_path / "a.toml").write_text(GOOD, "utf-8")
    (tmp_path / "b.toml").write_text(GOOD, "utf-8")
    with pytest.raises(RuleError, match="defined twice"):
        load_rules(tmp_path)
