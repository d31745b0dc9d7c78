"""The protocol graphql-transport-ws as a client that no one here wrote speaks it, and as nobody should."""

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from api.connections import Bounds
from tests.api.edge import SECRET
from tests.api.live import FOR_EVER, HOME, PORTAL, TICKS, Peer, live, stage
from tests.jobs.workshop import until

INIT = {"type": "connection_init", "payload": {"authorization": "Bearer good"}}
SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "{ account }"}}


async def test_a_query_a_mutation_and_a_subscription_on_one_socket() -> None:
    async with live() as (_, server), server.socket() as peer:
        await peer.ask("q", "{ account }")
        assert await peer.hears_all(2) == [
            {"id": "q", "type": "next", "payload": {"data": {"account": "acc_1"}}},
            {"id": "q", "type": "complete"},
        ]
        await peer.ask("m", "mutation ($in: RenameInput!) { rename(input: $in) }", variables={"in": {"name": "x"}})
        assert (await peer.hears_all(2))[0]["payload"] == {"data": {"rename": "x"}}
        await peer.ask("s", TICKS)
        heard = await peer.hears_all(4)

    assert [each.get("payload") for each in heard] == [{"data": {"ticks": number}} for number in range(3)] + [None]
    assert heard[-1] == {"id": "s", "type": "complete"}
    assert len({id(context) for context in stage.contexts}) == 3, "each operation has a context of its own"


async def test_operations_run_side_by_side_and_each_ends_alone() -> None:
    async with live() as (_, server), server.socket() as peer, server.socket("other") as second:
        await peer.ask("long", FOR_EVER)
        await peer.ask("slow", "{ slow }")
        await peer.ask("quick", "{ account }")
        heard = await peer.hears_all(4)
        assert [each["id"] for each in heard] == ["quick", "quick", "slow", "slow"]
        await second.ask("1", "{ account }")
        assert (await second.hears())["payload"] == {"data": {"account": "acc_2"}}

        stage.ended.clear()
        await peer.say(id="long", type="complete")
        await asyncio.wait_for(stage.ended.wait(), 2)
        await peer.ask("long", "{ account }")
        assert (await peer.hears())["id"] == "long", "its id is free again"
        assert stage.running == 0


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "BAD_USER_INPUT"),
        ({"query": "{ unheardOf }"}, "BAD_USER_INPUT"),
        ({"query": "subscription { ticks } query b { account }"}, "BAD_USER_INPUT"),
        ({"query": "query a { account } query b { account }"}, "BAD_USER_INPUT"),
        ({"query": "query a { account }", "operationName": "b"}, "BAD_USER_INPUT"),
        ({"query": "{ account }", "variables": []}, "BAD_USER_INPUT"),
        ({"query": 7}, "BAD_USER_INPUT"),
        ({"query": None}, "BAD_USER_INPUT"),
        ({"query": "query ($in: Int!) { items(first: $in) { total } }"}, "BAD_USER_INPUT"),
        ({"query": "{" + "a: account " * 40 + "}"}, "QUERY_TOO_COMPLEX"),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}, "PERSISTED_QUERY_NOT_FOUND"),
    ],
)
async def test_an_operation_that_cannot_begin_is_an_error_of_its_own(payload: dict[str, Any], code: str) -> None:
    async with live() as (_, server), server.socket() as peer:
        await peer.say(id="bad", type="subscribe", payload=payload)
        heard = await peer.hears()
        await peer.ask("good", "{ account }")
        after = await peer.hears()

    assert (heard["id"], heard["type"]) == ("bad", "error")
    assert [error["extensions"]["code"] for error in heard["payload"]] == [code]
    assert after["payload"] == {"data": {"account": "acc_1"}}, "the socket is as it was"


async def test_errors_of_fields_come_as_results() -> None:
    async with live() as (_, server), server.socket() as peer:
        await peer.ask("1", "{ forbidden }")
        heard = await peer.hears_all(2)

    assert heard[0]["payload"]["data"] == {"forbidden": None}
    assert heard[0]["payload"]["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert heard[1]["type"] == "complete"


async def test_a_fault_in_a_subscription_ends_it_and_tells_nothing() -> None:
    async with live() as (_, server), server.socket() as peer:
        await peer.ask("1", "subscription { crashing }")
        heard = await peer.hears_all(2)
        await peer.ask("2", "{ account }")
        assert (await peer.hears())["id"] == "2"

    assert [each["type"] for each in heard] == ["next", "error"]
    assert "INTERNAL_SERVER_ERROR" in json.dumps(heard)
    assert SECRET not in json.dumps(heard)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("nothing", 4400),
        ("[]", 4400),
        ("7", 4400),
        ("null", 4400),
        ("{}", 4400),
        ('{"type":7}', 4400),
        ('{"type":"start"}', 4400),
        ('{"type":"next","id":"1","payload":{}}', 4400),
        ('{"type":"connection_init","payload":7}', 4400),
        ('{"type":"connection_init","payload":{"authorization":7}}', 4400),
        ('{"type":"ping","payload":[]}', 4400),
        (b'{"type":"ping"}', 4400),
        (json.dumps(SUBSCRIBE), 4401),
        ('{"type":"complete","id":"1"}', 4401),
        ('{"type":"connection_init"}', 4401),
        ('{"type":"connection_init","payload":{}}', 4401),
        ('{"type":"connection_init","payload":{"authorization":"Bearer bad"}}', 4401),
        ("[" * 60_000, 4400),
    ],
)
async def test_whoever_is_not_let_in_learns_why(said: str | bytes, code: int) -> None:
    async with live() as (_, server), server.connect() as connection:
        await connection.send(said)
        assert (await Peer(connection).closed())[0] == code


async def test_a_token_that_nobody_can_judge_is_no_bad_one_and_its_client_may_come_again() -> None:
    async with live() as (_, server), server.connect() as connection:
        await connection.send('{"type":"connection_init","payload":{"authorization":"Bearer unjudged"}}')
        assert await Peer(connection).closed() == (1013, "access can't be checked")
        answer = await server.post("{ account }", accept="application/json", token="unjudged")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"type": "subscribe", "payload": {"query": "{ account }"}}, 4400),
        ({"type": "subscribe", "id": 7, "payload": {"query": "{ account }"}}, 4400),
        ({"type": "subscribe", "id": "", "payload": {"query": "{ account }"}}, 4400),
        ({"type": "subscribe", "id": "x" * 256, "payload": {"query": "{ account }"}}, 4400),
        ({"type": "subscribe", "id": "1"}, 4400),
        ({"type": "subscribe", "id": "1", "payload": "{ account }"}, 4400),
        ({"type": "complete"}, 4400),
        ({"type": "stop", "id": "1"}, 4400),
        (INIT, 4429),
    ],
)
async def test_a_message_against_the_protocol_ends_the_socket(said: dict[str, Any], code: int) -> None:
    async with live() as (_, server), server.socket() as peer:
        await peer.say(**said)
        assert (await peer.closed())[0] == code


async def test_an_id_that_is_in_use_ends_the_socket_and_all_that_runs_on_it() -> None:
    async with live() as (_, server), server.socket() as peer:
        await peer.ask("1", FOR_EVER)
        await peer.ask("1", FOR_EVER)
        assert await peer.closed() == (4409, "an operation with this id is running")
        await asyncio.wait_for(stage.ended.wait(), 2)
        assert stage.running == 0


async def test_an_id_that_is_free_again_is_in_use_as_before() -> None:
    async with live() as (_, server), server.socket() as peer:
        await peer.ask("1", FOR_EVER)
        await asyncio.wait_for(stage.begun.wait(), 2)
        await peer.say(id="1", type="complete")
        await peer.ask("1", FOR_EVER)
        await asyncio.wait_for(stage.ended.wait(), 2)
        await peer.ask("2", "{ account }")
        assert (await peer.hears_all(2))[1] == {"id": "2", "type": "complete"}
        await peer.ask("1", FOR_EVER)
        assert (await peer.closed())[0] == 4409


async def test_pings_are_answered_before_and_after_the_greeting_and_what_is_unknown_is_passed_over() -> None:
    async with live() as (_, server), server.connect() as connection:
        peer = Peer(connection)
        await peer.say(type="ping")
        assert await peer.hears() == {"type": "pong"}
        await peer.say(type="pong")
        await peer.say(**INIT, more=1)
        assert await peer.hears() == {"type": "connection_ack"}
        await peer.say(type="ping", payload={"sent": 7})
        assert await peer.hears() == {"type": "pong", "payload": {"sent": 7}}
        await peer.say(type="complete", id="long gone")
        await peer.say(**{**SUBSCRIBE, "payload": {"query": "{ account }", "more": 1}}, more=1)
        assert (await peer.hears())["payload"] == {"data": {"account": "acc_1"}}


async def test_the_name_of_the_token_may_be_written_as_the_header_is() -> None:
    async with live() as (_, server), server.connect() as connection:
        peer = Peer(connection)
        await peer.say(type="connection_init", payload={"Authorization": "Bearer good"})
        assert await peer.hears() == {"type": "connection_ack"}


async def test_a_token_in_the_request_s_header_will_do() -> None:
    async with (
        live() as (_, server),
        server.connect(
            additional_headers={"authorization": "Bearer good", "x-one": "x" * 4_000, "x-two": "x" * 4_000}
        ) as connection,
    ):
        peer = Peer(connection)
        await peer.say(type="connection_init")
        assert await peer.hears() == {"type": "connection_ack"}
        assert connection.response is not None
        assert connection.response.headers["x-request-id"]


@pytest.mark.parametrize("subprotocol", ["graphql-ws", None])
async def test_no_other_protocol_is_spoken(subprotocol: str | None) -> None:
    async with live() as (_, server), server.connect(subprotocol=subprotocol) as connection:
        assert connection.subprotocol is None
        assert (await Peer(connection).closed())[0] == 4406


@pytest.mark.parametrize("origin", [HOME, PORTAL, None])
async def test_pages_of_the_allowed_origins_get_in_and_machines_do(origin: str | None) -> None:
    async with live() as (_, server), server.socket(origin=origin):
        pass


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", f"{HOME}.elsewhere.example", f"{PORTAL}:444", "null", "http://127.0.0.1"]
)
async def test_pages_of_other_origins_are_turned_away_before_there_is_a_socket(origin: str) -> None:
    async with live() as (_, server):
        with pytest.raises(InvalidStatus) as refused:
            await server.connect(origin=origin)

    assert refused.value.response.status_code == 403
    assert b"FORBIDDEN" in (refused.value.response.body or b"")


async def test_other_paths_have_no_socket() -> None:
    async with live() as (_, server):
        with pytest.raises(InvalidStatus) as refused:
            await server.connect(path="/elsewhere")

    assert refused.value.response.status_code == 403


async def test_nothing_is_compressed() -> None:
    async with live() as (_, server), server.connect(compression="deflate") as connection:
        assert connection.response is not None
        assert "sec-websocket-extensions" not in connection.response.headers


@pytest.mark.parametrize("pieces", [1, 8])
async def test_a_message_that_is_too_long_ends_the_socket(pieces: int) -> None:
    async with live() as (_, server), server.socket() as peer:
        await peer.connection.send(["x" * (80_000 // pieces)] * pieces if pieces > 1 else "x" * 80_000)
        assert (await peer.closed())[0] == 1009


async def test_the_longest_message_is_as_long_as_the_longest_body() -> None:
    async with live() as (_, server), server.socket() as peer:
        message = json.dumps({"id": "1", "type": "subscribe", "payload": {"query": "{ account }", "more": ""}})
        await peer.connection.send(message.replace('""', f'"{"x" * (65_536 - len(message))}"'))
        assert (await peer.hears())["type"] == "next"


async def test_without_a_greeting_the_socket_ends() -> None:
    async with live(Bounds(greeting=0.1)) as (_, server), server.connect() as connection:
        assert await Peer(connection).closed() == (4408, "no connection_init in time")


async def test_a_socket_without_operations_ends_and_one_with_one_does_not() -> None:
    async with live(Bounds(idle=0.2)) as (_, server), server.socket() as idle, server.socket() as busy:
        await busy.ask("1", FOR_EVER)
        assert await idle.closed() == (1001, "idle")
        await busy.ask("2", "{ account }")
        assert (await busy.hears_all(2))[1]["type"] == "complete"
        await busy.say(id="1", type="complete")
        assert await busy.closed() == (1001, "idle")


async def test_a_peer_that_answers_pings_stays_and_a_silent_one_does_not() -> None:
    async with live(Bounds(ping=0.1)) as (_, server), server.socket() as awake, server.socket() as asleep:
        for _ in range(4):
            assert await awake.hears() == {"type": "ping"}
            await awake.say(type="pong")
        assert await asleep.closed() == (1001, "no answer to a ping")
        await awake.say(**SUBSCRIBE)
        assert "next" in {(await awake.hears())["type"], (await awake.hears())["type"]}


async def test_an_old_connection_is_asked_to_come_again() -> None:
    async with live(Bounds(age=0.2)) as (_, server), server.socket() as peer:
        await peer.ask("s", FOR_EVER)
        await peer.ask("q", "{ slow }")
        assert (await peer.hears())["payload"] == {"data": {"slow": "done"}}, "what can end soon may"
        assert await peer.closed() == (1001, "connection age")


async def test_a_server_that_stops_says_so_and_lets_queries_finish() -> None:
    async with live() as (_, server), server.socket() as peer, server.socket() as quiet:
        await peer.ask("s", FOR_EVER)
        await peer.ask("q", "{ slow }")
        await asyncio.wait_for(stage.begun.wait(), 2)
        await server.stop()
        began = asyncio.get_running_loop().time()
        assert (await peer.hears())["payload"] == {"data": {"slow": "done"}}
        assert await peer.closed() == (1001, "server stops")
        assert asyncio.get_running_loop().time() - began < 2, "a subscription is not waited for"
        assert await quiet.closed() == (1001, "server stops")


async def test_a_socket_runs_so_many_operations_and_says_so() -> None:
    async with live(Bounds(operations=2)) as (_, server), server.socket() as peer:
        for name in ("1", "2", "3"):
            await peer.ask(name, FOR_EVER)
        heard = await peer.hears()
        assert (heard["id"], heard["type"]) == ("3", "error")
        assert heard["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await peer.say(id="1", type="complete")
        await peer.ask("3", "{ account }")
        assert (await peer.hears())["type"] == "next"


async def test_what_is_begun_and_stopped_again_and_again_is_bounded_too() -> None:
    async with live(Bounds(operations=2)) as (_, server), server.socket() as peer:
        for number in range(400):
            await peer.ask(str(number), FOR_EVER)
            await peer.say(id=str(number), type="complete")
        await peer.say(type="ping")
        while (heard := await peer.hears())["type"] != "pong":
            assert heard["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        await until(lambda: not stage.running)
        await peer.ask("last", "{ account }")
        assert (await peer.hears())["payload"] == {"data": {"account": "acc_1"}}


@pytest.mark.parametrize("bounds", [Bounds(subscriptions=2), Bounds(account_subscriptions=2)])
async def test_so_many_subscriptions_run_over_all_sockets(bounds: Bounds) -> None:
    async with live(bounds) as (_, server), server.socket() as peer, server.socket() as second:
        await peer.ask("1", FOR_EVER)
        await peer.ask("2", FOR_EVER)
        await peer.ask("3", "{ account }")
        assert (await peer.hears_all(2))[0]["type"] == "next", "a query is no subscription"
        await second.ask("4", FOR_EVER)
        assert (await second.hears())["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        stage.ended.clear()
        await peer.say(id="1", type="complete")
        await asyncio.wait_for(stage.ended.wait(), 2)
        await second.ask("4", TICKS)
        assert (await second.hears())["type"] == "next"


async def test_so_many_connections_fit_into_a_process() -> None:
    async with live(Bounds(connections=1)) as (_, server):
        async with server.socket():
            with pytest.raises(InvalidStatus) as refused:
                await server.connect()
            answer = await server.post(TICKS, accept="text/event-stream")
        async with server.socket():
            pass

    assert refused.value.response.status_code == answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"


async def test_so_many_connections_may_be_one_account_s() -> None:
    async with live(Bounds(account_connections=1)) as (_, server), server.socket(), server.connect() as connection:
        await connection.send(json.dumps(INIT))
        assert await Peer(connection).closed() == (1013, "too many connections")
        answer = await server.post(TICKS, accept="text/event-stream")
        async with server.socket("other"):
            pass

    assert answer.status_code == 429
    assert answer.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
