"""Hands e-mail to a mail server: one message, one recipient, a return path of its own.

The server's acceptance is its answer to the message itself. Whatever happens after that takes nothing back, and
whatever happens before, other than a refusal of the address, is tried again by the job: no address is blamed for it.
"""

import asyncio
import ssl
from asyncio import TimerHandle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Literal

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused

from jobs.mailer import MailRejected
from jobs.pace import Pace
from jobs.smtp_replies import blames_recipient

Security = Literal["tls", "starttls", "none"]

IDLE = timedelta(seconds=30)
"""How long a connection is kept for the next message: well under the five minutes that a server has to wait."""
_AT_ONCE = 5.0
"""Seconds in which a server answers what costs it nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    security: Security
    """``tls`` from the first byte, ``starttls`` before anything else is said and never without, or ``none``."""
    tls: ssl.SSLContext
    """What certificates are checked by."""
    return_path: str
    """The address that bounces come back to; each message has a mark of its own in it."""
    timeout: timedelta
    """How long handing over one message may take, connecting included."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class SmtpMailer:
    """Sends by SMTP, on a connection for each message that goes at the same time; belongs to one event loop."""

    def __init__(self, server: MailServer, pace: Pace, *, idle: timedelta = IDLE) -> None:
        self._server = server
        self._pace = pace
        self._keep_for = idle.total_seconds()
        self._idle: dict[SMTP, TimerHandle] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def send(self, message: EmailMessage, *, token: str) -> None:
        """Return once the server has accepted the message.

        Raises MailRejected where it refuses the address for good, Postponed where the process has sent what it may
        send this minute, and anything else for what is worth trying again.
        """
        self._pace.take()
        (recipient,) = message["To"].addresses
        local, _, domain = self._server.return_path.rpartition("@")
        async with asyncio.timeout(self._server.timeout.total_seconds()), self._connection() as client:
            await client.mail(f"{local}+{token}@{domain}")
            try:
                await client.rcpt(recipient.addr_spec)
                await client.data(message.as_bytes())
            except (SMTPRecipientRefused, SMTPDataError) as answer:
                named = isinstance(answer, SMTPRecipientRefused)
                if blames_recipient(answer.code, answer.message, named=named):
                    raise MailRejected from None  # without the answer: it quotes the address
                raise

    async def close(self) -> None:
        """Leave the server, politely where it still answers."""
        for client in list(self._idle):
            self._retire(client)
        await asyncio.gather(*self._leaving)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        """Lend a connection; it is kept for the next message, unless this one did not go."""
        client = await self._kept() or await self._connected()
        try:
            yield client
        except BaseException:
            client.close()
            raise
        self._idle[client] = asyncio.get_running_loop().call_later(self._keep_for, self._retire, client)

    async def _kept(self) -> SMTP | None:
        """Return a kept connection on which the server still answers; one that it has dropped is no failure."""
        while self._idle:
            client, timer = self._idle.popitem()
            timer.cancel()
            try:
                await client.rset(timeout=_AT_ONCE)
            except (SMTPException, OSError):
                client.close()
            except BaseException:
                client.close()
                raise
            else:
                return client
        return None

    async def _connected(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=server.return_path.rpartition("@")[2],
            timeout=server.timeout.total_seconds(),
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=None if server.security == "none" else server.tls,
        )
        await client.connect()
        return client

    def _retire(self, client: SMTP) -> None:
        if timer := self._idle.pop(client, None):
            timer.cancel()
            task = asyncio.get_running_loop().create_task(_leave(client))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)


async def _leave(client: SMTP) -> None:
    try:
        with suppress(SMTPException, OSError):
            await client.quit(timeout=_AT_ONCE)
    finally:
        client.close()
