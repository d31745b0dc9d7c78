"""What is written and counted of a connection: that it began and ended, whose it was and why, and no more."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from prometheus_client.registry import REGISTRY

from api.connections import Bounds, Connections, Kind
from api.logs import configure_logs
from tests.api.edge import SECRET
from tests.api.live import FOR_EVER, TICKS, Peer, live

STREAM = "text/event-stream"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Whatever the process writes at the level of debugging."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    configure_logs(log_format="json", level="debug", stream=written)
    yield written
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def told(lines: io.StringIO, event: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, lines.getvalue().splitlines()) if line["event"] == event]


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"extra_sessions_{name}", labels) or 0


async def test_beginning_and_end_are_written_with_ids_alone(lines: io.StringIO) -> None:
    async with live() as (_, server):
        async with server.socket() as peer:
            await peer.ask(SECRET, f'mutation {{ rename(input: {{name: "{SECRET}"}}) }}')
            assert SECRET in str(await peer.hears_all(2))
            await peer.ask("1", f"query {{ {SECRET.replace(' ', '')} }}")
            await peer.hears()
        await server.post(TICKS, accept=STREAM)

    [opened], [closed] = told(lines, "socket opened"), told(lines, "socket closed")
    assert opened["account"] == closed["account"] == "acc_1"
    assert opened["request_id"] == closed["request_id"]
    assert (closed["reason"], closed["code"]) == ("left", 1000)
    assert [each["account"] for each in told(lines, "event stream opened")] == ["acc_1"]
    assert [each["reason"] for each in told(lines, "event stream closed")] == ["done"]
    for secret in (*SECRET.split(), "Bearer", "127.0.0.1"):
        assert secret not in lines.getvalue().replace("Uvicorn running on http://127.0.0.1", "")


async def test_what_follows_the_question_mark_is_written_nowhere(lines: io.StringIO) -> None:
    async with live() as (_, server), server.connect(path="/graphql?token=hunter2") as connection:
        await connection.send('{"type":"connection_init","payload":{"authorization":"Bearer hunter2"}}')
        assert (await Peer(connection).closed())[0] == 4401

    assert told(lines, "socket closed")[0]["reason"] == "unauthenticated"
    assert "hunter2" not in lines.getvalue()


@pytest.mark.parametrize(("token", "code"), [("broken", 4500), ("away", 1013)])
async def test_a_fault_while_somebody_signs_in_is_told_by_kind_and_place(
    token: str, code: int, lines: io.StringIO
) -> None:
    async with live() as (_, server), server.connect() as connection:
        await connection.send(f'{{"type":"connection_init","payload":{{"authorization":"Bearer {token}"}}}}')
        end = await Peer(connection).closed()
        answer = await server.post(TICKS, accept=STREAM, token=token)

    assert end[0] == code
    assert SECRET not in end[1]
    assert answer.status_code == (503 if token == "away" else 500)
    assert SECRET not in answer.text
    assert told(lines, "socket failed")[0]["fault"]
    assert SECRET not in lines.getvalue()


async def test_connections_subscriptions_and_operations_are_counted() -> None:
    ended = {"kind": "socket", "reason": "repeated_id"}
    asked = {"operation": "item", "outcome": "answered"}
    before = counted("connections_ended_total", **ended), counted("requests_total", **asked)
    async with live() as (_, server), server.socket() as peer:
        await peer.ask("1", FOR_EVER)
        await peer.ask("q", "{ item { name } }")
        await peer.hears_all(2)
        assert counted("connections", kind="socket") == 1
        assert counted("subscriptions") == 1
        await peer.ask("1", FOR_EVER)
        await peer.closed()

    after = counted("connections_ended_total", **ended), counted("requests_total", **asked)
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
    assert counted("connections", kind="socket") == counted("subscriptions") == 0
    assert counted("request_seconds_count", operation="silence") == 0, "how long it lasts is its caller's choice"


async def test_a_connection_that_was_never_told_why_counts_as_left() -> None:
    before = counted("connections_ended_total", kind="event_stream", reason="left")
    with Connections(Bounds()).opened(Kind.EVENT_STREAM):
        pass
    assert counted("connections_ended_total", kind="event_stream", reason="left") == before + 1
