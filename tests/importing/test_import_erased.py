"""A client who was erased is not brought back by the old system's files, whatever else they hold."""

from pathlib import Path

from models import tables
from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.importing.folder import Mode
from tests.clock import FixedClock
from tests.importing import office
from tests.keys.strongroom import Office, stored_keys
from tests.operations.ledger import rows


async def test_an_erased_client_is_left_out_with_all_that_is_theirs(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files, notes = office.good(), office.Notes()
    assert (await office.load(office.write(tmp_path, files), database, clock)).clean
    erased = await _client_of(database, "ASST-100001")
    await Office(database, clock, ErasureLedger(tmp_path / "erasures.jsonl")).erase(erased)
    before = await office.contents(database)

    files["clients"][0]["name"] = "Somebody New"
    files["requests"].append(files["requests"][0] | {"external_id": "another"})
    await office.load(office.write(tmp_path, files), database, clock, notes=notes)

    assert await office.contents(database) == before
    assert erased not in await stored_keys(database)
    told = {(problem.file, problem.column): problem.reason for problem in notes.problems}
    assert "erased here" in told["clients.csv", "external_id"]
    assert ("cases.csv", "client") in told
    assert ("requests.csv", "case") in told
    assert notes.tallies["clients.csv"].unchanged == len(files["clients"]) - 1


async def test_a_client_whose_key_was_lost_is_sealed_anew(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    """As with a key store that was restored from before the client was first loaded."""
    folder = office.write(tmp_path, office.good())
    await office.load(folder, database, clock)
    client_id = await _client_of(database, "ASST-100001")
    await database.keys.destroy([client_id])
    assert (await office.load(folder, database, clock)).clean
    assert client_id in await stored_keys(database)
    notes = office.Notes()
    await office.load(folder, database, clock, notes=notes)
    assert notes.tallies["clients.csv"].unchanged == len(office.GOOD["clients"])


async def _client_of(database: Database, number: str) -> str:
    [case] = [row for row in await rows(database, tables.AssistCase) if row.number == number]
    return str(case.client_id)


async def test_a_rehearsal_makes_no_key(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    folder = office.write(tmp_path, office.good())
    assert (await office.load(folder, database, clock, mode=Mode.REHEARSAL)).clean
    assert await stored_keys(database) == {}
