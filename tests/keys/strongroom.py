"""What the tests of keys and erasures share: a look into the key store, and the files that a database leaves."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url, select

from models import tables
from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.key_store import SELECT_KEYS
from models.operations.erase_client import EraseClient, Settled, erase_client, settle_erasures
from models.queries.clinical_reviews import details_place
from models.queries.questions import draft_place
from models.rules.vocabulary import QuestionState, QuestionTopic
from models.sealing import ClientKeyRow
from models.tables import AssistCase
from tests import engines
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.rows import building


async def stored_keys(database: Database) -> dict[str, ClientKeyRow]:
    """Return each client's wrapped key, past every cache."""
    async with database.keys.reading() as connection:
        rows = [ClientKeyRow(*row) for row in await connection.execute(SELECT_KEYS)]
    return {row.client_id: row for row in rows}


async def client_of(world: World) -> str:
    async with world.database.snapshot() as source:
        statement = select(AssistCase.client_id).where(AssistCase.id == world.case.id)
        return str((await source.execute(statement)).scalar_one())


@dataclass(frozen=True, slots=True)
class Office:
    """Where clients are erased, with its ledger."""

    database: Database
    clock: FixedClock
    ledger: ErasureLedger

    async def erase(self, client_id: str) -> None:
        command = EraseClient(client_id=client_id)
        await erase_client(command, database=self.database, clock=self.clock, ledger=self.ledger)

    async def settle(self) -> Settled:
        return await settle_erasures(database=self.database, clock=self.clock, ledger=self.ledger)


async def a_world_of_seals(database: Database, clock: FixedClock) -> World:
    """Make one of each: identity, request, further details and a drafted answer, beside another client."""
    world = await a_world(database, clock)
    request_id = await released(world)
    client_id = await client_of(world)
    async with building(database, clock) as build:
        await build.client()
        key = (await database.keys.opened([client_id])).newest(client_id)
        sealed = database.vault.seal(key, details_place("det_1"), {"note": None, "answers": {}})
        details = {"questionnaire": "2026-11", "questions": [], "asked_at": clock.now(), "key_version": key.version}
        await build.add(tables.FurtherDetails(id="det_1", request_id=request_id, round=1, sealed=sealed, **details))
        question: dict[str, Any] = {"number": 1, "topic": QuestionTopic.PERIOD, "state": QuestionState.DRAFTED}
        draft = database.vault.seal(key, draft_place("que_1"), {"answer": "Eight weeks."})
        question |= {"asked_on": clock.now().date(), "asked_at": clock.now(), "key_version": key.version}
        await build.add(tables.OrganisationQuestion(id="que_1", request_id=request_id, draft_sealed=draft, **question))
    return world


def written_by(url: str) -> dict[Path, bytes]:
    """Return all that the database and its key store have in files; on PostgreSQL, all of the server's."""
    contents = {}
    for path in _files_of(url):
        with suppress(FileNotFoundError):  # another test's, which has just ended
            contents[path] = path.read_bytes()
    return contents


def _files_of(url: str) -> list[Path]:
    if make_url(url).get_backend_name() == "sqlite":
        path = Path(make_url(url).database or "")
        stores = (path, engines.key_store_file(path))
        return sorted(file for store in stores for file in path.parent.glob(f"{store.name}*"))
    with psycopg.connect(engines.conninfo(url), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute("SHOW data_directory").fetchone()
    assert found is not None
    folder = Path(found[0])
    return [file for part in ("base", "pg_wal") for file in (folder / part).rglob("*") if file.is_file()]
