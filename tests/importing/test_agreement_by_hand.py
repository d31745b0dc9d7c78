"""Terms that an operator edits: a new revision, and never over what somebody else has changed meanwhile."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from models import tables
from models.database import Database
from models.importing.agreement_by_hand import (
    Change,
    InForce,
    agreement_in_force,
    agreements_in_force,
    changes,
    edit_agreement,
)
from models.importing.by_hand import RowRefused, add_by_hand
from models.importing.organisations import SHEET
from tests.clock import FixedClock
from tests.importing.test_by_hand import ORGANISATION, held


@pytest.fixture
async def shown(database: Database, clock: FixedClock) -> InForce:
    await add_by_hand(SHEET, ORGANISATION, database=database, clock=clock)
    return await look(database)


async def look(database: Database) -> InForce:
    async with database.snapshot() as source:
        return await agreement_in_force(source, "org-1")


async def revisions(database: Database) -> list[tuple[int, bool, int, str | None]]:
    async with database.snapshot() as source:
        a = tables.Agreement
        rows = await source.execute(
            select(a.revision, a.is_current, a.due_days, a.backup_reviewer).order_by(a.revision)
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]


async def test_what_is_in_force_reads_as_it_was_typed(database: Database, shown: InForce) -> None:
    assert shown.revision == 1
    assert {name: shown.cells[name] for name in ORGANISATION} == ORGANISATION
    assert (shown.cells["headcount"], shown.cells["due_days"], shown.cells["release_rule"]) == ("", "7", "BATCH")
    assert changes(shown, {}) == []
    async with database.snapshot() as source:
        assert await agreements_in_force(source) == [shown]


async def test_changed_terms_are_a_new_revision_and_the_old_one_stays(
    database: Database, clock: FixedClock, shown: InForce
) -> None:
    typed = {"due_days": "5", "backup_reviewer": "Boss@Saltbush.example"}
    assert changes(shown, typed) == [
        Change("due_days", "7", "5"),
        Change("backup_reviewer", "", "Boss@saltbush.example"),
    ]

    await edit_agreement(shown, typed, database=database, clock=clock)
    again = await look(database)
    await edit_agreement(again, {"backup_reviewer": ""}, database=database, clock=clock)

    assert await revisions(database) == [
        (1, False, 7, None),
        (2, False, 5, "Boss@saltbush.example"),
        (3, True, 5, None),
    ]


async def test_a_headcount_is_no_term_and_begins_no_revision(
    database: Database, clock: FixedClock, shown: InForce
) -> None:
    await edit_agreement(shown, {"headcount": "300"}, database=database, clock=clock)

    (organisation,) = await held(database, tables.Organisation)
    assert organisation.headcount == 300
    assert len(await revisions(database)) == 1


@pytest.mark.parametrize(
    ("typed", "column"),
    [
        ({"region": "AU"}, "region"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"due_days": "0"}, "due_days"),
        ({"clinical_review_threshold": "-1"}, "clinical_review_threshold"),
        ({"name": ""}, "name"),
        ({"automatic_approval": "5"}, "automatic_approval"),
        ({"added_dates": "2026-12-24", "removed_dates": "2026-12-24"}, "removed_dates"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_terms_that_cannot_be_are_refused_by_name(
    database: Database, clock: FixedClock, shown: InForce, typed: dict[str, str], column: str
) -> None:
    with pytest.raises(RowRefused) as refused:
        await edit_agreement(shown, typed, database=database, clock=clock)

    assert [each for each, _ in refused.value.flaws] == [column]
    assert len(await revisions(database)) == 1


async def test_of_two_who_edit_what_both_were_shown_one_is_refused(
    database: Database, clock: FixedClock, shown: InForce
) -> None:
    edits = [{"due_days": "5"}, {"maximum_sessions": "3"}]
    ends: list[Any] = await asyncio.gather(
        *(edit_agreement(shown, typed, database=database, clock=clock) for typed in edits), return_exceptions=True
    )

    (refused,) = [end for end in ends if end is not None]
    assert isinstance(refused, RowRefused)
    assert "changed meanwhile" in str(refused)
    assert len(await revisions(database)) == 2


async def test_an_organisation_is_added_once(database: Database, clock: FixedClock, shown: InForce) -> None:
    with pytest.raises(RowRefused, match="there already"):
        await add_by_hand(SHEET, {**ORGANISATION, "due_days": "3"}, database=database, clock=clock)

    assert await look(database) == shown


async def test_one_that_is_not_there_is_refused(database: Database) -> None:
    async with database.snapshot() as source:
        assert await agreements_in_force(source) == []
    with pytest.raises(RowRefused, match="names no organisation"):
        await look(database)
