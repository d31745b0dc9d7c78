"""A mail server on this machine that keeps what it takes, and can be as bad as real ones are."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


@dataclass
class Postbox:
    """Every message it said yes to, as it came."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    """Message-ID and bytes, in the order in which they were taken."""
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is cleared, whoever has sent a message waits for the answer."""
    came: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    """Released once for each message, before the answer."""
    port: int = 0

    def __post_init__(self) -> None:
        self.hold.set()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        self.came.release()
        await self.hold.wait()
        self.taken.append((str(message_from_bytes(content)["Message-ID"]), content))
        return "250 OK"

    @property
    def times(self) -> Counter[str]:
        """How often each message was taken."""
        return Counter(message_id for message_id, _ in self.taken)

    def differing(self) -> set[str]:
        """Return the messages that came more than once and not the same to the byte."""
        first = dict(reversed(self.taken))
        return {message_id for message_id, content in self.taken if first[message_id] != content}


@asynccontextmanager
async def postbox() -> AsyncIterator[Postbox]:
    """Run one on a free port of this machine."""
    box = Postbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box, timeout=600), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        box.hold.set()
        server.close()
