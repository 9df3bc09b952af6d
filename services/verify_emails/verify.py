"""One address, from its spelling over its domain to its mailbox; a step is taken when those before leave it open."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from services.verify_emails import typos
from services.verify_emails.address import Mailbox, Malformed, parse
from services.verify_emails.identity import identity
from services.verify_emails.kinds import is_disposable
from services.verify_emails.mail_servers import MailServers
from services.verify_emails.providers import provider_of
from services.verify_emails.verdict import Answer, Verdict, of_absent, of_answer, of_malformed
from shared.net.errors import EgressError
from shared.net.mail_exchangers import MailExchangers, MailRoute
from shared.net.resolver import Resolver
from shared.net.smtp import MailDialer
from shared.settings import Settings


class Verifier:
    """What the items of one process share."""

    def __init__(self, settings: Settings) -> None:
        resolver = Resolver(settings.dns_servers)
        self._exchangers = MailExchangers(settings.dns_servers, resolver)
        self._servers = MailServers(settings, MailDialer(settings, resolver), identity(settings))

    async def verify(self, given: str, limit: float) -> Verdict:
        """The verdict on what was given as an address, within `limit` seconds. Never raises over the address."""
        found = parse(given)
        if isinstance(found, Malformed):
            return of_malformed(found)
        try:
            async with asyncio.timeout(limit):
                return await self._verify(found)
        except TimeoutError:
            return of_answer(found, Answer(failure="timeout"))

    async def _verify(self, mailbox: Mailbox) -> Verdict:
        try:
            route = await self._exchangers.find(mailbox.domain)
        except EgressError:
            return of_answer(mailbox, Answer(failure="dns_failure"))
        if (found := before_asking(mailbox, route)) is not None:
            return await self._with_tried_fix(found)
        return of_answer(mailbox, await self._servers.ask(route.hosts, mailbox))

    async def _with_tried_fix(self, verdict: Verdict) -> Verdict:
        """Without the suggestion of a domain that takes no mail either."""
        domain = (verdict.suggested_fix or "").rpartition("@")[2]
        if not domain or typos.is_known(domain):
            return verdict
        try:
            takes_mail = not (await self._exchangers.find(domain)).absent
        except EgressError:
            takes_mail = False
        return verdict if takes_mail else replace(verdict, suggested_fix=None)


def before_asking(mailbox: Mailbox, route: MailRoute) -> Verdict | None:
    """The verdict on an address whose mail server need not be asked, or would not tell. Pure."""
    if route.absent:
        return of_absent(mailbox, route.absent)
    if is_disposable(mailbox.domain):  # whoever collects mail sent to a misspelt name is on that list too
        fix = typos.misspelt(mailbox.domain)
        return Verdict("likely_typo", suggested_fix=mailbox.at(fix)) if fix else Verdict("disposable_domain")
    provider = provider_of(route.hosts[0])
    return Verdict("provider_does_not_tell") if provider is not None and not provider.tells else None
