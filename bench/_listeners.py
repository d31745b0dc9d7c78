"""The clients of ``bench.event_streams``: thousands of sockets in one process, that read frames and do nothing else.

Started with one line of JSON on its standard input. Answers ``ready``, then one line for each round it is told of.
"""

import asyncio
import base64
import json
import os
import resource
import sys
import time
from array import array
from collections import Counter
from dataclasses import dataclass
from statistics import quantiles
from typing import Any, Final, cast

import uvloop

_SHORT, _LONG = 126, 127
_TEXT_OPCODE: Final = 1
_AT_A_TIME: Final = 100
"""Sockets that connect at once."""
_PATIENCE: Final = 150
PONG: Final = '{"type":"pong"}'


class Listeners:
    """All sockets together: what came to which of them, and when."""

    def __init__(self) -> None:
        self.started = asyncio.Semaphore(0)
        self.arrived: array[float] = array("d")
        self.numbers: array[int] = array("l")
        self.wanted = 0
        self.complete = asyncio.Event()
        self.sample = b""
        self.endings: Counter[str] = Counter()

    def expect(self, events: int, sockets: int) -> None:
        self.wanted = events * sockets
        self.arrived, self.numbers = array("d"), array("l")
        self.complete.clear()

    def take(self, number: int, payload: bytes) -> None:
        self.arrived.append(time.monotonic())
        self.numbers.append(number)
        if len(self.arrived) == self.wanted:
            self.sample = payload
            self.complete.set()


class Listener(asyncio.Protocol):
    """One socket. It speaks just enough of WebSocket to be sent events."""

    def __init__(self, listeners: Listeners, token: str, document: str) -> None:
        self._listeners = listeners
        self._token = token
        self._document = document
        self._rest = b""
        self._is_upgraded = False
        self._is_started = False
        self.number = 0
        """Of the next event in this round."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            *("GET /graphql HTTP/1.1", "host: 127.0.0.1", "connection: Upgrade", "upgrade: websocket"),
            *("sec-websocket-version: 13", f"sec-websocket-key: {key}"),
            "sec-websocket-protocol: graphql-transport-ws",
        )
        self._transport.write("\r\n".join([*lines, "", ""]).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        self._listeners.endings[type(exc).__name__] += 1

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        if not self._is_upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            assert b" 101 " in head.splitlines()[0], head
            self._is_upgraded = True
            self.say(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {self._token}"}}))
        self._rest = self._read(data)

    def _read(self, data: bytes) -> bytes:
        """Take each whole frame and return what is left."""
        place, size = 0, len(data)
        while size - place >= 2:
            length, begin = data[place + 1], place + 2
            if length == _SHORT:
                length, begin = int.from_bytes(data[begin : begin + 2], "big"), begin + 2
            elif length == _LONG:
                length, begin = int.from_bytes(data[begin : begin + 8], "big"), begin + 8
            if begin + length > size:
                break
            self._take(data[place] & 15, data[begin : begin + length])
            place = begin + length
        return data[place:]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode != _TEXT_OPCODE:
            self._listeners.endings[payload[2:].decode(errors="replace")] += 1
        elif payload.endswith(b'"type":"ping"}'):
            self.say(PONG)
        elif payload.endswith(b'"connection_ack"}'):
            self.say(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": self._document}}))
        elif b'"HEARTBEAT"' in payload:
            self._start()
        elif b'"type":"next"' in payload:
            self._listeners.take(self.number, payload)
            self.number += 1
        else:
            sys.stderr.write(payload.decode() + "\n")

    def _start(self) -> None:
        """Count the first heartbeat: from there on this socket is told of everything."""
        if not self._is_started:
            self._is_started = True
            self._listeners.started.release()

    def say(self, text: str) -> None:
        """Send one frame, masked with nothing."""
        data = text.encode()
        length = bytes([0x80 | len(data)]) if len(data) < _SHORT else b"\xfe" + len(data).to_bytes(2, "big")
        self._transport.write(b"\x81" + length + bytes(4) + data)


@dataclass(frozen=True, slots=True)
class Crowd:
    listeners: Listeners
    sockets: list[Listener]

    async def hear(self, events: int) -> list[float]:
        """Wait until each has been sent so many events; return when each of all the messages came."""
        listeners = self.listeners
        for socket in self.sockets:
            socket.number = 0
        listeners.expect(events, len(self.sockets))
        say(hearing=events)
        commits: list[float] = (await hear_word())["commits"]
        async with asyncio.timeout(_PATIENCE):
            await listeners.complete.wait()
        return [at - commits[number] for at, number in zip(listeners.arrived, listeners.numbers, strict=True)]


async def gather(port: int, tokens: list[str], document: str) -> Crowd:
    loop, listeners, sockets = asyncio.get_running_loop(), Listeners(), []
    for token in tokens:
        _, protocol = await loop.create_connection(lambda: Listener(listeners, token, document), "127.0.0.1", port)  # noqa: B023 - called at once
        sockets.append(protocol)
        if len(sockets) > _AT_A_TIME:
            await listeners.started.acquire()
    for _ in range(min(_AT_A_TIME, len(tokens))):
        await listeners.started.acquire()
    return Crowd(listeners, sockets)


async def run() -> None:
    """Connect as told, then answer each word with what was heard."""
    given = await hear_word()
    async with asyncio.timeout(_PATIENCE):
        crowd = await gather(given["port"], given["tokens"], given["document"])
    say(ready=len(crowd.sockets))
    while word := await hear_word():
        busy = time.process_time()
        took = await crowd.hear(word["events"])
        cuts = quantiles(took, n=100)
        say(
            p50=cuts[49],
            p99=cuts[98],
            last=max(crowd.listeners.arrived),
            messages=len(took),
            busy=time.process_time() - busy,
            sample=crowd.listeners.sample.decode(),
            endings=dict(crowd.listeners.endings),
        )


async def hear_word() -> dict[str, Any]:
    line = await asyncio.to_thread(sys.stdin.readline)
    return cast("dict[str, Any]", json.loads(line)) if line else {}


def say(**word: Any) -> None:
    sys.stdout.write(json.dumps(word) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(run())
