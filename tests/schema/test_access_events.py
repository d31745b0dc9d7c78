"""The record of who looked, as it leaves the server; and that an answer which can't be recorded does not leave it."""

import pytest

from models import tables
from models.database import Database
from tests.builders import World, released, submitted
from tests.operations.ledger import changes_nothing, rows
from tests.queries.test_who_looked import breaking
from tests.rows import STATEMENT
from tests.schema import documents
from tests.schema.house import EVERYBODY, House

IDENTITY = ("Client 1", "@home.example", "+61491")


async def test_staff_see_who_opened_a_case_and_nobody_else_may_ask(house: House, world: World) -> None:
    await house.ask(world.consultant, documents.PARENT_CASE, by={"id": world.case.id})
    found = await house.ask(world.staff, documents.ACCESS_EVENTS, filter={"case": {"id": world.case.id}})
    (access,) = found["nodes"]
    assert access == {
        "hour": "2026-11-23T00:00:00Z",
        "kind": "IDENTIFYING",
        "account": {"id": world.consultant.account_id, "name": world.consultant.name, "role": "CONSULTANT"},
        "case": {"id": world.case.id, "number": world.case.number},
    }
    for who in (each for each in EVERYBODY if each != "staff"):
        for case in (world.case.id, "case_" + "A" * 22):
            code = await house.refused(getattr(world, who), documents.ACCESS_EVENTS, filter={"case": {"id": case}})
            assert code == "FORBIDDEN", who


@pytest.mark.parametrize(
    "narrowed",
    [
        {"case": {}},
        {"case": {"id": "x", "number": "y"}},
        {"case": {"id": None}},
        {"kind": "SECRET"},
        {"from": "2026-11-02", "to": "2026-11-01"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
        {"accountId": ["x"]},
    ],
)
async def test_a_filter_that_means_nothing_is_refused(house: House, world: World, narrowed: dict[str, object]) -> None:
    assert await house.refused(world.staff, documents.ACCESS_EVENTS, filter=narrowed) == "BAD_USER_INPUT"


async def test_a_case_of_nobody_has_no_accesses(house: House, world: World) -> None:
    await house.ask(world.consultant, documents.PARENT_CASE, by={"id": world.case.id})
    for case in ({"id": ""}, {"number": ""}, {"number": "ASST-000000"}):
        assert (await house.ask(world.staff, documents.ACCESS_EVENTS, filter={"case": case}))["nodes"] == []


async def test_of_an_answer_that_can_not_be_recorded_nothing_leaves_but_a_code(
    house: House, world: World, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    request_id = await released(world)
    async with breaking(database, "access_event"):
        for document, variables in (
            (documents.PARENT_CASE, {"by": {"id": world.case.id}}),
            (documents.MY_CALENDAR, {"from": "2026-11-23", "to": "2026-11-23"}),
            (documents.REVIEW_REQUEST, {"id": request_id}),
        ):
            response = await house.send(world.consultant, document, **variables)
            assert house.codes(response) == {"INTERNAL_SERVER_ERROR"}
            said = response.text + "".join(capsys.readouterr())
            assert not [each for each in (*IDENTITY, STATEMENT, world.case.id, "disk full") if each in said]
    assert await rows(database, tables.AccessEvent) == []
    assert await house.ask(world.consultant, documents.PARENT_CASE, by={"id": world.case.id})


async def test_a_mutation_whose_answer_can_not_be_recorded_changes_nothing(
    house: House, world: World, database: Database
) -> None:
    request_id = await submitted(world)
    selection = "{ request { id client { displayName } } }"
    document = (
        "mutation ($input: ConfirmExtraSessionsRequestInput!) "
        f"{{ confirmExtraSessionsRequest(input: $input) {selection} }}"
    )
    async with breaking(database, "access_event"), changes_nothing(database):
        response = await house.send(world.consultant, document, input={"requestId": request_id})
        assert house.codes(response) == {"INTERNAL_SERVER_ERROR"}
    payload = await house.ask(world.consultant, document, input={"requestId": request_id})
    assert payload["request"]["client"]["displayName"].startswith("Client")
