"""Sends letters over SMTP; without a server in the settings their link is logged instead."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from urllib.parse import urlsplit

import structlog

from shared.identity.letters import Letter
from shared.settings import Settings

_log = structlog.get_logger(__name__)

_TIMEOUT = 15.0
_SMTPS_PORT = 465
_AT_ONCE = 4
_PERMANENT = (smtplib.SMTPRecipientsRefused, smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError)


class Mailer:
    """Delivers to the server of the settings: TLS from the start on port 465, else STARTTLS if `smtp_tls`."""

    def __init__(self, settings: Settings, *, retry_delays: Sequence[float] = (2.0, 15.0)) -> None:
        self._settings = settings
        self._retry_delays = retry_delays
        self._own_name = urlsplit(settings.public_url).hostname or "localhost"
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def send(self, letter: Letter) -> None:
        """Deliver, or try again after each delay; what cannot be delivered is logged, without its link."""
        if not self._settings.smtp_host:
            _log.info("mail_link", to=letter.to, subject=letter.subject, link=letter.link)
            return
        for delay in (*self._retry_delays, None):
            try:
                async with self._slots:
                    await asyncio.to_thread(self._deliver, letter)
                return
            except (smtplib.SMTPException, OSError) as error:
                if delay is None or isinstance(error, _PERMANENT):
                    _log.error("mail_not_sent", subject=letter.subject, error=repr(error))
                    return
            await asyncio.sleep(delay)

    def _deliver(self, letter: Letter) -> None:
        settings = self._settings
        with self._connect() as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
            server.send_message(self._message(letter))

    def _connect(self) -> smtplib.SMTP:
        host, port = self._settings.smtp_host, self._settings.smtp_port
        if not self._settings.smtp_tls:
            return smtplib.SMTP(host, port, local_hostname=self._own_name, timeout=_TIMEOUT)
        # Without a context of ours smtplib checks no certificate.
        trusted = ssl.create_default_context()
        if port == _SMTPS_PORT:
            return smtplib.SMTP_SSL(host, port, local_hostname=self._own_name, timeout=_TIMEOUT, context=trusted)
        server = smtplib.SMTP(host, port, local_hostname=self._own_name, timeout=_TIMEOUT)
        try:
            server.starttls(context=trusted)
        except Exception:
            server.close()
            raise
        return server

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._settings.mail_from
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._own_name)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply, please.
        message.set_content(letter.text, cte="quoted-printable")
        return message
