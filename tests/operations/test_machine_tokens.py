"""A machine's token: shown once, kept as a hash, ended by the next one, by its own end and by its account's."""

from datetime import timedelta

import pytest

from models import tables
from models.actor import Actor
from models.database import Database
from models.machine_tokens import PREFIX
from models.operations.disable_account import DisableAccount, disable_account
from models.operations.locking_account import AccountUnfit
from models.operations.rotate_token import RotateToken, rotate_token
from models.queries.account_list import list_accounts
from models.queries.accounts import actor_with_token
from models.rules.vocabulary import Role
from models.secret_texts import digest_of
from tests.clock import FixedClock
from tests.operations.ledger import rows
from tests.rows import building


async def machine(database: Database, clock: FixedClock, role: Role = Role.INTEGRATOR) -> tuple[str, Actor]:
    """Add an account; return its sign-in name and who it is."""
    async with building(database, clock) as build:
        actor = await build.account(role)
    names = {row.id: row.external_id for row in await rows(database, tables.Account)}
    return names[actor.account_id], actor


async def rotate(database: Database, clock: FixedClock, name: str, lifetime: timedelta | None = None) -> str:
    return await rotate_token(RotateToken(sign_in_name=name, lifetime=lifetime), database=database, clock=clock)


async def whose(database: Database, clock: FixedClock, token: str) -> Actor | None:
    async with database.snapshot() as source:
        return await actor_with_token(source, digest_of(token), now=clock.now())


async def test_a_token_speaks_for_its_account_and_only_its_hash_is_kept(database: Database, clock: FixedClock) -> None:
    name, actor = await machine(database, clock)

    token = await rotate(database, clock, name)

    assert await whose(database, clock, token) == actor
    assert token.startswith(PREFIX)
    assert len(token) > 40
    (kept,) = await rows(database, tables.AccountToken)
    assert (kept.account_id, kept.digest) == (actor.account_id, digest_of(token))
    assert (kept.created_at, kept.expires_at) == (clock.now(), None)
    assert await whose(database, clock, token + "x") is None


async def test_the_old_token_ends_with_the_new_one(database: Database, clock: FixedClock) -> None:
    name, actor = await machine(database, clock)
    old = await rotate(database, clock, name)

    new = await rotate(database, clock, name)

    assert await whose(database, clock, old) is None
    assert await whose(database, clock, new) == actor
    assert len(await rows(database, tables.AccountToken)) == 1


async def test_it_ends_on_time(database: Database, clock: FixedClock) -> None:
    name, actor = await machine(database, clock)
    token = await rotate(database, clock, name, timedelta(days=90))

    clock.advance(timedelta(days=90) - timedelta(microseconds=1))
    assert await whose(database, clock, token) == actor
    clock.advance(timedelta(microseconds=1))
    assert await whose(database, clock, token) is None


async def test_a_disabled_account_is_nobody_and_its_token_does_not_come_back(
    database: Database, clock: FixedClock
) -> None:
    name, actor = await machine(database, clock)
    token = await rotate(database, clock, name)
    since = clock.now()

    assert await disable_account(DisableAccount(sign_in_name=name), database=database, clock=clock) == since
    clock.advance(timedelta(hours=1))
    assert await disable_account(DisableAccount(sign_in_name=name), database=database, clock=clock) == since

    assert await whose(database, clock, token) is None
    assert await rows(database, tables.AccountToken) == []
    async with database.transaction() as session:
        (await session.get_one(tables.Account, actor.account_id)).disabled_at = None
    assert await whose(database, clock, token) is None


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.SYSTEM, Role.INTEGRATOR}])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_person_gets_none_and_one_that_is_left_over_is_passed_over(
    database: Database, clock: FixedClock, role: Role
) -> None:
    name, actor = await machine(database, clock, role)

    with pytest.raises(AccountUnfit, match="only an INTEGRATOR"):
        await rotate(database, clock, name)
    async with database.transaction() as session:
        at = {"created_at": clock.now(), "expires_at": None}
        session.add(tables.AccountToken(account_id=actor.account_id, digest=digest_of("xs1_left"), **at))

    assert await whose(database, clock, "xs1_left") is None


async def test_an_unknown_or_a_disabled_account_gets_none(database: Database, clock: FixedClock) -> None:
    name, _ = await machine(database, clock)
    await disable_account(DisableAccount(sign_in_name=name), database=database, clock=clock)

    with pytest.raises(AccountUnfit, match="is disabled"):
        await rotate(database, clock, name)
    with pytest.raises(AccountUnfit, match="no account"):
        await rotate(database, clock, "nobody")
    with pytest.raises(AccountUnfit, match="no account"):
        await disable_account(DisableAccount(sign_in_name="nobody"), database=database, clock=clock)


async def test_the_list_has_each_account_with_its_scope_and_token(database: Database, clock: FixedClock) -> None:
    async with building(database, clock) as build:
        organisation, practice = await build.organisation(), await build.practice()
        await build.consultant(practice)
        await build.account(Role.PRACTICE_MANAGER, practice_id=practice, disabled=True)
        await build.account(Role.INTEGRATOR, organisation_id=organisation)
    (employer,), (clinic,) = [await rows(database, each) for each in (tables.Organisation, tables.Practice)]
    (consultant,) = await rows(database, tables.Consultant)
    name, _ = await machine(database, clock)
    await rotate(database, clock, name, timedelta(days=1))

    async with database.snapshot() as source:
        found = await list_accounts(source)

    assert [(each.role, each.scope, each.disabled_at, each.token_expires_at) for each in found] == [
        (Role.CONSULTANT, consultant.external_id, None, None),
        (Role.INTEGRATOR, employer.external_id, None, None),
        (Role.INTEGRATOR, None, None, clock.now() + timedelta(days=1)),
        (Role.PRACTICE_MANAGER, clinic.external_id, clock.now(), None),
    ]
