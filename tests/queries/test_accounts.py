"""Who signs in: an enabled account, as the actor that every layer passes along."""

from models.actor import Actor
from models.database import Database
from models.queries.accounts import actor_named, actor_of, has_accounts, sign_in_names
from models.rules.vocabulary import Role
from tests.builders import a_world
from tests.clock import FixedClock
from tests.rows import building


async def test_an_account_is_found_by_id_and_by_the_name_it_signs_in_with(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    async with database.snapshot() as source:
        named = dict(await sign_in_names(source))
        assert sorted(named.values(), key=_id) == sorted(world.everybody, key=_id)
        for name, actor in named.items():
            assert await actor_named(source, name) == await actor_of(source, actor.account_id or "") == actor


async def test_a_consultants_practice_is_the_one_where_they_work(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with database.snapshot() as source:
        actor = await actor_of(source, world.consultant.account_id or "")
    assert actor is not None
    assert (actor.practice_id, actor.consultant_id) == (world.practice_id, world.consultant.consultant_id)


async def test_a_disabled_or_unknown_account_is_nobody(database: Database, clock: FixedClock) -> None:
    async with building(database, clock) as build:
        gone = await build.account(Role.PROVIDER_STAFF, disabled=True)
    async with database.snapshot() as source:
        assert await actor_of(source, gone.account_id or "") is None
        assert await actor_of(source, "acc_unknown") is None
        for name in ("nobody", "no\x00body", "\udce9"):
            assert await actor_named(source, name) is None
        assert await sign_in_names(source) == []


async def test_an_empty_database_has_nobody(database: Database, clock: FixedClock) -> None:
    async with database.snapshot() as source:
        assert not await has_accounts(source)
    await a_world(database, clock)
    async with database.snapshot() as source:
        assert await has_accounts(source)


def _id(actor: Actor) -> str:
    return actor.account_id or ""
