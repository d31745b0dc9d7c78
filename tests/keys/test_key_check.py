"""A check of the keys finds each kind of sealed value that no longer opens, and what is fine it counts."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from models import tables
from models.database import Database
from models.keyring import Keyring
from models.operations.key_backups import back_up_keys, newest_backup
from models.queries.clinical_reviews import details_place
from models.queries.key_check import check_keys
from models.queries.questions import draft_place
from models.rules.vocabulary import QuestionState, QuestionTopic
from models.tables.key_store import ClientKey
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.keys.strongroom import client_of
from tests.keys.test_key_backups import DAYS
from tests.rows import building


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    """One of each: identity, request, further details and a drafted answer, beside another client."""
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


async def test_every_key_and_value_opens(world: World) -> None:
    checked = await check_keys(world.database, page=1)

    assert checked.broken == 0
    assert checked.client_keys.opened == {1: 2}
    assert {table: dict(tried.opened) for table, tried in checked.sealed.items()} == {
        "client_identity": {1: 2},
        "extra_sessions_request": {1: 1},
        "further_details": {1: 1},
        "organisation_question": {1: 1},
    }


async def test_a_lost_key_breaks_all_that_was_sealed_under_it(world: World) -> None:
    client_id = await client_of(world)
    async with world.database.keys.writing() as connection:
        await connection.execute(delete(ClientKey).where(ClientKey.client_id == client_id))

    checked = await check_keys(world.database)

    assert (checked.client_keys.opened, checked.broken) == ({1: 1}, 4)
    assert all(tried.broken == {1: 1} for tried in checked.sealed.values())


async def test_a_value_that_was_altered_is_counted_alone(world: World) -> None:
    async with world.database.transaction() as session:
        await session.execute(update(tables.ExtraSessionsRequest).values(clinical_sealed=b"x" * 40))

    checked = await check_keys(world.database)

    assert (checked.sealed["extra_sessions_request"].broken, checked.broken) == ({1: 1}, 1)


@pytest.mark.usefixtures("world")
async def test_another_key_file_opens_no_key(database_url: str) -> None:
    stranger = Database.open(database_url, Keyring.generate())

    checked = await check_keys(stranger)
    await stranger.close()

    assert (checked.client_keys.broken, checked.broken) == ({1: 2}, 7)


async def test_the_newest_backup_is_known(database: Database, clock: FixedClock, tmp_path: Any) -> None:
    assert await newest_backup(database.keys) is None
    await back_up_keys(tmp_path / "first", keep=DAYS, keys=database.keys, clock=clock)
    clock.advance(DAYS * 2)
    made = await back_up_keys(tmp_path / "second", keep=DAYS, keys=database.keys, clock=clock)
    clock.advance(DAYS * 2)
    found = await newest_backup(database.keys)
    assert found is not None
    assert found.made_at == made.made_at
