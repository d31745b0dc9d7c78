"""Notices an external id that one file has twice, in a temporary table: a file may have millions.

It outlives a batch's transaction and is its connection's alone: an import has one, as it does one thing at a time.
"""

from sqlalchemy import Column, Integer, MetaData, Table, Text, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateTable, DropTable

from models.bulk import insert_many
from models.importing.batch import Batch, Desk

_SEEN = Table(
    "import_seen",
    MetaData(),
    Column("key", Text, primary_key=True),
    Column("line", Integer, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


async def begin_file(session: AsyncSession) -> None:
    """Forget every other file's ids."""
    await session.execute(CreateTable(_SEEN, if_not_exists=True))
    await session.execute(delete(_SEEN))


async def end_import(session: AsyncSession) -> None:
    await session.execute(DropTable(_SEEN, if_exists=True))


async def refuse_repeats(batch: Batch, desk: Desk, column: str) -> None:
    """Refuse each row whose id an earlier row of the file had; only a refused one costs a search."""
    rows = batch.good
    if not rows:
        return
    seen = [{"key": _text(row[column]), "line": row.line} for row in rows]
    if await insert_many(desk.session, _SEEN, seen, key="key") == len(rows):
        return
    found = await desk.session.execute(select(_SEEN).where(_SEEN.c.key.in_([each["key"] for each in seen])))
    first = {each.key: each.line for each in found}
    for row in rows:
        if first[_text(row[column])] != row.line:
            batch.refuse(row, column, f"stands on line {first[_text(row[column])]} already")


def _text(key: str | bytes) -> str:
    return key.hex() if isinstance(key, bytes) else key
