"""An SMTP server that accepts every mail and hands it to the test (RFC 5321, the part that clients use)."""

import asyncio
import email
import email.policy
import re


class SmtpSink:
    def __init__(self):
        self.mails = asyncio.Queue()
        self.failures = 0
        """How many of the next mails are refused for the moment (451)."""

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def mail(self):
        """The next mail, parsed."""
        return await asyncio.wait_for(self.mails.get(), 30)

    async def token(self):
        """The token in the next mail's link."""
        return re.search(r"#token=([\w-]+)", (await self.mail()).get_content())[1]

    async def _serve(self, reader, writer):
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            match line[:4].upper().strip():
                case b"DATA":
                    writer.write(b"354 go\r\n")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    if self.failures:
                        self.failures -= 1
                        writer.write(b"451 later\r\n")
                        continue
                    message = email.message_from_bytes(content[:-3], policy=email.policy.default)
                    self.mails.put_nowait(message)
                    writer.write(b"250 ok\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 ok\r\n")
        writer.close()
