"""Access over time: what ends or changes while somebody is connected ends the connection, and says how."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.access_watch import Standings
from api.app import create_app
from api.auth import Admission, sign_demo_token
from api.connections import Bounds
from api.keys import open_keyring
from api.settings import Settings
from models import ids
from models.actor import Actor
from models.clock import SystemClock
from models.database import Database
from models.machine_tokens import new_token
from models.queries.accounts import Standing
from models.rules.vocabulary import Role
from models.secret_texts import digest_of
from models.tables import Account, AccountToken
from tests.api.edge import ACTOR
from tests.api.live import FOR_EVER, Served, live, served, stage
from tests.api.test_event_streams import COMPLETE, rest_of, streaming
from tests.jobs.workshop import until

REVOKED = (4401, "access revoked")
CHANGED = (4403, "access changed: connect again")


async def test_an_account_that_is_gone_ends_its_sockets_and_no_one_else_s() -> None:
    async with live() as (toy, server), server.socket() as peer, server.socket("other") as other:
        await peer.ask("1", FOR_EVER)
        del toy.standings["acc_1"]
        assert await peer.closed() == REVOKED
        await asyncio.wait_for(stage.ended.wait(), 2)
        await other.ask("1", "{ account }")
        assert (await other.hears())["type"] == "next"


@pytest.mark.parametrize(
    "change", [{"role": Role.PROVIDER_STAFF}, {"organisation_id": "o"}, {"practice_id": "p"}, {"consultant_id": "c"}]
)
async def test_another_role_or_scope_ends_the_socket_so_that_its_client_connects_again(change: dict[str, Any]) -> None:
    async with live() as (toy, server), server.socket() as peer:
        await peer.ask("1", FOR_EVER)
        toy.standings["acc_1"] = Standing(replace(ACTOR, **change))
        assert await peer.closed() == CHANGED
        await asyncio.wait_for(stage.ended.wait(), 2)


async def test_another_name_or_time_zone_counts_from_the_next_operation_on() -> None:
    async with live() as (toy, server), server.socket() as peer:
        newer = replace(ACTOR, time_zone="Australia/Perth")
        toy.standings["acc_1"] = Standing(newer)
        async with asyncio.timeout(4):
            while not stage.contexts or stage.contexts[-1].actor != newer:
                await peer.ask("1", "{ account }")
                await peer.hears_all(2)


async def test_a_token_ends_by_the_clock_alone() -> None:
    async def unreadable(_: list[str]) -> Standings:
        await asyncio.Event().wait()
        return {}

    async with live(read=unreadable) as (toy, server):
        until = SystemClock().now().timestamp() + 0.4
        toy.admissions["good"] = Admission(ACTOR, until=until)
        async with server.socket() as peer, streaming(server, FOR_EVER) as answer:
            assert await peer.closed() == (4401, "token expired")
            text = await rest_of(answer)

    assert b'"code":"UNAUTHENTICATED","reason":"token expired"' in text
    assert text.endswith(COMPLETE)


@pytest.mark.parametrize("digest", [None, b"another"])
async def test_a_machine_s_token_must_be_the_one_that_was_shown(digest: bytes | None) -> None:
    async with live() as (toy, server):
        toy.admissions["good"] = Admission(ACTOR, digest=b"its own")
        toy.standings["acc_1"] = Standing(ACTOR, b"its own")
        async with server.socket() as peer:
            await peer.ask("1", "{ slow }")
            await peer.hears_all(2)
            toy.standings["acc_1"] = Standing(ACTOR, digest)
            assert await peer.closed() == REVOKED


async def test_an_event_stream_says_how_access_ended_and_is_complete() -> None:
    async with live() as (toy, server), streaming(server, FOR_EVER) as answer:
        await asyncio.wait_for(stage.begun.wait(), 2)
        toy.standings["acc_1"] = Standing(replace(ACTOR, role=Role.PROVIDER_STAFF))
        text = await rest_of(answer)

    assert text.startswith(b'event: next\ndata: {"errors":[{"message":"This stream has ended."')
    assert b'"extensions":{"code":"FORBIDDEN","reason":"access changed: connect again"}' in text
    assert text.endswith(COMPLETE)


async def test_while_access_cannot_be_read_nobody_stays_for_long() -> None:
    async def unreadable(_: list[str]) -> Standings:
        raise OSError

    async with live(read=unreadable, blind=0.4) as (_, server), server.socket() as peer:
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await peer.closed() == (1013, "access can't be checked")
        assert loop.time() - began > 0.3, "a short outage is nobody's end"


async def test_one_look_is_for_all_and_none_is_made_for_nobody() -> None:
    looks: list[list[str]] = []

    async def read(account_ids: list[str]) -> Standings:
        looks.append(account_ids)
        return {"acc_1": Standing(ACTOR), "acc_2": Standing(Actor("acc_2", "Kim", ACTOR.role))}

    async with live(Bounds(), read=read) as (toy, server):
        async with server.socket(), server.socket(), server.socket("other"):
            await until(lambda: ["acc_1", "acc_2"] in looks)
        await until(lambda: not toy.connections.number)
        made = len(looks)
        await asyncio.sleep(0.2)

    assert len(looks) == made


@asynccontextmanager
async def house(database_url: str, folder: Path) -> AsyncIterator[tuple[Served, Settings]]:
    settings = Settings(mode="demo", data_dir=folder, database_url=database_url)
    async with served(create_app(settings), settings) as server:
        yield server, settings


async def an_account(settings: Settings, role: Role = Role.PROVIDER_STAFF, **values: Any) -> tuple[str, str]:
    """Add an account; return its id, and the token of a person, or of a machine."""
    account_id, token = ids.new_id("acc"), new_token()
    keyring = open_keyring(settings)
    async with opened(settings) as database, database.transaction() as session:
        now = SystemClock().now()
        account = Account(
            id=account_id,
            external_id=account_id,
            name="Sam Staff",
            email="sam@eap.example",
            role=role,
            time_zone="Australia/Melbourne",
            created_at=now,
            **values,
        )
        session.add(account)
        await session.flush()
        if role is Role.INTEGRATOR:
            ends = now + timedelta(hours=1)
            session.add(AccountToken(account_id=account_id, digest=digest_of(token), created_at=now, expires_at=ends))
            return account_id, token
    return account_id, sign_demo_token(keyring, account_id, SystemClock(), timedelta(hours=1))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    database = Database.open(settings.database_url, open_keyring(settings))
    yield database
    await database.close()


async def test_accounts_and_tokens_of_the_tables_are_watched(database_url: str, tmp_path: Path) -> None:
    async with house(database_url, tmp_path) as (server, settings):
        disabled_id, disabled_token = await an_account(settings)
        moved_id, moved_token = await an_account(settings)
        rotated_id, rotated_token = await an_account(settings, Role.INTEGRATOR)
        expiring_id, expiring_token = await an_account(settings, Role.INTEGRATOR)
        _, staying_token = await an_account(settings)
        async with (
            server.socket(disabled_token) as disabled,
            server.socket(moved_token) as moved,
            server.socket(rotated_token) as rotated,
            server.socket(expiring_token) as expiring,
            server.socket(staying_token) as staying,
        ):
            await staying.ask("1", "{ viewer { name } }")
            assert (await staying.hears())["payload"] == {"data": {"viewer": {"name": "Sam Staff"}}}
            now = SystemClock().now()
            gone = update(Account).where(Account.id == disabled_id).values(disabled_at=now)
            another = update(Account).where(Account.id == moved_id).values(role=Role.INTEGRATOR)
            newer = update(AccountToken).where(AccountToken.account_id == rotated_id).values(digest=digest_of("new"))
            over = update(AccountToken).where(AccountToken.account_id == expiring_id).values(expires_at=now)
            async with opened(settings) as store, store.transaction() as session:
                for change in (gone, another, newer, over):
                    await session.execute(change)
            async with asyncio.timeout(5):
                ends = await asyncio.gather(*(each.closed() for each in (disabled, moved, rotated, expiring)))
            assert ends == [REVOKED, CHANGED, REVOKED, REVOKED]
            await staying.hears()
            await staying.ask("2", "{ viewer { name } }")
            assert json.dumps(await staying.hears()).count("Sam Staff") == 1
