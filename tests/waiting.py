"""Rows that wait to be written table by table: a statement for each is most of what building a world would cost."""

from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.tables import Base

_ORDER = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
"""Each table stands after those that it refers to."""


async def write(session: AsyncSession, waiting: list[Any]) -> None:
    """Write the rows and empty the list; those of one table keep their order."""
    waiting.sort(key=_place)
    for _, rows in groupby(waiting, key=_place):
        session.add_all(rows)
        await session.flush()
    waiting.clear()


async def the(session: AsyncSession, waiting: list[Any], kind: type[Any], **values: Any) -> Any:
    """Return the one row that has these values, written or not."""
    for row in waiting:
        if isinstance(row, kind) and all(getattr(row, name) == value for name, value in values.items()):
            return row
    return (await session.execute(select(kind).filter_by(**values))).scalar_one()


def _place(row: Any) -> int:
    return _ORDER[row.__tablename__]
