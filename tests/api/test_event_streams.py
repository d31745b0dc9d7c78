"""GraphQL over server-sent events, byte for byte, beside clients of plain JSON that list the type and don't mean it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx2 import Response

from api.connections import Bounds
from tests.api.edge import SECRET
from tests.api.live import FOR_EVER, TICKS, Served, live, stage

STREAM = "text/event-stream"
GRAPHQL = "application/graphql-response+json"
URQL = f"{GRAPHQL}, application/graphql+json, application/json, {STREAM}, multipart/mixed"
APOLLO = f"{GRAPHQL},application/json;q=0.9"
ACCOUNT = b'event: next\ndata: {"data":{"account":"acc_1"}}\n\n'
COMPLETE = b"event: complete\ndata:\n\n"


@asynccontextmanager
async def streaming(server: Served, query: str, token: str = "good") -> AsyncIterator[Response]:
    headers = {"accept": STREAM, "authorization": f"Bearer {token}"}
    async with (
        server.client(**headers) as client,
        client.stream("POST", "/graphql", json={"query": query}) as answer,
    ):
        yield answer


async def rest_of(answer: Response) -> bytes:
    async with asyncio.timeout(8):
        return b"".join([chunk async for chunk in answer.aiter_raw()])


async def test_a_subscription_is_written_as_the_protocol_has_it() -> None:
    async with live() as (_, server):
        answer = await server.post(TICKS, accept=STREAM)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["x-request-id"]
    results = b"".join(b'event: next\ndata: {"data":{"ticks":%d}}\n\n' % number for number in range(3))
    assert answer.content == results + COMPLETE
    assert len(stage.contexts) == 1


@pytest.mark.parametrize("accept", [URQL, f"{STREAM}, */*", APOLLO, "*/*"])
async def test_whoever_takes_json_gets_json(accept: str) -> None:
    async with live() as (_, server):
        answer = await server.post("{ account }", accept=accept)
        refused = await server.post("{ unheardOf }", accept=accept)

    assert answer.headers["content-type"].startswith("application/")
    assert answer.json() == {"data": {"account": "acc_1"}}
    assert refused.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert refused.status_code == (400 if "graphql-response" in accept else 200)


async def test_a_subscription_of_whoever_lists_both_is_streamed() -> None:
    async with live() as (_, server):
        answer = await server.post(TICKS, accept=URQL)

    assert answer.headers["content-type"].startswith(STREAM)
    assert answer.content.endswith(COMPLETE)


@pytest.mark.parametrize("accept", [APOLLO, "*/*", f"application/json, {STREAM};q=0"])
async def test_a_subscription_is_not_answered_in_json(accept: str) -> None:
    async with live() as (_, server):
        answer = await server.post(TICKS, accept=accept)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_query_is_streamed_to_whoever_takes_nothing_else() -> None:
    async with live() as (_, server):
        answer = await server.post("{ account }", accept=STREAM)
        renamed = await server.post('mutation { rename(input: {name: "x"}) }', accept=STREAM)

    assert answer.content == ACCOUNT + COMPLETE
    assert renamed.content == b'event: next\ndata: {"data":{"rename":"x"}}\n\n' + COMPLETE


@pytest.mark.parametrize(
    "query", ["{", "{ unheardOf }", "subscription { unheardOf }", "query a { account } query b { account }"]
)
async def test_what_cannot_begin_is_one_result_of_errors(query: str) -> None:
    async with live() as (_, server):
        answer = await server.post(query, accept=STREAM)

    assert answer.status_code == 200
    event, data, *rest = answer.text.split("\n")
    result = json.loads(data.removeprefix("data: "))
    assert (event, rest) == ("event: next", ["", "event: complete", "data:", "", ""])
    assert result.keys() == {"errors"}
    assert [error["extensions"]["code"] for error in result["errors"]] == ["BAD_USER_INPUT"]


async def test_line_breaks_in_a_value_break_no_event() -> None:
    async with live() as (_, server):
        answer = await server.post(
            "mutation ($in: RenameInput!) { rename(input: $in) }",
            accept=STREAM,
            variables={"in": {"name": "one\ntwo\r\n\nevent: complete\u2028"}},
        )

    assert answer.content.count(b"\n") == 6
    assert b"\r" not in answer.content


async def test_whoever_is_not_signed_in_gets_a_plain_answer() -> None:
    async with live() as (_, server):
        answer = await server.post(TICKS, accept=STREAM, token="bad")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_body_that_is_no_request_gets_a_plain_answer() -> None:
    async with live() as (_, server), server.client(accept=STREAM) as client:
        for content in (b"nothing", b"[]", b'{"variables":{}}', b'{"query":7}'):
            headers = {"content-type": "application/json"}
            answer = await client.post("/graphql", content=content, headers=headers)
            assert (answer.status_code, answer.json().keys()) == (400, {"errors"})
        assert (await client.get("/graphql")).status_code == 405


async def test_a_fault_in_a_stream_tells_nothing() -> None:
    async with live() as (_, server):
        answer = await server.post("subscription { crashing }", accept=STREAM)

    assert "INTERNAL_SERVER_ERROR" in answer.text
    assert SECRET not in answer.text
    assert answer.content.endswith(COMPLETE)


async def test_a_quiet_stream_is_kept_open_by_comments() -> None:
    async with live(Bounds(comment=0.05)) as (_, server), streaming(server, FOR_EVER) as answer:
        chunks = answer.aiter_raw()
        assert [await anext(chunks) for _ in range(3)] == [b":\n\n"] * 3


async def test_whoever_leaves_ends_the_operation_at_once() -> None:
    async with live() as (_, server):
        async with streaming(server, FOR_EVER):
            await asyncio.wait_for(stage.begun.wait(), 2)
        await asyncio.wait_for(stage.ended.wait(), 2)

    assert stage.running == 0


@pytest.mark.parametrize("bounds", [Bounds(age=0.1), Bounds()])
async def test_a_stream_that_ends_by_age_or_with_the_server_is_not_complete(bounds: Bounds) -> None:
    async with live(bounds) as (_, server), streaming(server, FOR_EVER) as answer:
        await asyncio.wait_for(stage.begun.wait(), 2)
        if bounds == Bounds():
            await server.stop()
        assert await rest_of(answer) == b""

    assert stage.running == 0


async def test_a_query_in_a_stream_is_finished_before_the_server_stops() -> None:
    async with live() as (_, server), streaming(server, "{ slow }") as answer:
        await asyncio.wait_for(stage.begun.wait(), 2)
        await server.stop()
        assert await rest_of(answer) == b'event: next\ndata: {"data":{"slow":"done"}}\n\n' + COMPLETE


async def test_a_stream_counts_as_a_subscription_of_its_account() -> None:
    async with live(Bounds(account_subscriptions=1)) as (_, server), streaming(server, FOR_EVER):
        await asyncio.wait_for(stage.begun.wait(), 2)
        answer = await server.post(TICKS, accept=STREAM)
        other = await server.post(TICKS, accept=STREAM, token="other")

    assert '"code":"RATE_LIMITED"' in answer.text
    assert answer.content.endswith(COMPLETE)
    assert "ticks" in other.text
