"""The module from an item to a result, over a real connection: the site, and the containers it loads."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import trustme

from contracts.items import ItemRequested
from contracts.manifest import load_manifests
from services.techstack import extract
from shared.modulekit.errors import ModuleError
from shared.modulekit.module import Context
from shared.net.client import Fetcher
from shared.settings import Settings
from shared.web import tag_container
from tests.unit.net.servers import Dns, Site, page
from tests.unit.techstack.saved import saved

GOOGLE = "www.googletagmanager.com"
CASE = saved("sites")["fromagerie"]
HTML = CASE.html.encode()
CONTAINER = page(CASE.scripts()[0].encode(), Content_Type="application/javascript; charset=UTF-8")
TWO = HTML.replace(b"</body>", b'<script src="https://www.googletagmanager.com/gtm.js?id=GTM-ZZZZ99"></script></body>')


class Internet:
    """shop.example and Google's host, both on one TLS server; every item goes through the module's own glue."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Site()
        self.dns = Dns()
        self.settings = Settings()

    async def start(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.folder / "ca.pem")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("shop.example", GOOGLE).configure_cert(tls)
        await self.server.start(tls=tls)
        await self.dns.start()
        self.dns.records = {"shop.example": [["127.0.0.1"]], GOOGLE: [["127.0.0.1"]]}
        self.settings = Settings(
            data_dir=self.folder,
            dns_servers=[self.dns.address],
            http_port_map={"https": self.server.port},
            egress_allow=[f"127.0.0.1:{self.server.port}"],
            egress_ca_file=str(self.folder / "ca.pem"),
            host_delay=0.0,
            robots=False,
            fetch_timeout=30.0,
        )

    async def stop(self) -> None:
        await self.server.stop()
        self.dns.stop()

    async def process(self, **changes):
        settings = msgspec.structs.replace(self.settings, **changes)

        async def log(*_line) -> None: ...

        async with Fetcher(settings) as fetcher:
            context = Context(load_manifests()["techstack"], settings, fetcher, log)
            item = ItemRequested(
                job="j", tenant="u", job_type="techstack", index=0, item={"site_web": "https://shop.example/"}
            )
            try:
                return await extract.process(item, context)
            finally:
                context.close()

    def containers_asked(self) -> list[str]:
        return [target for target in self.server.targets() if target.startswith("/gtm.js")]


@pytest.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    internet = Internet(tmp_path)
    await internet.start()
    internet.server.pages["shop.example/"] = page(HTML)
    yield internet
    await internet.stop()


def read(result):
    """The report, which comes as JSON."""
    return msgspec.json.decode(result.report)


async def test_pixels_behind_the_tag_manager_are_found(internet):
    internet.server.pages[f"{GOOGLE}/gtm.js?id=GTM-5ABCD12"] = CONTAINER
    result = await internet.process()
    assert {name: value for name, value in result.columns.items() if value} == CASE.columns
    via = {
        technology["slug"]: {line["via"] for line in technology["evidence"]}
        for category in read(result)["categories"]
        for technology in category["technologies"]
    }
    assert via["meta"] == {"gtm"} and via["gtm"] == {None}
    assert read(result)["technical"]["gtm_containers"] == 1


async def test_the_setting_turns_it_off(internet):
    internet.server.pages[f"{GOOGLE}/gtm.js?id=GTM-5ABCD12"] = CONTAINER
    result = await internet.process(techstack_gtm=False)
    assert set(result.columns.values()) == {None}
    assert internet.containers_asked() == []


async def test_a_page_without_a_tag_manager_asks_for_nothing(internet):
    internet.server.pages["shop.example/"] = page(saved("positive")["ga4"].html.encode())
    assert (await internet.process()).columns["tech_analytics"] == "ga4"
    assert internet.containers_asked() == []


async def hang_up(_seen, writer):
    writer.transport.abort()
    return False


@pytest.mark.parametrize(
    "answer",
    [page(b"gone", "404 Not Found"), page(b"oops", "503 Service Unavailable"), page(b"<html>hello"), hang_up],
    ids=["404", "503", "no container", "hangs up"],
)
async def test_a_container_that_cannot_be_had_fails_nothing(internet, answer):
    internet.server.pages[f"{GOOGLE}/gtm.js?id=GTM-5ABCD12"] = answer
    result = await internet.process()
    assert len(internet.containers_asked()) == 1
    assert set(result.columns.values()) == {None}
    assert [c["slug"] for c in read(result)["categories"]] == ["tag_manager"]
    assert read(result)["technical"]["gtm_containers"] == 0


async def test_of_two_containers_the_one_that_can_be_had_counts(internet):
    internet.server.pages["shop.example/"] = page(TWO)
    internet.server.pages[f"{GOOGLE}/gtm.js?id=GTM-ZZZZ99"] = CONTAINER
    result = await internet.process()
    assert sorted(internet.containers_asked()) == ["/gtm.js?id=GTM-5ABCD12", "/gtm.js?id=GTM-ZZZZ99"]
    assert result.columns["tech_analytics"] == CASE.columns["tech_analytics"]


async def test_a_container_that_does_not_come_is_not_waited_for(internet, monkeypatch):
    monkeypatch.setattr(tag_container, "FETCH_TIME", 0.2)
    leave = asyncio.Event()

    async def never(_seen, _writer):
        await leave.wait()
        return False

    internet.server.pages["shop.example/"] = page(TWO)
    internet.server.pages[f"{GOOGLE}/gtm.js?id=GTM-ZZZZ99"] = never
    internet.server.pages[f"{GOOGLE}/gtm.js?id=GTM-5ABCD12"] = CONTAINER
    result = await asyncio.wait_for(internet.process(), 20)
    leave.set()
    assert result.columns["tech_analytics"] == CASE.columns["tech_analytics"]  # the first one was there in time


async def test_extra_rules_come_from_the_setting(internet, tmp_path):
    (tmp_path / "categories.json").write_text('{"1": {"name": "CMS"}}')
    (tmp_path / "technologies.json").write_text('{"Lagon": {"cats": [1], "text": "Fromagerie des Halles"}}')
    result = await internet.process(techstack_extra_rules=str(tmp_path / "technologies.json"))
    assert result.columns["tech_cms"] == "lagon"
    assert len(list((internet.settings.data_dir / "techstack").iterdir())) == 1


async def test_a_site_that_is_no_page_is_an_error(internet):
    internet.server.pages["shop.example/"] = page(b"%PDF", Content_Type="application/pdf")
    with pytest.raises(ModuleError):
        await internet.process()
