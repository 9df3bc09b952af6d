"""The rules of shared/net for connections that are not the fetcher's: what a browser may reach."""

from __future__ import annotations

import httpcore
import httpx
import msgspec

from shared.net.dialer import Dialer
from shared.net.egress import EgressTransport
from shared.net.policy import EgressPolicy
from shared.net.resolver import Resolver
from shared.settings import Settings

_CONNECT_SECONDS = 8.0


class Gate:
    """Opens tunnels and sends requests to public addresses alone. One per browser; shared by its proxies."""

    def __init__(self, settings: Settings) -> None:
        self._policy = EgressPolicy(settings)
        self._resolver = Resolver(settings.dns_servers)
        self._dialer = Dialer(self._policy, self._resolver, settings.egress_ca_file)
        self._transport = EgressTransport(settings)

    async def tunnel(self, authority: str) -> httpcore.AsyncNetworkStream:
        """A bare TCP stream to `host:port`, for TLS that the browser speaks itself.

        The name is resolved here, once, and the address that was checked is dialled. Raises EgressError and
        httpcore's ConnectError, ConnectTimeout; httpx.InvalidURL and ValueError for what is no authority.
        """
        target = self._policy.target(httpx.URL(f"https://{authority}/"))
        return await self._dialer.dial(msgspec.structs.replace(target, scheme="http"), _CONNECT_SECONDS)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer to a plain http request; its stream must be closed. Raises EgressError, httpx.TransportError."""
        request.extensions = {"timeout": {"connect": _CONNECT_SECONDS}}
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()
        self._resolver.close()
