from __future__ import annotations

import asyncio
import gzip

import pytest

from shared.net.client import Fetcher, FetchError
from shared.net.robots import RobotsRules, for_agent, product_token
from tests.timing import assert_within
from tests.unit.net.servers import Seen, page, redirect
from tests.unit.net.world import World

RULES = b"""\xef\xbb\xbfUser-agent: Googlebot
Disallow: /

User-agent: outsendbot
Disallow: /private
Allow: /private/open
Disallow: /*.pdf$

User-agent: *
Disallow: /
"""


async def outcome(fetcher: Fetcher, path: str) -> int | str:
    try:
        return (await fetcher.get(f"http://shop.example{path}")).status
    except FetchError as error:
        return f"{error.code} {error.retryable}"


async def ask(world: World, *paths: str) -> list[int | str]:
    for path in paths:
        world.site.pages.setdefault(path, page())
    async with Fetcher(world.but(robots=True)) as fetcher:
        return [await outcome(fetcher, path) for path in paths]


async def test_our_group_counts_and_the_longest_rule_wins(world: World) -> None:
    world.site.pages["/robots.txt"] = page(RULES, Content_Type="text/plain")
    assert await ask(world, "/", "/private/x", "/private/open", "/a.pdf", "/a.pdf?x") == [
        200, "robots False", 200, "robots False", 200,
    ]  # fmt: skip
    assert world.site.targets() == ["/robots.txt", "/", "/private/open", "/a.pdf?x"]


@pytest.mark.parametrize("status", ["404 Not Found", "401 No", "403 No", "410 Gone", "429 Slow"])
async def test_4xx_allows_everything(world: World, status: str) -> None:
    world.site.pages["/robots.txt"] = page(b"User-agent: *\nDisallow: /", status)
    assert await ask(world, "/a") == [200]


@pytest.mark.parametrize("status", ["500 Oops", "503 Later"])
async def test_5xx_allows_nothing_for_now(world: World, status: str) -> None:
    world.site.pages["/robots.txt"] = page(b"", status)
    assert await ask(world, "/a", "/b") == ["robots True", "robots True"]
    assert world.site.targets() == ["/robots.txt"]


async def test_a_home_page_in_place_of_rules_allows_everything(world: World) -> None:
    world.site.pages["/robots.txt"] = page(b"\n<html>User-agent: *\nDisallow: /</html>")
    assert await ask(world, "/a") == [200]


async def test_redirects_of_robots_are_followed_for_the_first_origin(world: World) -> None:
    world.site.pages["/robots.txt"] = redirect("https://www.shop.example/rules")
    world.secure.pages["/rules"] = page(b"User-agent: *\nDisallow: /a")
    assert await ask(world, "/a", "/b") == ["robots False", 200]


async def test_a_redirect_loop_of_robots_allows_everything(world: World) -> None:
    world.site.pages["/robots.txt"] = redirect("/robots.txt")
    assert await ask(world, "/a") == [200]


async def test_robots_that_lead_to_a_dead_host_allow_nothing(world: World) -> None:
    world.site.pages["/robots.txt"] = redirect("http://dead.example/robots.txt")
    assert await ask(world, "/a") == ["robots True"]


async def test_a_site_that_cannot_be_reached_fails_as_itself(world: World) -> None:
    async with Fetcher(world.but(robots=True)) as fetcher:
        with pytest.raises(FetchError) as dns:
            await fetcher.get("http://missing.example/")
        world.dns.records["inside.example"] = [["10.0.0.1"]]
        with pytest.raises(FetchError) as blocked:
            await fetcher.get("http://inside.example/")
    assert (dns.value.code, blocked.value.code) == ("dns", "blocked_address")


async def test_one_site_is_asked_once_by_many(world: World) -> None:
    async def slow(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        await asyncio.sleep(0.05)
        writer.write(page(b"User-agent: *\nDisallow: /no"))
        return True

    world.site.pages["/robots.txt"] = slow
    for number in range(20):
        world.site.pages[f"/{number}"] = page()
    async with Fetcher(world.but(robots=True)) as fetcher:
        await asyncio.gather(*(outcome(fetcher, f"/{number}") for number in range(20)))
    assert world.site.targets().count("/robots.txt") == 1


async def test_every_origin_on_the_way_has_its_say(world: World) -> None:
    world.site.pages["/go"] = redirect("https://shop.example/in")
    world.secure.pages["/robots.txt"] = page(b"User-agent: *\nDisallow: /in")
    assert await ask(world, "/go") == ["robots False"]
    assert world.secure.targets() == ["/robots.txt"]


async def test_the_setting_turns_it_off(world: World) -> None:
    world.site.pages["/robots.txt"] = page(b"User-agent: *\nDisallow: /")
    world.site.pages["/a"] = page()
    async with Fetcher(world.settings) as fetcher:
        assert await outcome(fetcher, "/a") == 200


@pytest.mark.parametrize("packed", [False, True])
async def test_what_lies_beyond_500_kilobytes_is_ignored(world: World, packed: bool) -> None:
    filler = b"".join(b"# %098d\n" % (number * 7919**5) for number in range(6000))
    rules = b"User-agent: *\nDisallow: /a\n" + filler + b"Disallow: /b\n"
    plain = page(rules)
    world.site.pages["/robots.txt"] = page(gzip.compress(rules), Content_Encoding="gzip") if packed else plain
    assert await ask(world, "/a", "/b") == ["robots False", 200]


def test_many_names_times_many_rules_stay_small() -> None:
    names = "".join(f"User-agent: bot{number}\n" for number in range(15_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(15_000))

    def read() -> None:
        robots = RobotsRules(for_agent(names + "User-agent: *\n" + rules, "OutsendBot"), "OutsendBot")
        assert not robots.allows("http://a.example/77")

    assert_within(5, read)


@pytest.mark.parametrize("agent", ["OutsendBot/1.0 (+https://x.example)", "OutsendBot (x)", "OutsendBot"])
def test_the_product_token(agent: str) -> None:
    assert product_token(agent) == "OutsendBot"
