"""A row that an operator types becomes what the import would have made of it, or nothing at all."""

from typing import Any

import pytest
from sqlalchemy import select

from models import tables
from models.database import Database
from models.importing import accounts, organisations
from models.importing.by_hand import RowRefused, add_by_hand
from models.importing.folder import load_folder
from models.importing.matching_keys import matching_keys
from models.rules.vocabulary import Role
from tests.clock import FixedClock
from tests.importing.office import good, write

ORGANISATION = {
    "external_id": "org-1",
    "name": "Saltbush Logistics",
    "region": "AU-VIC",
    "time_zone": "Australia/Melbourne",
    "entitled_sessions": "6",
}
REVIEWER = {
    "external_id": "petra",
    "name": "Petra Holloway",
    "email": "Petra.Holloway@Saltbush.example",
    "role": "ORG_REVIEWER",
    "organisation": "org-1",
    "phone": "03 7010 4321",
    "employee_number": "E-7",
}


async def held(database: Database, table: Any) -> list[Any]:
    async with database.snapshot() as source:
        return list((await source.execute(select(table.__table__))).mappings())


async def refusal(database: Database, clock: FixedClock, **changes: str) -> list[tuple[str | None, str]]:
    with pytest.raises(RowRefused) as refused:
        await add_by_hand(accounts.SHEET, {**REVIEWER, **changes}, database=database, clock=clock)
    return refused.value.flaws


@pytest.fixture
async def employer(database: Database, clock: FixedClock) -> None:
    await add_by_hand(organisations.SHEET, ORGANISATION, database=database, clock=clock)


@pytest.mark.usefixtures("employer")
async def test_an_account_is_added_as_the_import_makes_it(database: Database, clock: FixedClock) -> None:
    await add_by_hand(accounts.SHEET, REVIEWER, database=database, clock=clock)

    (row,) = await held(database, tables.Account)
    assert (row.external_id, row.role, row.time_zone, row.disabled_at) == (
        "petra",
        Role.ORG_REVIEWER,
        "Australia/Melbourne",
        None,
    )
    keys = matching_keys(
        database.vault, email="petra.holloway@saltbush.example", phone="+61370104321", employee=("org-1", "E-7")
    )
    assert {name: row[name] for name in keys} == keys
    jobs = await held(database, tables.Job)
    assert [(job.actor, job.args) for job in jobs] == [("match_accounts", {"organisation_id": row.organisation_id})]


@pytest.mark.usefixtures("employer")
async def test_what_does_not_fit_is_named_and_nothing_is_written(database: Database, clock: FixedClock) -> None:
    assert await refusal(database, clock, organisation="org-9") == [
        ("organisation", "names no organisation that has been loaded")
    ]
    assert [column for column, _ in await refusal(database, clock, email="petra", time_zone="Mars")] == [
        "email",
        "time_zone",
    ]
    assert [column for column, _ in await refusal(database, clock, role="PROVIDER_STAFF")] == ["role"]
    assert [column for column, _ in await refusal(database, clock, name="")] == ["name"]
    assert await held(database, tables.Account) == []
    assert await held(database, tables.Job) == []


@pytest.mark.usefixtures("employer")
async def test_an_account_that_is_there_is_not_changed(database: Database, clock: FixedClock) -> None:
    await add_by_hand(accounts.SHEET, REVIEWER, database=database, clock=clock)
    before = await held(database, tables.Account)

    assert await refusal(database, clock, name="Somebody Else") == [("external_id", "is there already")]
    assert await refusal(database, clock) == [("external_id", "is there already")]

    assert await held(database, tables.Account) == before


@pytest.mark.usefixtures("employer")
async def test_an_import_follows_as_if_nothing_had_been_typed(
    database: Database, clock: FixedClock, tmp_path: Any
) -> None:
    assert (await load_folder(write(tmp_path, good()), database=database, clock=clock)).clean
