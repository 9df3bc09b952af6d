"""The descriptions hold together, and the committed list of leads is the one they make."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tests.world.catalogue import SITES_DIR, Site, load_sites
from tests.world.faults import FAULTS
from tests.world.pages import page
from tests.world.world import write_csv

SITES = load_sites()
COMMITTED = SITES_DIR.parent / "valmont.csv"
EVERY_SITE = pytest.mark.parametrize("site", SITES, ids=lambda site: site.host.split(".")[0])


def test_the_town_is_large_and_varied() -> None:
    assert len(SITES) >= 60
    assert len({site.expect.tech_cms for site in SITES}) >= 14
    assert {site.expect.error for site in SITES} >= {
        "dns", "tls", "timeout", "connection", "blocked_address", "too_many_redirects",
        "too_large", "not_html", "robots", "bot_wall", "http_4xx", "http_5xx", None,
    }  # fmt: skip


@EVERY_SITE
def test_nothing_real_is_named(site: Site) -> None:
    assert all(host.endswith(".test") for host in site.hosts)
    assert re.fullmatch(r"02 61 91 \d\d \d\d", site.telephone)
    assert site.siren.startswith("000")
    assert _luhn(site.siren) == 0


@EVERY_SITE
def test_every_description_can_be_served(site: Site) -> None:
    assert not site.fault or site.fault in FAULTS
    for path in ("/", "/contact", "/mentions-legales", "/robots.txt", "/sitemap.xml", "/logo.svg"):
        assert page(site, path) is not None


def test_pages_differ_and_those_of_site_builders_are_as_long_as_real_ones() -> None:
    bodies = {}
    for site in SITES:
        answer = page(site, "/")
        assert answer is not None
        bodies[site.host] = answer.body
    assert len(set(bodies.values())) == len(SITES)
    built = [site.host for site in SITES if site.expect.tech_cms]
    assert all(5_000 < len(bodies[host]) < 80_000 for host in built)


def test_the_folder_stays_small() -> None:
    files = [path for path in SITES_DIR.parent.rglob("*") if path.suffix != ".pyc" and path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_500_000


def test_two_sites_cannot_claim_one_host(tmp_path: Path) -> None:
    one = '[[site]]\nhost = "a.test"\nnom = "A"\ntelephone = "0"\ncategorie = "x"\n'
    (tmp_path / "a.toml").write_text(one + one)
    with pytest.raises(ValueError, match=r"two sites claim a\.test"):
        load_sites(tmp_path)


def test_a_misspelled_field_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[site]]\nhosst = "a.test"\n')
    with pytest.raises(ValueError, match=r"a\.toml.*hosst"):
        load_sites(tmp_path)


def test_the_committed_list_is_in_step(tmp_path: Path) -> None:
    """Made by `python -m tests.world --csv tests/world/valmont.csv`."""
    write_csv([site.item() for site in SITES], tmp_path / "now.csv")
    assert (tmp_path / "now.csv").read_bytes() == COMMITTED.read_bytes()
    with COMMITTED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len(rows) == len(SITES)
    assert list(rows[0])[:3] == ["nom", "site_web", "telephone"]


def _luhn(number: str) -> int:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10
