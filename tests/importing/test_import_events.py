"""What an import changes of cases and appointments is told in the log, once, and a batch at a time."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bench.import_appointments import write_folder
from models import tables
from models.actor import Actor
from models.database import Database
from models.hash_chain import chained
from models.importing.folder import Mode
from models.queries.events import EVERYTHING, read_events
from models.rules.vocabulary import EventType, Role
from models.views.want import Page, asking
from tests.clock import FixedClock
from tests.importing import office
from tests.queries.asked import read

GENESIS = bytes(32)
OPENED, CHANGED, CLOSED = EventType.CASE_OPENED, EventType.CASE_CHANGED, EventType.CASE_CLOSED
ADDED, MOVED = EventType.APPOINTMENT_ADDED, EventType.APPOINTMENT_CHANGED
MODES = pytest.mark.parametrize("mode", [Mode.FILES, Mode.BATCHES])


async def log(database: Database) -> list[Any]:
    """Return all that happened, the chain over it checked."""
    async with database.snapshot() as source:
        found = list((await source.execute(select(tables.Event.__table__).order_by(tables.Event.seq))).all())
        head = (await source.execute(select(tables.EventHead.seq, tables.EventHead.hash))).one()
    last = GENESIS
    for number, row in enumerate(found, start=1):
        last = chained(last, number, row.entry)
        assert (row.seq, row.hash) == (number, last)
    assert tuple(head) == (len(found), last)
    return found


async def ids(database: Database, column: Any, key: Any) -> dict[str, str]:
    async with database.snapshot() as source:
        return {row[0]: row[1] for row in (await source.execute(select(key, column))).all()}


async def then(tmp_path: Path, database: Database, clock: FixedClock, mode: Mode, **files: Any) -> list[Any]:
    """Load these files after the good folder, and return what that has added to the log."""
    assert (await office.load(office.write(tmp_path, office.good()), database, clock)).clean
    before = len(await log(database))
    later = tmp_path / "later"
    later.mkdir()
    await office.load(office.write(later, files), database, clock, mode=mode)
    return (await log(database))[before:]


def a_case(**changes: str) -> dict[str, str]:
    return office.good()["cases"][0] | changes


@MODES
async def test_what_is_new_is_told_once(tmp_path: Path, database: Database, clock: FixedClock, mode: Mode) -> None:
    folder = office.write(tmp_path, office.good())
    for _ in range(2):
        assert (await office.load(folder, database, clock, mode=mode)).clean
    found = await log(database)
    assert [row.type for row in found] == [OPENED, OPENED, ADDED, ADDED, EventType.IMPORTED]
    cases = await ids(database, tables.AssistCase.id, tables.AssistCase.number)
    appointments = await ids(database, tables.Appointment.id, tables.Appointment.external_id)
    assert [row.case_id for row in found[:2]] == [cases["ASST-100001"], cases["ASST-100002"]], "one closed long ago"
    assert [row.appointment_id for row in found[2:4]] == [appointments["app-1"], appointments["app-2"]]
    assert {row.case_id for row in found[2:4]} == {cases["ASST-100001"]}
    assert {row.occurred_at for row in found} == {clock.now()}
    assert not [row for row in found if row.organisation_sees or '"account_id":null' not in row.entry]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"entitled_sessions": "8"}, [CHANGED]),
        ({"status": "CLOSED", "closed_on": "2026-11-23"}, [EventType.CANCELLED, CLOSED]),
        ({"status": "CLOSED", "closed_on": "2026-11-23", "entitled_sessions": "8"}, [EventType.CANCELLED, CLOSED]),
        ({"opened_on": "2026-09-02"}, []),
        ({"status": "CLOSED"}, []),
        ({}, []),
    ],
    ids=str,
)
async def test_a_case_is_told_of_where_a_reader_sees_another(
    tmp_path: Path, database: Database, clock: FixedClock, change: dict[str, str], told: list[EventType]
) -> None:
    found = await then(tmp_path, database, clock, Mode.FILES, cases=[a_case(**change)])
    assert [row.type for row in found] == told


async def test_a_case_that_goes_on_has_changed(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    again = office.good()["cases"][1] | {"status": "OPEN", "closed_on": ""}
    (event,) = await then(tmp_path, database, clock, Mode.FILES, cases=[again])
    assert event.type is CHANGED


@MODES
@pytest.mark.parametrize("change", [{"status": "CANCELLED"}, {"starts_at": "2026-11-27T08:30+11:00"}], ids=str)
async def test_an_appointment_that_changed_is_told_of_and_others_are_not(
    tmp_path: Path, database: Database, clock: FixedClock, mode: Mode, change: dict[str, str]
) -> None:
    first, second = office.good()["appointments"]
    (event,) = await then(tmp_path, database, clock, mode, appointments=[first, second | change])
    appointments = await ids(database, tables.Appointment.id, tables.Appointment.external_id)
    assert (event.type, event.appointment_id) == (MOVED, appointments["app-2"])


async def test_a_row_that_is_left_out_is_not_told_of(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    first, _ = office.good()["appointments"]
    bad = [first | {"external_id": "app-3", "case": "ASST-999999"}, first | {"status": "UNKNOWN"}]
    assert await then(tmp_path, database, clock, Mode.FILES, appointments=bad) == []


async def test_a_rehearsal_is_not_told_of(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    await office.load(office.write(tmp_path, office.good()), database, clock, mode=Mode.REHEARSAL)
    assert await log(database) == []


@MODES
async def test_many_batches_are_one_chain(tmp_path: Path, database: Database, clock: FixedClock, mode: Mode) -> None:
    write_folder(tmp_path, 4_100)
    assert (await office.load(tmp_path, database, clock, mode=mode)).clean
    found = await log(database)
    assert [row.type for row in found] == [OPENED] * 512 + [ADDED] * 4_100
    assert len({row.appointment_id for row in found}) == 4_101


async def test_a_practice_is_told_of_its_own_and_an_organisation_of_nothing(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    assert (await office.load(office.write(tmp_path, office.good()), database, clock)).clean
    practices = await ids(database, tables.Practice.id, tables.Practice.external_id)
    organisations = await ids(database, tables.Organisation.id, tables.Organisation.external_id)

    async def told_to(role: Role, **scope: str) -> list[tuple[EventType, str | None]]:
        by = Actor("acc_x", "Somebody", role, **scope)
        want = asking("page_info", nodes=asking("type", case=asking("number")))
        page = await read(database, clock, by, read_events, filtered=EVERYTHING, page=Page(50), want=want)
        return [(event.type, event.case.number if event.case else None) for event in page.nodes]

    first, second = "ASST-100001", "ASST-100002"
    own = [(OPENED, first), (ADDED, first), (ADDED, first), (EventType.IMPORTED, first)]
    assert await told_to(Role.INTEGRATOR, practice_id=practices["prac-1"]) == own
    assert await told_to(Role.PRACTICE_MANAGER, practice_id=practices["prac-2"]) == [(OPENED, second)]
    for role in (Role.ORG_REVIEWER, Role.INTEGRATOR):
        assert await told_to(role, organisation_id=organisations["org-1"]) == []
