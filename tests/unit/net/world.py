"""A tiny internet for one test: a site over http and https, a DNS, and settings that lead to them."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import msgspec
import trustme

from shared.settings import Settings
from tests.unit.net.servers import Dns, Site


class World:
    """`site` answers http, `secure` https (both for every name), `dns` knows shop.example."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = Site()
        self.secure = Site()
        self.dns = Dns()
        self.settings = Settings()

    async def start(self) -> None:
        authority = trustme.CA()
        certificate = self.folder / "ca.pem"
        authority.cert_pem.write_to_path(certificate)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("shop.example", "www.shop.example").configure_cert(tls)
        await self.site.start()
        await self.secure.start(tls=tls)
        await self.dns.start()
        self.dns.records["shop.example"] = [["127.0.0.1"]]
        self.dns.records["www.shop.example"] = [["127.0.0.1"]]
        self.settings = Settings(
            dns_servers=[self.dns.address],
            http_port_map={"http": self.site.port, "https": self.secure.port},
            egress_allow=[f"127.0.0.1:{self.site.port}", f"127.0.0.1:{self.secure.port}"],
            egress_ca_file=str(certificate),
            host_delay=0.0,
            robots=False,
            fetch_timeout=20.0,
        )

    async def stop(self) -> None:
        await self.site.stop()
        await self.secure.stop()
        self.dns.stop()

    def but(self, **changes: Any) -> Settings:
        return msgspec.structs.replace(self.settings, **changes)
