"""The imaging process: one picture after the other, within limits set before the first.

`python -m services.brand_assets.imaging.child <fd>`; it ends when the other side of the socket does.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import sys

from services.brand_assets.imaging.develop import develop
from services.brand_assets.imaging.pictures import UnusableError, prepare_decoders
from services.brand_assets.imaging.protocol import Order, Spoilt, receive, send

_MEMORY = 1024 * 1024 * 1024
"""Address space. The largest picture that is read takes some 300 MB."""


def main() -> None:
    """Serve until the worker goes."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    _limit()
    prepare_decoders()
    with contextlib.suppress(OSError):
        while (order := receive(connection, Order)) is not None:
            try:
                send(connection, develop(order))
            except UnusableError as error:
                send(connection, Spoilt(str(error)))
            except MemoryError:
                send(connection, Spoilt("takes too much memory"))


def _limit() -> None:
    os.chdir("/")
    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),  # fonts are opened while text is drawn
    ):
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
