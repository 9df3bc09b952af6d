"""The connection of a visit to a mail server: a socket that another thread can hang up on, and imaplib on it."""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
import threading

from shared.net.imap_account import Account

_MAX_BYTES = 16 * 1024 * 1024
"""Of all answers of a visit: the headers of 100 messages, at their largest, are 6.4 MB."""
_MAX_ADDRESSES = 3


class Line:
    """The socket of a visit. Another thread may hang up: what waits on it fails at once."""

    def __init__(self) -> None:
        self._sock: socket.socket | None = None
        self._hung_up = False
        self._lock = threading.Lock()

    def dial(self, account: Account, addresses: list[str], tls: ssl.SSLContext, timeout: float) -> socket.socket:
        """A connected socket, TLS done if it comes first."""
        sock = self.take(_connected(addresses, account.port, timeout))
        if account.tls != "implicit":
            return sock
        wrapped = tls.wrap_socket(sock, server_hostname=account.host, do_handshake_on_connect=False)
        self.take(wrapped)
        wrapped.do_handshake()
        return wrapped

    def take(self, sock: socket.socket) -> socket.socket:
        """From now on this is the socket. Raises ConnectionAbortedError when it is to be hung up already."""
        with self._lock:
            self._sock = sock
            if self._hung_up:
                raise ConnectionAbortedError
        return sock

    def hang_up(self) -> None:
        with self._lock:
            self._hung_up = True
            if self._sock is not None:
                with contextlib.suppress(OSError):  # not connected, or closed
                    # The plain socket's: that of a TLS socket would forget its session under the reader's hands.
                    socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            if self._sock is not None:
                self._sock.close()


class LineClient(imaplib.IMAP4):
    """IMAP on a socket that is connected already, with a server that may not say more than `_MAX_BYTES`."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        self._given = sock
        self._left = _MAX_BYTES
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._given

    def read(self, size: int) -> bytes:
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.error("the server says too much")


def _connected(addresses: list[str], port: int, timeout: float) -> socket.socket:
    failure: OSError = ConnectionRefusedError()
    for address in addresses[:_MAX_ADDRESSES]:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            failure = error
    raise failure
