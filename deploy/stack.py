"""`Stack`: the whole product on one machine, every part as its own process, without containers.

A real nats-server, a real MongoDB-wire server, and the product's services started as an operator would start them.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from deploy.child import Child, Program, StackError
from deploy.mongodb import mongodb_server, mongodb_url
from deploy.nats import fitting, nats_server, nats_url
from deploy.place import Place
from deploy.ports import HOST, Ports, choose, free_port
from deploy.probes import answers_ready
from shared.settings import Settings

Layout = Literal["embedded", "separate"]
"""`embedded`: edge (gateway and projector in one), dispatcher, worker. `separate`: each service on its own."""

_SERVICES: dict[Layout, tuple[str, ...]] = {
    "embedded": ("edge", "dispatcher", "worker"),
    "separate": ("gateway", "projector", "dispatcher", "worker"),
}
_PORT_OPTIONS = {"edge": "--port", "gateway": "--port", "projector": "--projector-port"}
_ROOT = Path(__file__).parent.parent


class Stack:
    """A running stack, as an async context manager; inside the block everything answers.

    `settings` are the services' own; addresses, ports and folders are set here. `ports` of 0 are chosen; a taken one
    raises PortTaken. `nats_url` and `mongodb_url` name servers that run already and are then not started. `replicas`
    starts a service more than once: `{"worker": 2}` gives `worker` and `worker-2`. A second stack on the same data
    folder raises PlaceTaken. Entering raises StackError when a process fails or is not ready after `timeout` seconds.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        layout: Layout = "embedded",
        ports: Ports | None = None,
        nats_url: str = "",
        mongodb_url: str = "",
        replicas: Mapping[str, int] | None = None,
        say: Callable[[str], None] = lambda line: None,
        timeout: float = 60.0,
    ) -> None:
        self.layout: Layout = layout
        self.processes: dict[str, Child] = {}
        """By name: nats, mongodb, and the services."""
        self.settings = settings
        """Once entered: what a client or a further service needs to join, addresses and credentials included."""
        self.url = self.gateway_url = self.projector_url = ""
        self._wanted_ports = ports or Ports()
        self._external_nats, self._external_mongodb = nats_url, mongodb_url
        self._replicas = dict(replicas or {})
        self._say = say
        self._timeout = timeout
        self._place = Place(settings.data_dir)
        self._env = _clean_environment()

    async def __aenter__(self) -> Self:
        self._place.take()
        try:
            self._prepare()
            for child in self.processes.values():
                await child.start()
            await self._all_ready()
            self._place.describe(self.url, self.settings)
        except BaseException:
            await self._stop_all()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_all()

    async def start(self, name: str) -> None:
        """Start a process that was stopped, and wait until it is ready."""
        await self.processes[name].start()
        await self.processes[name].ready(self._timeout)

    async def stop(self, name: str) -> None:
        """Stop one process gracefully; it stays down."""
        await self.processes[name].stop()

    async def restart(self, name: str) -> None:
        """Stop one process gracefully, start it again and wait until it is ready."""
        await self.stop(name)
        await self.start(name)

    async def ready(self, name: str) -> None:
        """Wait until a process is ready, after a `kill` its successor."""
        await self.processes[name].ready(self._timeout)

    def _prepare(self) -> None:
        if self.settings.host not in (HOST, "0.0.0.0"):  # noqa: S104 - compared, not bound
            raise StackError(f"OUTSEND_HOST={self.settings.host}: the embedded stack listens on {HOST} or 0.0.0.0 only")
        folder, ports = self._place.folder, self._wanted_ports
        nats, mongodb = folder / "nats", folder / "mongodb"
        nats_port = choose(ports.nats, "for the broker", "--nats-port")
        mongodb_port = choose(ports.mongodb, "for the views' store", "--mongodb-port")
        settings = fitting(self.settings, folder)
        self.settings = msgspec.structs.replace(
            settings,
            nats_url=self._external_nats or nats_url(nats, nats_port),
            mongodb_url=self._external_mongodb or mongodb_url(mongodb_port),
            data_dir=folder,
        )
        if not self._external_nats:
            self._add(nats_server(nats, nats_port, settings, logs=self._place.logs, env=self._env))
        if not self._external_mongodb:
            self._add(mongodb_server(mongodb, mongodb_port, logs=self._place.logs, env=self._env))
        self._prepare_services()

    def _prepare_services(self) -> None:
        asked = {"edge": self._wanted_ports.http, "gateway": self._wanted_ports.http}
        asked["projector"] = self._wanted_ports.projector
        first = {
            name: choose(asked[name], f"for the {name}", _PORT_OPTIONS[name])
            for name in _SERVICES[self.layout]
            if name in _PORT_OPTIONS
        }
        urls = {name: f"http://{HOST}:{port}" for name, port in first.items()}
        self.gateway_url = self.url = urls.get("edge") or urls["gateway"]
        self.projector_url = urls.get("edge") or urls["projector"]
        if self.settings.public_url == Settings().public_url:
            self.settings = msgspec.structs.replace(self.settings, public_url=self.url)
        for service in _SERVICES[self.layout]:
            for number in range(1, self._replicas.get(service, 1) + 1):
                port = first.get(service, 0) if number == 1 else 0
                self._add(self._service(service, number, port or free_port()))

    def _service(self, service: str, number: int, port: int) -> Program:
        name = service if number == 1 else f"{service}-{number}"
        settings = (
            msgspec.structs.replace(self.settings, port=port, operator_port=0)
            if service in _PORT_OPTIONS
            else msgspec.structs.replace(self.settings, host=HOST, operator_port=port)
        )
        command = ("worker",) if service == "worker" else ("serve", service)
        return Program(
            name=name,
            argv=[sys.executable, "-m", "services.cli", *command],
            env=self._env | settings.to_env(),
            log=self._place.logs / f"{name}.log",
            probe=answers_ready(port),
            grace=settings.drain_timeout + 5,
        )

    def _add(self, program: Program) -> None:
        self.processes[program.name] = Child(program, self._say)

    async def _all_ready(self) -> None:
        """The first that fails ends the wait, not the slowest."""
        waits = [asyncio.create_task(child.ready(self._timeout)) for child in self.processes.values()]
        try:
            await asyncio.gather(*waits)
        finally:
            for wait in waits:
                wait.cancel()

    async def _stop_all(self) -> None:
        """The services first, so that workers can finish and hand in what they hold; the servers after them."""
        servers = [child for name, child in self.processes.items() if name in ("nats", "mongodb")]
        services = [child for child in self.processes.values() if child not in servers]
        try:
            await asyncio.gather(*(child.stop() for child in services))
            await asyncio.gather(*(child.stop() for child in servers))
        finally:
            self._place.leave()


def _clean_environment() -> dict[str, str]:
    """This process's, without settings: children get theirs in full, and must not mix them with ours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OUTSEND_") and name not in ("NATS_URL", "MONGODB_URL")
    }
    folders = (str(_ROOT), kept.get("PYTHONPATH", ""))
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, folders)), "PYTHONUNBUFFERED": "1"}


__all__ = ["Child", "Layout", "Ports", "Stack", "StackError"]
