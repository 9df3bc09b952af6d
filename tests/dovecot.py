"""A real Dovecot on loopback: one account, its folders, and letters delivered into them."""

from __future__ import annotations

import asyncio
import getpass
import grp
import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.daemon import Daemon, program

needs_dovecot = pytest.mark.skipif(program("dovecot") is None, reason="no Dovecot: apt-get install dovecot-imapd")

JUNK = "Courrier indésirable"
"""As a French mailbox calls it: it is known by its flag \\Junk alone, and on the wire it is in modified UTF-7."""
SPECIAL_USE = {JUNK: "\\Junk", "Corbeille": "\\Trash", "Brouillons": "\\Drafts", "Éléments envoyés": "\\Sent"}

_CONF = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = {host}
protocols = imap
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
mail_location = maildir:~/Maildir
namespace inbox {{
  inbox = yes
  separator = /
{mailboxes}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


class Dovecot(Daemon):
    """`async with Dovecot() as server`: in clear, with the one user it knows.

    `special_use` maps folders, by their readable names, to their flags (RFC 6154); INBOX is always there.
    """

    def __init__(
        self,
        user: str = "camille@boite.test",
        password: str = "abcd efgh ijkl mnop",
        special_use: dict[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.user = user
        self.password = password
        self._special_use = SPECIAL_USE if special_use is None else special_use

    async def deliver(self, message: bytes, folder: str = "INBOX") -> None:
        """File a letter (RFC 5322) into a folder, by its readable name, made if it is missing; it is new and unseen."""
        save = await asyncio.create_subprocess_exec(
            *("doveadm", "-c", self.folder / "conf", "save", "-u", self.user, "-m", folder),
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, complaint = await save.communicate(message)
        if save.returncode:
            raise RuntimeError(f"doveadm save: {complaint.decode(errors='replace')}")

    def command(self) -> Sequence[str | Path]:
        root = os.geteuid() == 0
        me = getpass.getuser()
        owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
        mail = self.folder / "mail"
        mail.mkdir()
        if root:  # whose own mail Dovecot would serve to nobody
            shutil.chown(mail, owner.pw_uid, owner.pw_gid)
        (self.folder / "users").write_text(f"{self.user}:{{PLAIN}}{self.password}\n", "utf-8")
        conf = _CONF.format(
            folder=self.folder,
            host=self.host,
            port=self.port,
            internal="dovecot" if root else me,
            group="dovecot" if root else grp.getgrgid(owner.pw_gid).gr_name,
            login="dovenull" if root else me,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            mailboxes="\n".join(_mailbox(name, flag) for name, flag in self._special_use.items()),
        )
        (self.folder / "conf").write_text(conf, "utf-8")
        return [program("dovecot") or "dovecot", "-F", "-c", self.folder / "conf"]


def _mailbox(name: str, flag: str) -> str:
    return f'  mailbox "{name}" {{\n    auto = subscribe\n    special_use = {flag}\n  }}'
