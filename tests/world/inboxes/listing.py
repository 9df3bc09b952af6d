"""The file that tells the product of seed inboxes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def inbox(email: str, port: int, kind: str = "gmail", **more: Any) -> dict[str, Any]:
    """An entry for a mailbox on loopback; log-ins are in clear."""
    password = {} if "password_file" in more else {"password": "abcd efgh ijkl mnop"}
    return {"email": email, "kind": kind, "host": "127.0.0.1", "port": port, "tls": "none", **password, **more}


def write_listing(path: Path, *inboxes: dict[str, Any]) -> Path:
    """The file of `OUTSEND_SEED_INBOXES`."""
    # A JSON string or number is one of TOML as well.
    tables = ("".join(f"{key} = {json.dumps(value)}\n" for key, value in one.items()) for one in inboxes)
    path.write_text("".join(f"[[inbox]]\n{table}\n" for table in tables), "utf-8")
    return path
