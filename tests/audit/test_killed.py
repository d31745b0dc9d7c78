"""Processes that are killed while they answer: whoever was answered is on record, and the chain holds."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

import pytest

from models.database import Database
from models.keyring import Keyring
from models.queries.audit import Log, verify
from models.tables import AccessEvent
from tests.architecture.tree import ROOT
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.operations.ledger import rows


async def test_whoever_was_answered_before_a_kill_is_on_record(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    told = await killed_after(await a_world(database, clock), database_url, keyring, tmp_path, answers=60)
    await check(database, told)


@pytest.mark.torture
async def test_whoever_was_answered_before_any_of_40_kills_is_on_record(
    database: Database, database_url: str, keyring: Keyring, clock: FixedClock, tmp_path: Path
) -> None:
    told: set[tuple[str, datetime]] = set()
    world = await a_world(database, clock)
    for kill in range(40):
        told |= await killed_after(world, database_url, keyring, tmp_path / str(kill), answers=10 + 7 * kill)
        await check(database, told)


async def killed_after(
    world: World, url: str, keyring: Keyring, folder: Path, *, answers: int
) -> set[tuple[str, datetime]]:
    """Kill a process of three readers after so many answers; return who was answered, and about which hour."""
    keyring.save(folder / "keys.json")
    people = (world.consultant, world.manager, world.staff)
    readers = (str(by.account_id) for by in people)
    arguments = ("-m", "tests.audit.looking", url, str(folder / "keys.json"), world.case.id, *readers)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=pipe)
    assert process.stdout is not None
    lines = [await process.stdout.readline() for _ in range(answers)]
    process.kill()
    lines += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    words = [line.decode().split() for line in lines if line.endswith(b"\n")]
    assert len(words) >= answers, "it lived until it was killed"
    return {(account, datetime.fromisoformat(hour)) for account, hour in words}


async def check(database: Database, told: set[tuple[str, datetime]]) -> None:
    recorded = {(row.account_id, row.hour) for row in await rows(database, AccessEvent)}
    assert not told - recorded
    async with database.snapshot() as source:
        assert (await verify(source, Log.ACCESS)).broken is None
