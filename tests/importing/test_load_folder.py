"""A good folder is loaded whole; loaded again it changes nothing; a changed row changes what it names."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from models import tables
from models.database import Database
from models.importing.folder import Mode
from models.importing.report import Tally
from models.queries.clients import identity_place
from models.rules.vocabulary import AppointmentStatus, ReleaseRule
from tests.clock import FixedClock
from tests.importing import office


async def one(database: Database, *columns: Any, **where: Any) -> Any:
    """Return the one row of a table that a test speaks of."""
    async with database.snapshot() as connection:
        statement = select(*columns).filter_by(**where)
        return (await connection.execute(statement)).one()


async def loaded(tmp_path: Path, database: Database, clock: FixedClock) -> office.Files:
    files = office.good()
    assert (await office.load(office.write(tmp_path, files), database, clock)).clean
    return files


async def identity(database: Database) -> dict[str, Any]:
    """Open the first client's identity."""
    index = database.vault.blind_index("client", "cli-1")
    client = await one(database, tables.Client.id, external_index=index)
    row = await one(database, tables.ClientIdentity.sealed, client_id=client.id)
    key = (await database.keys.opened([client.id])).newest(client.id)
    return database.vault.unseal(key, identity_place(client.id), row.sealed)


async def test_every_file_is_loaded(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    notes, folder = office.Notes(), office.write(tmp_path, office.good())
    report = await office.load(folder, database, clock, notes=notes)
    assert report.clean
    assert notes.problems == []
    assert notes.tallies == {f"{name}.csv": Tally(f"{name}.csv", added=len(rows)) for name, rows in office.GOOD.items()}
    assert notes.read == sum(notes.sizes.values())


async def test_loading_it_again_changes_nothing(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    await loaded(tmp_path, database, clock)
    before, notes = await office.contents(database), office.Notes()
    assert (await office.load(tmp_path, database, clock, notes=notes)).clean
    assert await office.contents(database) == before
    assert all(tally.unchanged and not tally.added + tally.changed for tally in notes.tallies.values())


async def test_a_changed_row_changes_what_it_names(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    files = await loaded(tmp_path, database, clock)
    files["practices"][0]["suburb"] = "Kingfisher Point"
    files["consultants"][0]["left_on"] = "2026-12-24"
    files["accounts"][2]["active"] = "no"
    files["appointments"][1]["status"] = "CANCELLED"
    notes = office.Notes()
    assert (await office.load(office.write(tmp_path, files), database, clock, notes=notes)).clean
    changed = {file: tally.changed for file, tally in notes.tallies.items() if tally.changed}
    assert changed == {"practices.csv": 1, "consultants.csv": 1, "accounts.csv": 1, "appointments.csv": 1}
    assert (await one(database, tables.Practice.suburb, external_id="prac-1")).suburb == "Kingfisher Point"
    assert (await one(database, tables.Consultant.left_on, external_id="con-1")).left_on == date(2026, 12, 24)
    assert (await one(database, tables.Account.disabled_at, external_id="hugo")).disabled_at == clock.now()
    status = (await one(database, tables.Appointment.status, external_id="app-2")).status
    assert status is AppointmentStatus.CANCELLED


async def test_a_file_may_come_alone(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    await loaded(tmp_path, database, clock)
    nightly = tmp_path / "nightly"
    nightly.mkdir()
    rows = [office.GOOD["appointments"][0] | {"external_id": "app-3", "status": "SCHEDULED"}]
    assert (await office.load(office.write(nightly, {"appointments": rows}), database, clock)).clean
    assert await one(database, tables.Appointment.id, external_id="app-3")


async def test_changed_terms_begin_a_new_revision(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    files = await loaded(tmp_path, database, clock)
    files["organisations"][0] |= {"release_rule": "BATCH", "added_dates": "2026-12-29 2026-12-24", "headcount": "400"}
    await office.load(office.write(tmp_path, files), database, clock)
    organisation = await one(database, tables.Organisation.id, tables.Organisation.headcount, external_id="org-1")
    assert organisation.headcount == 400
    terms = tables.Agreement.__table__
    old = await one(database, terms, organisation_id=organisation.id, revision=1)
    new = await one(database, terms, organisation_id=organisation.id, revision=2)
    assert (old.is_current, old.release_rule, old.added_dates) == (False, ReleaseRule.AT_ONCE, [])
    assert (new.is_current, new.release_rule) == (True, ReleaseRule.BATCH)
    assert new.added_dates == ["2026-12-24", "2026-12-29"]
    request = await one(database, tables.ExtraSessionsRequest.agreement_id, external_id="req-1")
    assert request.agreement_id == old.id


async def test_times_are_the_practices_own_unless_they_say_otherwise(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    await loaded(tmp_path, database, clock)
    starts_at = tables.Appointment.starts_at
    local = await one(database, starts_at, external_id="app-1")
    absolute = await one(database, starts_at, external_id="app-2")
    assert local.starts_at == datetime(2026, 11, 19, 22, tzinfo=UTC)
    assert absolute.starts_at == datetime(2026, 11, 26, 22, tzinfo=UTC)


async def test_a_clients_identity_is_whole_and_sealed(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    await loaded(tmp_path, database, clock)
    assert await identity(database) == {
        "name": "Melisande Featherstone",
        "email": "melisande@example.com",
        "phone": "+61255501234",
        "date_of_birth": "1984-03-09",
        "employee_number": "SBL-48213",
    }


async def test_an_equal_identity_keeps_its_seal_and_a_changed_one_its_key(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = await loaded(tmp_path, database, clock)
    before = await office.contents(database)
    files["clients"][0]["name"] = "Melisande Galbraith"
    await office.load(office.write(tmp_path, files), database, clock)
    after = await office.contents(database)
    assert len(set(before["client_identity"]) - set(after["client_identity"])) == 1
    assert (await identity(database))["name"] == "Melisande Galbraith"


async def test_an_account_and_a_client_of_one_person_have_equal_indexes(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = office.good()
    files["clients"][0] |= {
        "email": "PETRA.holloway@SALTBUSH.example",
        "phone": "+61 491 570 006",
        "employee_number": "SBL-1",
    }
    await office.load(office.write(tmp_path, files), database, clock)
    account = await one(database, tables.Account.__table__, external_id="petra")
    client = await one(database, tables.ClientIdentity.__table__, email_index=account.email_index)
    assert account.phone_index == client.phone_index is not None
    assert account.employee_index == client.employee_index is not None


async def test_in_batches_the_same_is_loaded(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    notes, folder = office.Notes(), office.write(tmp_path, office.good())
    assert (await office.load(folder, database, clock, mode=Mode.BATCHES, notes=notes)).clean
    assert sum(tally.added for tally in notes.tallies.values()) == sum(map(len, office.GOOD.values()))
    before = await office.contents(database)
    assert (await office.load(folder, database, clock)).clean
    assert await office.contents(database) == before


async def test_a_rehearsal_tells_all_and_writes_nothing(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    files = office.good()
    files["clients"][1]["email"] = "nobody"
    folder = office.write(tmp_path, files)
    before = await office.contents(database)
    rehearsed, real = office.Notes(), office.Notes()
    await office.load(folder, database, clock, mode=Mode.REHEARSAL, notes=rehearsed)
    assert await office.contents(database) == before
    await office.load(folder, database, clock, notes=real)
    assert rehearsed.problems == real.problems
    assert rehearsed.tallies == real.tallies


async def test_an_entitlement_is_fixed_when_the_case_is_first_loaded(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = await loaded(tmp_path, database, clock)
    files["organisations"][0]["entitled_sessions"] = "8"
    assert (await office.load(office.write(tmp_path, files), database, clock)).clean
    case = await one(database, tables.AssistCase.entitled_sessions, number="ASST-100001")
    assert case.entitled_sessions == 6
