"""All mail servers that a process talks to, a lane for each route."""

from __future__ import annotations

from weakref import WeakValueDictionary

from services.verify_emails.address import Mailbox
from services.verify_emails.group import Group
from services.verify_emails.identity import Identity
from services.verify_emails.knowledge import Knowledge
from services.verify_emails.lane import Lane
from services.verify_emails.outbound import OutboundPort
from services.verify_emails.providers import provider_of
from services.verify_emails.verdict import Answer
from shared.net.smtp import MailDialer, SmtpError
from shared.settings import Settings


class MailServers:
    """Any number of callers ask at once; nobody is asked by too many."""

    def __init__(self, settings: Settings, dialer: MailDialer, identity: Identity) -> None:
        self._settings = settings
        self._dialer = dialer
        self._identity = identity
        self._port = OutboundPort(self._probe_port)
        self._knowledge = Knowledge()
        self._lanes: dict[tuple[str, ...], Lane] = {}
        self._groups: WeakValueDictionary[str, Group] = WeakValueDictionary()

    async def ask(self, hosts: tuple[str, ...], mailbox: Mailbox) -> Answer:
        """What the mail servers of a route answer about an address, the preferred server first."""
        probe = self._knowledge.probes.get(mailbox.domain)
        if probe is not None and probe.code < 300:  # it takes any name: no need to say this one
            return Answer(probe, probe=probe)
        resting = self._knowledge.resting.get(hosts)
        return resting if resting is not None else await self._lane(hosts).ask(mailbox)

    def _lane(self, hosts: tuple[str, ...]) -> Lane:
        if (lane := self._lanes.get(hosts)) is not None:
            return lane
        provider = provider_of(hosts[0])
        lane = self._lanes[hosts] = Lane(
            hosts,
            self._group(hosts[0]),
            dialer=self._dialer,
            identity=self._identity,
            port=self._port,
            knowledge=self._knowledge,
            probes=provider is None or provider.probe,
            on_idle=lambda: self._drop(hosts),
        )
        return lane

    def _drop(self, hosts: tuple[str, ...]) -> None:
        self._lanes.pop(hosts, None)

    def _group(self, host: str) -> Group:
        provider = provider_of(host)
        name = provider.name if provider is not None else host
        group = self._groups.get(name)
        if group is None:
            connections = (provider.connections if provider is not None else 0) or self._settings.verify_connections
            group = self._groups[name] = Group(name, connections, self._settings.verify_rate)
        return group

    async def _probe_port(self) -> bool | None:
        """Whether the server that is surely there can be reached; None: its name is not known here either."""
        if not self._settings.verify_probe_host:
            return None
        try:
            connection = await self._dialer.dial(self._settings.verify_probe_host)
        except SmtpError as error:
            return False if error.failure in ("refused", "unreachable") else None
        await connection.aclose()
        return True
