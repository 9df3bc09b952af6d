"""Servers on loopback that nobody may reach: they note who tries."""

from __future__ import annotations

import asyncio


class Recorder(asyncio.DatagramProtocol):
    """One port of 127.0.0.1, TCP and UDP; `seen` has the first bytes of everything that came."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._udp: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", self.port))

    def stop(self) -> None:
        assert self._server is not None
        assert self._udp is not None
        self._server.close()
        self._udp.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.append("tcp")
        self.seen.append(f"tcp {(await reader.read(60))!r}")
        writer.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.seen.append(f"udp {data[:20]!r}")
