"""What a client is given of themselves is whole, is theirs alone, and that it was opened is on record."""

from typing import Any

import orjson
import pytest

from models import tables
from models.actor import OPERATOR
from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.operations.erase_client import EraseClient, erase_client
from models.queries.client_file import read_client_file
from models.queries.reading import reading_as
from models.rules.confidentiality import Sensitivity
from models.rules.vocabulary import MailKind
from models.tables import Base
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.keys.strongroom import a_world_of_seals, client_of
from tests.operations.acting import approve, close
from tests.operations.ledger import rows
from tests.rows import DETAIL, STATEMENT, building

LEFT_OUT = {
    "account_token",  # a machine's
    "idempotency_record",  # keyed hashes of what a caller has sent
    "job",  # ids alone, and gone before long
}
"""Tables that lead to a client and that an export need not have."""


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_world_of_seals(database, clock)


async def export(world: World, client_id: str) -> Any:
    async with reading_as(OPERATOR, database=world.database, at=world.clock.now()) as reading:
        found = await read_client_file(reading, client_id)
    return orjson.loads(orjson.dumps(found))


async def test_it_has_who_they_are_and_what_was_written_of_them(world: World) -> None:
    found = await export(world, await client_of(world))

    assert found["client"]["identity"]["name"].startswith("Client ")
    (case,) = found["cases"]
    assert case["number"] == world.case.number
    assert case["organisation"].startswith("Employer ")
    assert len(case["appointments"]) == 4
    (request,) = case["requests"]
    assert (request["answers"]["statement"], request["answers"]["detail"]) == (STATEMENT, DETAIL)
    assert request["questions"][0]["answers"] == {"answer": "Eight weeks."}
    assert request["further_details"][0]["answers"] == {"note": None, "answers": {}}
    assert {"SUBMITTED", "CONFIRMED"} <= {event["type"] for event in request["events"]}


async def test_grants_and_mails_are_in_it_and_the_links_of_the_chains_are_not(
    database: Database, clock: FixedClock
) -> None:
    a = await a_world(database, clock)
    request_id = await released(a)
    await approve(a, request_id, sessions_granted=2)
    async with building(database, clock) as build:
        await build.add(
            tables.Mail(id="mail_1", request_id=request_id, kind=MailKind.OUTCOME_CLIENT, created_at=clock.now())
        )

    found = await export(a, await client_of(a))

    (request,) = found["cases"][0]["requests"]
    assert request["grants"] == [
        {"request_id": request_id, "sessions": 2, "granted_at": orjson.loads(orjson.dumps(clock.now()))}
    ]
    assert "mail_1" in {mail["id"] for mail in request["mails"]}
    assert not {"seq", "hash", "entry", "key_version", "clinical_sealed"} & _names(found)


async def test_what_happened_to_a_case_itself_is_in_it(database: Database, clock: FixedClock) -> None:
    a, b = await a_world(database, clock), await a_world(database, clock)
    for world in (a, b):
        await close(world)

    found = await export(a, await client_of(a))

    assert [(event["type"], event["case_id"]) for event in found["cases"][0]["events"]] == [("CASE_CLOSED", a.case.id)]


async def test_nobody_elses_is_in_it(database: Database, clock: FixedClock) -> None:
    one, other = await a_world(database, clock), await a_world(database, clock)
    await released(one)
    await released(other)

    found = orjson.dumps(await export(one, await client_of(one))).decode()

    for theirs in (other.case.id, other.case.number, await client_of(other)):
        assert theirs not in found


async def test_that_it_was_made_is_on_record_apart_from_the_products_own_looks(
    database: Database, clock: FixedClock
) -> None:
    a = await a_world(database, clock)

    await export(a, await client_of(a))

    looks = {(row.account_id, row.case_id, row.kind) for row in await rows(database, tables.AccessEvent)}
    expected = {("operator", a.case.id, kind) for kind in (Sensitivity.IDENTIFYING, Sensitivity.CLINICAL)}
    assert expected <= looks
    again = await export(a, await client_of(a))
    who = {(look["account_id"], look["name"]) for look in again["cases"][0]["who_looked"]}
    assert ("operator", "Operator") in who


async def test_somebody_without_a_case_is_on_record_by_their_own_id(database: Database, clock: FixedClock) -> None:
    a = await a_world(database, clock)
    async with building(database, clock) as build:
        client_id = await build.client(name="Ngaire Whetu")

    found = await export(a, client_id)

    assert (found["client"]["identity"]["name"], found["cases"]) == ("Ngaire Whetu", [])
    assert client_id in {row.case_id for row in await rows(database, tables.AccessEvent)}


async def test_of_somebody_erased_there_is_what_has_stayed(world: World, tmp_path: Any) -> None:
    client_id = await client_of(world)
    ledger = ErasureLedger(tmp_path / "erasures.jsonl")
    await erase_client(EraseClient(client_id=client_id), database=world.database, clock=world.clock, ledger=ledger)

    found = await export(world, client_id)

    assert found["client"]["identity"] is None
    assert found["client"]["erased_at"] is not None
    assert found["cases"][0]["requests"][0]["answers"] is None


def test_no_table_that_leads_to_a_client_is_forgotten() -> None:
    leading = {
        table.name
        for table in Base.metadata.tables.values()
        if {"client_id", "case_id", "request_id"} & set(table.columns.keys())
    }
    exported = {
        *("client_identity", "assist_case", "appointment", "extra_sessions_request", "access_event"),
        *("further_details", "organisation_question", "session_grant", "deadline", "event", "mail", "staff_task"),
    }
    assert leading - LEFT_OUT == exported


def _names(found: Any) -> set[str]:
    if isinstance(found, dict):
        return set(found).union(*map(_names, found.values()))
    return set().union(*map(_names, found)) if isinstance(found, list) else set()
