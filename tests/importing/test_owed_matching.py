"""What an import changes of people owes their organisations a new look for accounts that match clients."""

from pathlib import Path

from models import tables
from models.database import Database
from tests.clock import FixedClock
from tests.importing import office
from tests.operations.ledger import rows


async def owed(tmp_path: Path, database: Database, clock: FixedClock, files: office.Files) -> list[str]:
    """Load the files; return the external id of each organisation that a new job will look at."""
    before = {row.id for row in await rows(database, tables.Job)}
    assert (await office.load(office.write(tmp_path, files), database, clock)).clean
    known = {row.id: row.external_id for row in await rows(database, tables.Organisation)}
    jobs = [row for row in await rows(database, tables.Job) if row.id not in before and row.actor == "match_accounts"]
    return sorted(known[job.args["organisation_id"]] for job in jobs)


async def test_new_accounts_owe_their_organisation_one_look(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    assert await owed(tmp_path, database, clock, office.good()) == ["org-1"]


async def test_the_same_folder_again_owes_nothing(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    await owed(tmp_path, database, clock, office.good())

    assert await owed(tmp_path, database, clock, office.good()) == []


async def test_a_known_client_who_changed_owes_the_organisations_of_their_cases(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = office.good()
    await owed(tmp_path, database, clock, files)
    files["clients"][1]["email"] = "thaddeus@example.com"

    assert await owed(tmp_path, database, clock, files) == ["org-2"]


async def test_many_changed_accounts_of_an_organisation_owe_it_one_look(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = office.good()
    files["accounts"].append(files["accounts"][1] | {"external_id": "pia", "email": "pia@saltbush.example"})
    await owed(tmp_path, database, clock, files)
    files["accounts"][1]["phone"] = "0491 570 157"
    files["accounts"][-1]["employee_number"] = "sbl-77"

    assert await owed(tmp_path, database, clock, files) == ["org-1"]
