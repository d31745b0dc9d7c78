"""What a reviewer may not see and what does not exist get the same answer, to the byte."""

from typing import Any

import pytest
from httpx2 import Response

from models.database import Database
from models.ids import new_id, new_reference
from models.keyring import Keyring
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.schema import documents
from tests.schema.house import House

A_NODE = "query ($id: ID!) { node(id: $id) { id ... on ExtraSessionsRequest { reference client { displayName } } } }"
REQUEST_DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "approve": (documents.APPROVE, {"sessionsGranted": 1}),
    "approve with a stale version": (documents.APPROVE, {"expectedVersion": 7}),
    "approve for too many": (documents.APPROVE, {"sessionsGranted": 99}),
    "decline": (documents.DECLINE, {"reason": "BUDGET"}),
    "ask": (documents.ASK, {"topic": "PERIOD"}),
    "ask with a stale version": (documents.ASK, {"topic": "PERIOD", "expectedVersion": 7}),
    "draft an answer": (documents.DRAFT, {"answer": "Rest"}),
    "release an answer": (documents.RELEASE, {}),
    "answer details": (documents.ANSWER_DETAILS, {"answers": []}),
    "review clinically": (documents.RECORD_REVIEW, {"verdict": "ENDORSE"}),
    "confirm the relay": (documents.CONFIRM_RELAY, {}),
}


@pytest.fixture(params=["submitted", "confirmed", "withheld", "for clinical review", "of another organisation"])
async def hidden(request: pytest.FixtureRequest, database: Database, clock: FixedClock) -> tuple[World, str]:
    """Return a request that exists, and a reviewer's world in which it does not."""
    if request.param == "submitted":
        world = await a_world(database, clock)
        return world, await submitted(world)
    if request.param == "confirmed":
        world = await a_world(database, clock)
        return world, await confirmed(world)
    if request.param == "of another organisation":
        return await a_world(database, clock), await released(await a_world(database, clock))
    terms: dict[str, Any] = {"headcount": 3} if request.param == "withheld" else {"clinical_review_threshold": 7}
    world = await a_world(database, clock, **terms)
    return world, await released(world)


async def test_a_request_that_is_not_released_answers_as_one_that_is_not(
    hidden: tuple[World, str], keyring: Keyring, subtests: pytest.Subtests
) -> None:
    world, request_id = hidden
    house, nothing = House(world, keyring), new_id("req")
    by_reference = await house.ask(world.staff, documents.REQUEST_STATUS, by={"id": request_id})

    for who in (world.reviewer, world.organisation_integrator):
        for document, name in ((documents.REVIEW_REQUEST, "id"), (A_NODE, "id")):
            with subtests.test(document[:30]):
                alike(
                    await house.send(who, document, **{name: request_id}),
                    await house.send(who, document, **{name: nothing}),
                )
        with subtests.test("by its reference"):
            alike(
                await house.send(who, documents.REQUEST_STATUS, by={"reference": by_reference["reference"]}),
                await house.send(who, documents.REQUEST_STATUS, by={"reference": new_reference()}),
            )
        for verb, (document, answers) in REQUEST_DOCUMENTS.items():
            with subtests.test(verb):
                alike(
                    await house.send(who, document, input={"requestId": request_id, **answers}),
                    await house.send(who, document, input={"requestId": nothing, **answers}),
                )


async def test_a_list_says_nothing_of_what_is_hidden(hidden: tuple[World, str], keyring: Keyring) -> None:
    """Not by an element, a count, a cursor or another page."""
    world, _ = hidden
    house = House(world, keyring)

    for document in (documents.REQUESTS, documents.REVIEW_QUEUE):
        listed = await house.ask(world.reviewer, document)
        assert listed["nodes"] == []
        assert not listed["totalCount"]
        assert listed["pageInfo"]["hasNextPage"] is False
        assert listed["pageInfo"]["endCursor"] is None
    counted = await house.ask(world.reviewer, documents.REQUEST_COUNTS)
    assert counted in (None, {"awaitingYou": 0, "atRisk": 0, "overdue": 0, "byStatus": []})


async def test_cases_appointments_and_consultants_are_never_there(house: House, world: World) -> None:
    await released(world)
    closing = {"input": {"caseId": world.case.id}}, {"input": {"caseId": new_id("case")}}
    pairs: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
        (documents.CLOSE_CASE, *closing),
        (documents.PARENT_CASE, {"by": {"id": world.case.id}}, {"by": {"id": new_id("case")}}),
        (documents.PARENT_CASE, {"by": {"number": world.case.number}}, {"by": {"number": "ASST-999999"}}),
        (documents.APPOINTMENT, {"id": world.appointment_id}, {"id": new_id("apt")}),
        (A_NODE, {"id": world.case.id}, {"id": new_id("case")}),
        (A_NODE, {"id": world.appointment_id}, {"id": new_id("apt")}),
        (
            "query ($id: ID!) { consultant(id: $id) { name } }",
            {"id": world.consultant.consultant_id},
            {"id": new_id("con")},
        ),
    )

    for who in (world.reviewer, world.organisation_integrator):
        for document, existing, unknown in pairs:
            alike(await house.send(who, document, **existing), await house.send(who, document, **unknown))


def alike(one: Response, other: Response) -> None:
    """Check that two answers differ in nothing but their number in the server's log."""
    assert one.status_code == other.status_code
    assert one.content == other.content
    unnumbered = [
        {name: value for name, value in each.headers.items() if name != "x-request-id"} for each in (one, other)
    ]
    assert unnumbered[0] == unnumbered[1]
