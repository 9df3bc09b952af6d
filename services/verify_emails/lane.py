"""The mail servers of one route, and the addresses that wait to be asked of them: few sessions serve many addresses."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from services.verify_emails.address import Mailbox
from services.verify_emails.group import Group
from services.verify_emails.identity import Identity
from services.verify_emails.knowledge import Knowledge
from services.verify_emails.outbound import OutboundPort
from services.verify_emails.replies import is_about_recipient
from services.verify_emails.session import Refused, Session, Spent, open_session
from services.verify_emails.verdict import Answer
from shared.net.smtp import Failure, MailDialer, Reply, SmtpError

_HOSTS_TRIED = 4
_UNREACHED: frozenset[Failure] = frozenset({"refused", "unreachable"})
_NO_WAY_THERE: frozenset[Failure] = frozenset({"no_address", "blocked_address", "dns_failure"})
_LINGER = 1.0
"""Seconds that a session waits for more addresses before it says goodbye."""
_WAITING_PER_SESSION = 4
"""A further connection is worth its greeting when more than so many addresses wait for each that is there."""
_TRIES = 2
"""Sessions that may break off over one address."""
_BARREN_SESSIONS = 3
"""In a row, that broke off without an answer: then the server is left alone for a while."""
_BUSY_SECONDS = 1.0
"""After a server said that it has no time now: less than anybody waits before asking again."""


class _Asked:
    """An address that somebody waits for."""

    __slots__ = ("future", "mailbox", "tries")

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.tries = 0

    def tell(self, answer: Answer) -> None:
        if not self.future.done():
            self.future.set_result(answer)


class Lane:
    """Opens sessions while addresses wait, and closes them when none has come for a moment."""

    def __init__(
        self,
        hosts: tuple[str, ...],
        group: Group,
        *,
        dialer: MailDialer,
        identity: Identity,
        port: OutboundPort,
        knowledge: Knowledge,
        probes: bool,
        on_idle: Callable[[], None],
    ) -> None:
        self._hosts = hosts
        self._group = group
        self._dialer = dialer
        self._identity = identity
        self._port = port
        self._knowledge = knowledge
        self._probes = probes
        self._on_idle = on_idle
        self._waiting: deque[_Asked] = deque()
        self._unanswered: set[_Asked] = set()
        self._sessions: set[asyncio.Task[None]] = set()
        self._most_sessions = group.connections
        self._arrived = asyncio.Event()
        self._barren = 0
        self._greeted = False
        """Whether the servers take sessions at all; a second one is not tried before the first was."""

    async def ask(self, mailbox: Mailbox) -> Answer:
        """What the servers answer about the address. When nobody waits any more, the sessions end."""
        asked = _Asked(mailbox)
        self._unanswered.add(asked)
        self._waiting.append(asked)
        self._arrived.set()
        self._open_sessions()
        try:
            return await asked.future
        except asyncio.CancelledError:
            asked.future.cancel()
            if asked in self._waiting:
                self._waiting.remove(asked)
            if self._unanswered == {asked}:
                for session in self._sessions:
                    session.cancel()
            raise
        finally:
            self._unanswered.discard(asked)

    def _open_sessions(self) -> None:
        most = self._most_sessions if self._greeted else 1
        while len(self._sessions) < most and len(self._waiting) > len(self._sessions) * _WAITING_PER_SESSION:
            task = asyncio.create_task(self._run())
            self._sessions.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sessions.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            for asked in self._unanswered:  # a bug of ours: nobody may wait for ever
                if not asked.future.done():
                    asked.future.set_exception(error)
            self._waiting.clear()
        self._open_sessions()
        if not self._sessions:
            self._on_idle()

    async def _run(self) -> None:
        """Session after session, until nobody waits."""
        async with self._group.slots:
            while self._waiting:
                session = await self._open()
                if session is None:
                    return
                await self._serve(session)

    async def _open(self) -> Session | None:
        """A session with the first server that takes one; None: there is none, and who waited was told."""
        failures: list[Answer] = []
        for host in self._hosts[:_HOSTS_TRIED]:
            if not self._port.may_dial():
                break
            try:
                session = await open_session(self._dialer, host, self._identity, self._knowledge.plain)
            except Refused as refusal:
                self._port.reached()
                failures.append(Answer(refusal.reply, refusal.stage))
            except SmtpError as error:
                failures.append(Answer(failure=error.failure))
                if error.failure in _UNREACHED:
                    await self._port.not_reached(host)
                elif error.failure not in _NO_WAY_THERE:
                    self._port.reached()
            else:
                self._port.reached()
                self._greeted = True
                self._open_sessions()
                return session
        if self._port.is_closed:
            self._tell_all(Answer(failure="port_closed"))
        elif len(self._sessions) > 1:
            self._most_sessions = 1  # the other one goes on, and takes what waits
        else:
            self._tell_all(_weightiest(failures))
        return None

    async def _serve(self, session: Session) -> None:
        """Ask about one address after the other, for as long as the session bears it."""
        asked: _Asked | None = None
        politely = False
        try:
            while not session.is_worn_out and (asked := await self._next(asked)) is not None:
                answer = await self._answer(session, asked.mailbox)
                if answer.reply is not None and answer.reply.code == 421:  # it hangs up
                    self._broken_off(asked, answer)
                    return
                asked.tell(answer)
                self._barren = 0
            politely = True
        except Refused as refusal:
            self._give_back(asked)
            self._tell_all(Answer(refusal.reply, refusal.stage))
        except Spent as spent:
            self._broken_off(asked, Answer(spent.reply))
            politely = True
        except SmtpError as error:
            self._broken_off(asked, Answer(failure=error.failure))
        finally:
            await session.close(politely=politely)

    async def _next(self, last: _Asked | None) -> _Asked | None:
        """The next who waits, of the same domain if there is one; None: nobody, for a moment now."""
        while True:
            if not self._waiting and not await self._somebody_comes():
                return None
            domain = last.mailbox.domain if last is not None else ""
            asked = next((one for one in self._waiting if one.mailbox.domain == domain), self._waiting[0])
            self._waiting.remove(asked)
            if not asked.future.done():
                return asked

    async def _somebody_comes(self) -> bool:
        if self._group.slots.locked():  # somebody else may wait for this connection
            return False
        self._arrived.clear()
        try:
            async with asyncio.timeout(_LINGER):
                await self._arrived.wait()
        except TimeoutError:
            pass
        return bool(self._waiting)

    async def _answer(self, session: Session, mailbox: Mailbox) -> Answer:
        probe = await self._probe(session, mailbox.domain)
        if probe is not None and (probe.code < 300 or probe.code == 421):
            return Answer(probe, probe=probe)
        if mailbox.needs_utf8 and not session.takes_utf8:
            return Answer(failure="needs_smtputf8", probe=probe)
        await self._group.turn()
        return Answer(await session.recipient(mailbox), probe=probe)

    async def _probe(self, session: Session, domain: str) -> Reply | None:
        """The answer for a name of the domain that nobody has; None: this server is not to be asked for one."""
        if not self._probes:
            return None
        async with self._knowledge.probing(domain):
            if (probe := self._knowledge.probes.get(domain)) is not None:
                return probe
            await self._group.turn()
            probe = await session.recipient(self._knowledge.invented(domain))
            if probe.code < 300 or is_about_recipient(probe):
                self._knowledge.probes.put(domain, probe)
            return probe

    def _give_back(self, asked: _Asked | None) -> None:
        if asked is not None:
            self._waiting.appendleft(asked)

    def _broken_off(self, asked: _Asked | None, answer: Answer) -> None:
        """The session ended over this address, if over any. Another one goes on."""
        if asked is None or asked.future.done():
            return
        asked.tries += 1
        self._barren += 1
        if answer.failure == "timeout" or asked.tries >= _TRIES:
            asked.tell(answer)
        else:
            self._give_back(asked)
        if self._barren >= _BARREN_SESSIONS:
            self._barren = 0
            self._tell_all(answer)

    def _tell_all(self, answer: Answer) -> None:
        """Who waits, and who comes in the next while."""
        for asked in self._waiting:
            asked.tell(answer)
        self._waiting.clear()
        if answer.failure != "port_closed":
            busy = answer.reply is not None and answer.reply.code < 500
            self._knowledge.resting.put(self._hosts, answer, _BUSY_SECONDS if busy else None)


def _weightiest(failures: Iterable[Answer]) -> Answer:
    """What a server said before what kept us from it, and that a name has no address only when none has."""
    return min(failures, key=lambda one: (one.reply is None, one.failure == "no_address"))
