"""What a story has left behind: every table as it stands, and that a refusal has changed none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Row, select, text

from models import tables
from models.database import Database
from models.hash_chain import chained
from models.rules.refusals import Refusal
from models.rules.vocabulary import DeadlineKind, EventType, MailKind
from models.tables import Base
from tests.builders import World

GENESIS = bytes(32)
_BESIDE = ("DEADLINE_", "MAIL_", "CASE_", "APPOINTMENT_")
"""How the types begin of what is no request's move."""


async def rows(database: Database, table: type[Base], *order: str) -> list[Row[Any]]:
    columns = table.__table__.columns
    statement = select(*columns).order_by(*(columns[name] for name in order or _key(table)))
    async with database.snapshot() as connection:
        return list((await connection.execute(statement)).all())


async def everything(database: Database) -> dict[str, list[Row[Any]]]:
    """Return every row of every table."""
    found = {}
    async with database.snapshot() as connection:
        for table in Base.metadata.sorted_tables:
            found[table.name] = list((await connection.execute(select(table).order_by(*table.primary_key))).all())
    return found


@asynccontextmanager
async def changes_nothing(database: Database) -> AsyncIterator[None]:
    """Fail where the story inside leaves any row that was not there, or takes or alters one that was."""
    before = await everything(database)
    yield
    assert await everything(database) == before


@asynccontextmanager
async def refused(world: World, refusal: type[Refusal]) -> AsyncIterator[pytest.ExceptionInfo[Refusal]]:
    """Expect exactly this refusal, and that it leaves nothing behind: no row, event, job, mail or deadline."""
    async with changes_nothing(world.database):
        with pytest.raises(refusal) as raised:
            yield raised
    assert raised.type is refusal


async def the_request(world: World, request_id: str) -> Row[Any]:
    (row,) = [row for row in await rows(world.database, tables.ExtraSessionsRequest) if row.id == request_id]
    return row


async def events(world: World) -> list[EventType]:
    """Return the moves of requests, in order."""
    return [row.type for row in await log(world) if not row.type.startswith(_BESIDE)]


async def told(world: World) -> list[tuple[EventType, str | None]]:
    """Return what else happened: to deadlines and mails, each with its kind, to cases and appointments."""
    return [(row.type, row.detail) for row in await log(world) if row.type.startswith(_BESIDE)]


async def log(world: World) -> list[Row[Any]]:
    """Return all that happened, and check that the hash chain over it holds from its first event to its head."""
    found = await rows(world.database, tables.Event, "seq")
    last = GENESIS
    for number, row in enumerate(found, start=1):
        assert row.seq == number
        last = chained(last, row.seq, row.entry)
        assert row.hash == last
    (head,) = await rows(world.database, tables.EventHead)
    assert (head.seq, head.hash) == (len(found), last)
    return found


async def jobs(world: World) -> list[str]:
    """Return what was promised, by name, sorted, without the watches of deadlines.

    Each job of a mail must name one that is owed, of its own kind.
    """
    mails = {row.id: row.kind for row in await rows(world.database, tables.Mail)}
    promised = await rows(world.database, tables.Job)
    named = {row.args["mail_id"]: row.actor for row in promised if "mail_id" in row.args}
    assert named == {mail: f"{kind.value.lower()}_email" for mail, kind in mails.items()}
    return sorted(row.actor for row in promised if row.actor != "watch_deadline")


async def watches(world: World) -> dict[DeadlineKind, list[datetime]]:
    """Return when each kind of deadline will be looked at, earliest first."""
    kinds = {row.id: row.kind for row in await rows(world.database, tables.Deadline)}
    found: dict[DeadlineKind, list[datetime]] = {}
    for row in await rows(world.database, tables.Job, "run_at"):
        if row.actor == "watch_deadline":
            found.setdefault(kinds[row.args["deadline_id"]], []).append(row.run_at)
    return found


async def the_mail(world: World, kind: MailKind) -> Row[Any]:
    (row,) = [row for row in await rows(world.database, tables.Mail) if row.kind is kind]
    return row


async def deadlines(world: World) -> dict[DeadlineKind, Row[Any]]:
    """Return the deadlines of a world with one request, by kind."""
    return {row.kind: row for row in await rows(world.database, tables.Deadline)}


def state_of(deadline: Row[Any]) -> tuple[datetime | None, datetime | None]:
    """Return when a deadline was met and when it was cancelled."""
    return deadline.met_at, deadline.cancelled_at


async def somebody_waits(database: Database) -> bool:
    """Whether a transaction of PostgreSQL's waits for another's lock."""
    async with database.snapshot() as source:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"
        return bool(await source.scalar(text(waiting)))


def _key(table: type[Base]) -> list[str]:
    return [column.name for column in table.__table__.primary_key]
