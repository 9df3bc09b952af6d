"""The modules that read a site, as ten jobs at once over the same list: they cost one crawl."""

from collections import Counter
from urllib.parse import urlsplit

import pytest

from tests.bench.family import FAMILY
from tests.e2e.acts import create
from tests.world.bulk import bulk_items
from tests.world.census import asked
from tests.world.firms import PAGES, PATHS, PICTURES, Firm

pytestmark = pytest.mark.servers

FIRST = 51_300
MODULES = (*FAMILY, "techstack")
COUNTS = [pytest.param(30, id="30"), pytest.param(200, id="200", marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=COUNTS)
def family(stack, request):
    """Every module's rows by slug, and what each host was asked."""
    items = bulk_items(request.param, prefix="firm", first=FIRST + request.param)
    with stack.client(stack.new_user()) as client:
        jobs = {slug: create(client, slug.replace("_", "-"), items=items)["id"] for slug in MODULES}
        ended = {slug: stack.finished(client, job, within=300) for slug, job in jobs.items()}
        assert {slug: job["error_count"] for slug, job in ended.items()} == dict.fromkeys(MODULES, 0)
        rows = {slug: client.get(f"/api/jobs/{job}/items?limit=500").json()["items"] for slug, job in jobs.items()}
    return rows, asked(stack.world, [urlsplit(item["site_web"]).hostname for item in items])


def test_each_page_is_fetched_once(family):
    """dead_check looks anew: a home page is fetched once more for it, unless it is just being fetched. Nothing else is."""
    once = Counter(["/robots.txt", *(PATHS[page] for page in PAGES), *PICTURES])
    for host, paths in family[1].items():
        assert paths in (once, once + Counter(["/"])), host


def test_every_module_finds_what_the_site_says(family):
    rows, hosts = family
    for index, host in enumerate(hosts):
        firm = Firm(int(host[5:10]))
        found = {name: value for slug in MODULES for name, value in rows[slug][index].items()}
        assert found["email"] == firm.email
        assert found["social_facebook"] == firm.facebook
        assert found["siren"] == firm.siren
        assert found["dirigeant"] == firm.director
        assert found["price_amount"] == firm.price
        assert found["marketing_tools"] is None or "ga4" in found["marketing_tools"]
        assert found["site_alive"] == "open"
        assert found["logo_url"] == f"https://{host}{PICTURES[0]}"
        assert found["tech_cms"] == "wordpress"
