"""A mail server on this machine that keeps what it takes, and can be as bad as real ones are."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from enum import Enum, auto
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


class Weather(Enum):
    """How the server is."""

    FAIR = auto()
    SILENT = auto()
    """It takes connections and says nothing."""
    RAVING = auto()
    """It says what no mail server says."""
    BUSY = auto()
    """It asks for every message to be sent later."""
    HANGING_UP = auto()
    """It hears a message to its end and is gone, without having taken it."""
    FORGETTING_TO_SAY_SO = auto()
    """It takes a message and is gone before it says so."""
    AWAY = auto()
    """Nobody takes a connection."""


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
    weather: Weather = Weather.FAIR
    turned_away: Counter[Weather] = field(default_factory=Counter)
    """Connections and messages that came to nothing, by why."""
    _server: asyncio.Server | None = None
    _callers: set[asyncio.BaseTransport] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.hold.set()

    async def open(self) -> None:
        """Take connections, on the same port each time."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Answering(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Take none, and cut those there are."""
        self.hold.set()
        if self._server is not None:
            self._server.close()
        for caller in list(self._callers):
            caller.abort()  # type: ignore[attr-defined]  # each is a socket's

    async def turn(self, weather: Weather) -> None:
        """Change the weather, also for those who are connected."""
        self.close()
        self.weather = weather
        if weather is not Weather.AWAY:
            await self.open()

    async def handle_DATA(self, server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        self.came.release()
        await self.hold.wait()
        if self.weather is not Weather.FAIR:
            self.turned_away[self.weather] += 1
        if self.weather is Weather.BUSY:
            return "451 4.3.2 Later, please"
        if self.weather is Weather.HANGING_UP:
            server.transport.abort()
            return "451 4.3.2 Nobody hears this"
        self.taken.append((str(message_from_bytes(content)["Message-ID"]), content))
        if self.weather is Weather.FORGETTING_TO_SAY_SO:
            server.transport.abort()
        return "250 OK"

    @property
    def times(self) -> Counter[str]:
        """How often each message was taken."""
        return Counter(message_id for message_id, _ in self.taken)

    def differing(self) -> set[str]:
        """Return the messages that came more than once and not the same to the byte."""
        first = dict(reversed(self.taken))
        return {message_id for message_id, content in self.taken if first[message_id] != content}


class _Answering(SMTP):
    """One connection, answered as the weather is."""

    def __init__(self, box: Postbox) -> None:
        super().__init__(box, timeout=600)
        self._box = box
        self._weather = box.weather

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._box._callers.add(transport)  # noqa: SLF001 - it is one of the box's
        if self._weather not in {Weather.SILENT, Weather.RAVING}:
            super().connection_made(transport)
            return
        self._box.turned_away[self._weather] += 1
        if self._weather is Weather.RAVING:
            transport.write(b"\x00\xfe\xff <html>504 Gateway Timeout</html>\r\n" * 3)  # type: ignore[attr-defined]
            transport.close()

    def data_received(self, data: bytes) -> None:
        if self.transport is not None:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self.transport is not None else None

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            super().connection_lost(error)


@asynccontextmanager
async def postbox() -> AsyncIterator[Postbox]:
    """Run one on a free port of this machine."""
    box = Postbox()
    await box.open()
    try:
        yield box
    finally:
        box.close()
