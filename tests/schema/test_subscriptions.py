"""Subscriptions as they are served: each event in the form asked for; who is shown the same shares the work of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
import pytest
from graphql import parse
from strawberry.http import GraphQLRequestData
from strawberry.types import ExecutionResult

from api.errors import present
from api.streams import Subscriptions
from models.actor import Actor
from models.feed import Feed
from schema.context import Context
from tests.builders import World, confirmed, released
from tests.operations.acting import approve, release, withdraw
from tests.queries.asked import listening
from tests.schema.house import served_schema

EVENTS = "subscription ($after: String) { events(after: $after) { cursor type request { reference } } }"
REQUEST = "subscription ($id: ID!) { extraSessionsRequest(id: $id) { status version } }"


def written(result: ExecutionResult) -> bytes:
    errors = [present(error) for error in result.errors or ()]
    return orjson.dumps({"data": result.data} | ({"errors": errors} if errors else {}))


class Stage:
    """Runs subscriptions as a server process does."""

    def __init__(self, world: World, *, most_fields: int = 20_000) -> None:
        self.world = world
        self._feed = Feed(world.database, world.clock)
        self._served = Subscriptions(served_schema(), write=written, most_fields=most_fields)

    @asynccontextmanager
    async def follow(self, by: Actor, document: str, *, cost: int = 5, **variables: Any) -> AsyncIterator["Told"]:
        context = Context(by, self.world.database, self.world.clock, self._feed)
        asked = GraphQLRequestData(document, variables, None, None)
        told = Told()
        task = asyncio.create_task(told.listen(self._served.run(parse(document), asked, context=context, cost=cost)))
        try:
            yield told
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class Told:
    def __init__(self) -> None:
        self.results: list[Any] = []
        self.ended = asyncio.Event()
        self._heard = asyncio.Condition()

    async def listen(self, results: Any) -> None:
        async for result in results:
            async with self._heard:
                self.results.append(orjson.loads(result))
                self._heard.notify_all()
        self.ended.set()

    async def hears(self, number: int) -> list[Any]:
        async with asyncio.timeout(5), self._heard:
            await self._heard.wait_for(lambda: len(self.results) >= number)
        return self.results

    def types(self) -> list[str]:
        return [result["data"]["events"]["type"] for result in self.results]


async def test_each_event_comes_in_the_form_that_was_asked_for(world: World) -> None:
    async with Stage(world).follow(world.reviewer, EVENTS) as told:
        await told.hears(1)
        await approve(world, await released(world))
        await told.hears(3)

    assert told.types() == ["HEARTBEAT", "RELEASED", "APPROVED"]
    assert told.results[1]["data"]["events"]["request"]["reference"].startswith("R-")


async def test_a_request_is_followed_to_its_end(world: World) -> None:
    request_id = await released(world)
    async with Stage(world).follow(world.organisation_integrator, REQUEST, id=request_id) as told:
        await told.hears(1)
        await withdraw(world, request_id)
        await told.hears(2)

    assert [result["data"]["extraSessionsRequest"] for result in told.results] == [
        {"status": "ORGANISATION_REVIEW", "version": 1},
        {"status": "WITHDRAWN", "version": 2},
    ]


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        (EVENTS, {"after": "nonsense"}, "BAD_USER_INPUT"),
        (EVENTS, {"after": 7}, "BAD_USER_INPUT"),
        (REQUEST, {"id": "req_nowhere"}, "NOT_FOUND"),
        (REQUEST, {}, "BAD_USER_INPUT"),
    ],
)
async def test_what_can_not_begin_says_why_and_ends(
    world: World, document: str, variables: dict[str, Any], code: str
) -> None:
    async with Stage(world).follow(world.reviewer, document, **variables) as told:
        await asyncio.wait_for(told.ended.wait(), 10)

    (result,) = told.results
    assert not result["data"]
    assert [error["extensions"]["code"] for error in result["errors"]] == [code]


async def test_a_request_that_is_not_released_looks_like_none(world: World) -> None:
    hidden = await confirmed(world)
    answers = []
    for each in (hidden, "req_nowhere"):
        async with Stage(world).follow(world.reviewer, REQUEST, id=each) as told:
            await asyncio.wait_for(told.ended.wait(), 10)
        answers.append(told.results)

    assert answers[0] == answers[1]


async def statements(world: World, *who: Actor) -> Counter[str]:
    """Return how often each table was read from for what these were told of one release."""
    stage, request_id = Stage(world), await confirmed(world)
    follows = [stage.follow(by, EVENTS) for by in who]
    told = [await follow.__aenter__() for follow in follows]
    for each in told:
        await each.hears(1)
    with listening() as heard:
        await release(world, request_id)
        for each in told:
            await each.hears(2)
    for follow in follows:
        await follow.__aexit__(None, None, None)
    events = [text for text in heard if text.startswith("SELECT event.seq, event.type, event.request_id, event.detail")]
    return Counter(events)


async def test_who_is_shown_the_same_shares_one_read(world: World) -> None:
    assert (await statements(world, world.reviewer, world.second_reviewer, world.reviewer)).total() == 1


async def test_who_may_be_shown_what_is_sealed_shares_with_nobody(world: World) -> None:
    assert (await statements(world, world.staff, world.staff, world.manager)).total() == 2


async def test_a_page_holds_no_more_than_an_operation_may_cost(world: World) -> None:
    stage = Stage(world, most_fields=10)
    after = {}
    async with stage.follow(world.staff, EVENTS) as told:
        after["after"] = (await told.hears(1))[0]["data"]["events"]["cursor"]
    for _ in range(3):
        await approve(world, await released(world, sessions_requested=1))

    with listening() as heard:
        async with stage.follow(world.staff, EVENTS, **after) as told:
            await told.hears(13)

    assert len([text for text in heard if text.startswith("SELECT event.seq, event.type")]) == 6, "two of twelve each"
    assert told.types()[-1] == "HEARTBEAT"


async def test_a_page_that_was_shared_before_more_happened_is_followed_by_the_rest(world: World) -> None:
    stage = Stage(world)
    async with stage.follow(world.reviewer, EVENTS) as told:
        after = (await told.hears(1))[0]["data"]["events"]["cursor"]
    request_id = await released(world)
    async with stage.follow(world.reviewer, EVENTS, after=after) as told:
        await told.hears(2)
        await approve(world, request_id)
        async with stage.follow(world.second_reviewer, EVENTS, after=after) as later:
            await later.hears(3)
            await told.hears(3)

    assert told.types() == ["RELEASED", "HEARTBEAT", "APPROVED"]
    assert later.types() == ["RELEASED", "APPROVED", "HEARTBEAT"]


async def test_a_heartbeat_is_never_behind_what_was_sent_nor_ahead_of_what_was_not(world: World) -> None:
    async def resume(by: Actor, after: str) -> list[str]:
        async with stage.follow(by, EVENTS, after=after) as rest:
            await rest.hears(1)
            while rest.types()[-1] != "HEARTBEAT":
                await rest.hears(len(rest.results) + 1)
            return rest.types()[:-1]

    stage = Stage(world)
    async with stage.follow(world.reviewer, EVENTS) as told:
        for _ in range(2):
            await approve(world, await released(world, sessions_requested=1))
        await told.hears(5)

    sent = told.types()
    for place, result in enumerate(told.results):
        rest = [each for each in sent[place + 1 :] if each != "HEARTBEAT"]
        assert await resume(world.reviewer, result["data"]["events"]["cursor"]) == rest


async def test_a_page_on_which_nothing_was_serves_nobody_for_whom_there_is_more(world: World) -> None:
    stage = Stage(world)
    async with stage.follow(world.reviewer, EVENTS) as told:
        after = (await told.hears(1))[0]["data"]["events"]["cursor"]
    async with stage.follow(world.reviewer, EVENTS, after=after) as told:
        await told.hears(1)
        await released(world)
        async with stage.follow(world.reviewer, EVENTS, after=after) as later:
            await later.hears(2)

    assert later.types() == ["RELEASED", "HEARTBEAT"]
