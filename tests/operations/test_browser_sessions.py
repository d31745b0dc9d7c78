"""Signed in with a browser: what opens a session, for how long, and all that ends it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from models import tables
from models.actor import Actor
from models.database import Database
from models.operations.begin_browser_session import BeginBrowserSession, begin_browser_session
from models.operations.clean_up import CleanUp, clean_up
from models.operations.disable_account import DisableAccount, disable_account
from models.operations.end_browser_session import EndBrowserSession, end_browser_session
from models.operations.keep_browser_session import KeepBrowserSession, keep_browser_session
from models.operations.locking_account import AccountUnfit
from models.operations.sign_out_account import SignOutAccount, sign_out_account
from models.queries.accounts import bearer_by_id, bearer_named, standing_of
from models.queries.browser_sessions import SignedIn, living_sessions, signed_in_with
from models.rules.browser_sessions import SessionLimits
from models.rules.vocabulary import Role
from models.secret_texts import digest_of
from tests.clock import FixedClock
from tests.operations.ledger import rows
from tests.rows import building

LIMITS = SessionLimits(idle=timedelta(minutes=30), longest=timedelta(hours=10))
A_MOMENT = timedelta(microseconds=1)


class Desk:
    """One reviewer, and what their browsers do."""

    def __init__(self, database: Database, clock: FixedClock, actor: Actor) -> None:
        self.database = database
        self.clock = clock
        self.actor = actor

    async def begin(self, account_id: str | None = None, earlier: str | None = None) -> str | None:
        command = BeginBrowserSession(
            account_id=account_id or str(self.actor.account_id), limits=LIMITS, earlier=earlier
        )
        return await begin_browser_session(command, database=self.database, clock=self.clock)

    async def begun(self, earlier: str | None = None) -> str:
        secret = await self.begin(earlier=earlier)
        assert secret is not None
        return secret

    async def opened(self, secret: str) -> SignedIn | None:
        async with self.database.snapshot() as source:
            return await signed_in_with(source, digest_of(secret), now=self.clock.now(), limits=LIMITS)

    async def open(self, secret: str) -> SignedIn:
        found = await self.opened(secret)
        assert found is not None
        return found

    async def changed(self, secret: str) -> str:
        found = await self.open(secret)
        command = KeepBrowserSession(session_id=found.session_id, change=found.digest)
        after = await keep_browser_session(command, database=self.database, clock=self.clock)
        assert after is not None
        return after

    async def name(self) -> str:
        names = {row.id: row.external_id for row in await rows(self.database, tables.Account)}
        return str(names[self.actor.account_id])


@pytest.fixture
async def desk(database: Database, clock: FixedClock) -> Desk:
    async with building(database, clock) as build:
        actor = await build.account(Role.ORG_REVIEWER, organisation_id=await build.organisation())
    return Desk(database, clock, actor)


async def test_the_cookie_opens_the_session_and_only_its_hash_is_kept(desk: Desk) -> None:
    secret = await desk.begun()

    found = await desk.open(secret)

    assert found.actor == desk.actor
    assert found.ends_at == desk.clock.now() + LIMITS.longest
    assert len(secret) > 40
    (kept,) = await rows(desk.database, tables.BrowserSession)
    assert (kept.digest, kept.previous) == (digest_of(secret), None)
    assert secret not in repr(kept)
    assert await desk.opened(secret + "x") is None
    assert await desk.begun() != secret


async def test_it_ends_when_nobody_uses_it(desk: Desk) -> None:
    secret = await desk.begun()
    desk.clock.advance(LIMITS.idle - A_MOMENT)
    found = await desk.open(secret)

    used = KeepBrowserSession(session_id=found.session_id)
    assert await keep_browser_session(used, database=desk.database, clock=desk.clock) is None

    desk.clock.advance(LIMITS.idle - A_MOMENT)
    await desk.open(secret)
    desk.clock.advance(A_MOMENT)
    assert await desk.opened(secret) is None


async def test_it_ends_however_much_it_is_used(desk: Desk) -> None:
    secret = await desk.begun()
    found = await desk.open(secret)
    while desk.clock.now() < found.ends_at:
        await desk.open(secret)
        used = KeepBrowserSession(session_id=found.session_id)
        await keep_browser_session(used, database=desk.database, clock=desk.clock)
        desk.clock.advance(timedelta(minutes=20))

    assert await desk.opened(secret) is None
    async with desk.database.snapshot() as source:
        assert not await living_sessions(source, [found.session_id], now=desk.clock.now(), limits=LIMITS)


async def test_a_changed_secret_leaves_the_old_one_good_for_a_minute(desk: Desk) -> None:
    old = await desk.begun()

    new = await desk.changed(old)

    assert (await desk.open(old)).session_id == (await desk.open(new)).session_id
    desk.clock.advance(timedelta(minutes=1))
    assert await desk.opened(old) is None
    await desk.open(new)


async def test_of_two_pages_that_change_it_at_once_one_does(desk: Desk) -> None:
    secret = await desk.begun()
    found = await desk.open(secret)
    command = KeepBrowserSession(session_id=found.session_id, change=found.digest)

    first = await keep_browser_session(command, database=desk.database, clock=desk.clock)
    second = await keep_browser_session(command, database=desk.database, clock=desk.clock)

    assert (first is None, second) == (False, None)


async def test_signing_in_again_ends_what_the_browser_had(desk: Desk) -> None:
    first, elsewhere = await desk.begun(), await desk.begun()

    again = await desk.begun(earlier=first)

    assert await desk.opened(first) is None, "a cookie that somebody planted opens nothing once its victim signs in"
    assert [await desk.opened(each) is not None for each in (again, elsewhere)] == [True, True]


@pytest.mark.parametrize("old", [True, False])
async def test_signing_out_ends_this_browser_and_no_other(desk: Desk, *, old: bool) -> None:
    secret, elsewhere = await desk.begun(), await desk.begun()
    newer = await desk.changed(secret)

    await end_browser_session(EndBrowserSession(secret=secret if old else newer), database=desk.database)

    assert [await desk.opened(each) is not None for each in (secret, newer, elsewhere)] == [False, False, True]


async def test_an_account_is_signed_out_everywhere(desk: Desk) -> None:
    first, second = await desk.begun(), await desk.begun()
    name, before = await desk.name(), desk.clock.now()
    desk.clock.advance(timedelta(seconds=5))

    since = await sign_out_account(SignOutAccount(sign_in_name=name), database=desk.database, clock=desk.clock)

    assert since == desk.clock.now()
    assert [await desk.opened(each) for each in (first, second)] == [None, None]
    account_id = str(desk.actor.account_id)
    async with desk.database.snapshot() as source:
        for issued_at, believed in ((before, None), (None, None), (since, desk.actor)):
            assert await bearer_by_id(source, account_id, issued_at) == believed
            assert await bearer_named(source, name, issued_at) == believed
        standing = (await standing_of(source, [account_id], now=desk.clock.now()))[account_id]
    assert standing.signed_out_at == since
    assert await desk.opened(await desk.begun()) is not None, "whoever can sign in comes back"


async def test_a_machine_is_not_signed_out_and_never_signs_in(desk: Desk) -> None:
    async with building(desk.database, desk.clock) as build:
        machine = await build.account(Role.INTEGRATOR)
    names = {row.id: row.external_id for row in await rows(desk.database, tables.Account)}
    command = SignOutAccount(sign_in_name=names[machine.account_id])

    assert await desk.begin(machine.account_id) is None
    with pytest.raises(AccountUnfit):
        await sign_out_account(command, database=desk.database, clock=desk.clock)


async def test_nobody_signs_in_who_is_not_there(desk: Desk) -> None:
    secret = await desk.begun()
    await disable_account(DisableAccount(sign_in_name=await desk.name()), database=desk.database, clock=desk.clock)

    assert await desk.opened(secret) is None
    assert await desk.begin() is None
    assert await desk.begin("acc_unknown") is None
    assert not await rows(desk.database, tables.BrowserSession), "nothing revives what has ended"


@pytest.mark.parametrize(
    "change",
    [
        update(tables.Account).values(disabled_at=FixedClock().now()),
        update(tables.Account).values(role=Role.INTEGRATOR),
    ],
)
async def test_an_import_that_disables_or_changes_an_account_ends_its_sessions(
    desk: Desk, change: object, execute: Callable[[object], Awaitable[None]]
) -> None:
    secret = await desk.begun()
    await execute(change)
    assert await desk.opened(secret) is None


@pytest.fixture
def execute(database: Database) -> Callable[[object], Awaitable[None]]:
    async def run(statement: object) -> None:
        async with database.transaction() as session:
            await session.execute(statement)  # type: ignore[call-overload]  # whichever it is

    return run


async def test_what_has_ended_is_deleted(desk: Desk) -> None:
    secret = await desk.begun()
    desk.clock.advance(LIMITS.longest - timedelta(minutes=1))
    kept = await desk.begun()
    keep = CleanUp()
    assert (await clean_up(keep, database=desk.database, clock=desk.clock)).browser_sessions == 0

    desk.clock.advance(timedelta(minutes=2))
    assert (await clean_up(keep, database=desk.database, clock=desk.clock)).total == 1

    (row,) = await rows(desk.database, tables.BrowserSession)
    assert row.digest == digest_of(kept) != digest_of(secret)


async def test_two_sessions_never_share_a_secret(desk: Desk) -> None:
    await desk.begun()
    (row,) = await rows(desk.database, tables.BrowserSession)
    again = {"id": "ses_2", "account_id": row.account_id, "digest": row.digest, "ends_at": row.ends_at}
    moments = dict.fromkeys(("changed_at", "begun_at", "used_at"), row.used_at)
    with pytest.raises(Exception, match=r"(?i)unique"):
        async with desk.database.transaction() as session:
            await session.execute(insert(tables.BrowserSession).values(**again, **moments))
