"""Environments of their own for the programs that ours is measured against.

A peer never shares our dependencies (nor its licence ours): it runs as its own process, from
`var/peers/<name>`, made once from `tests/bench/peers/<name>.txt`.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PINS = Path(__file__).parent / "peers"


def peer_python(name: str) -> Path:
    """The Python of the peer `name`, installed on first use and again when its pins change.

    Raises FileNotFoundError for an unknown peer and CalledProcessError when it cannot be installed.
    """
    pins = _PINS / f"{name}.txt"
    stamp = hashlib.sha256(pins.read_bytes()).hexdigest()
    home = ROOT / "var" / "peers" / name
    python = home / "bin" / "python"
    done = home / "installed"
    if not (python.exists() and done.exists() and done.read_text() == stamp):
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), "-r", str(pins)], check=True)
        done.write_text(stamp)
    return python
