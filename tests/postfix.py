"""A real Postfix on loopback: the domains it receives for, the people it knows, and its own words to those it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.daemon import Daemon, program

needs_postfix = pytest.mark.skipif(
    program("postfix") is None or os.geteuid() != 0,
    reason="no Postfix (apt-get install postfix), or not root, as whom alone it starts",
)

_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
myhostname = mx.postfix.test
mydestination =
mynetworks_style = host
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{folder}/mailboxes
smtpd_peername_lookup = no
smtpd_recipient_restrictions =
  reject_non_fqdn_recipient, reject_unauth_destination, check_recipient_access texthash:{folder}/answers
smtpd_client_event_limit_exceptions =
smtpd_error_sleep_time = 0
{more}
"""
_MASTER_CF = """\
{host}:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(Daemon):
    """`async with Postfix(["marie@poste.test"]) as server`: it receives for the domains of its mailboxes, and no others.

    Whoever has no mailbox is unknown (550 5.1.1), and after twenty such errors a session is over (421 4.7.0).
    `answers` are what it says to a recipient instead, e.g. `{"pleine@poste.test": "452 4.2.2 Mailbox full"}`;
    `parameters` go to main.cf as they are.
    """

    def __init__(
        self,
        mailboxes: Iterable[str],
        answers: Mapping[str, str] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(host, port)
        self.answers = dict(answers or {})
        self.mailboxes = sorted({*mailboxes, *self.answers})
        self.domains = sorted({address.partition("@")[2] for address in self.mailboxes})
        self._parameters = dict(parameters or {})

    def command(self) -> Sequence[str | Path]:
        conf = self.folder / "conf"
        for folder in (conf, self.folder / "queue", self.folder / "data"):
            folder.mkdir()
        shutil.chown(self.folder / "data", "postfix")
        more = "\n".join(f"{name} = {value}" for name, value in self._parameters.items())
        main = _MAIN_CF.format(folder=self.folder, host=self.host, domains=", ".join(self.domains), more=more)
        (conf / "main.cf").write_text(main)
        (conf / "master.cf").write_text(_MASTER_CF.format(host=self.host, port=self.port))
        (self.folder / "mailboxes").write_text("".join(f"{one} {one}/\n" for one in self.mailboxes))
        (self.folder / "answers").write_text("".join(f"{one} {said}\n" for one, said in self.answers.items()))
        # It makes the queue's folders, too.
        check = subprocess.run(
            [program("postfix") or "postfix", "-c", conf, "check"], check=False, capture_output=True, text=True
        )
        assert check.returncode == 0, f"Postfix does not like its configuration:\n{check.stderr}{self.log()}"
        daemons = subprocess.check_output(["postconf", "-c", conf, "-hx", "daemon_directory"], text=True).strip()
        return [f"{daemons}/master", "-c", conf, "-d"]
