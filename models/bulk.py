"""Hands many rows to the driver at once; SQLAlchemy, row by row, would take half as long again as SQLite itself."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

Process = Callable[[Any], Any] | None

_DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": psycopg.dialect(paramstyle="format"),  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
}
"""The two drivers' own ways to number parameters by their place."""


async def insert_many(
    session: AsyncSession,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    key: str | None,
    follows: tuple[str, ...] = (),
) -> int:
    """Insert the rows, which all have the same columns; where the key is there already, update ``follows``.

    Returns how many were written: with nothing to follow, a row that is there already is passed over. Without a key
    none may be there.
    """
    dialect = session.get_bind().dialect
    columns = tuple(rows[0])
    sql, processes = _prepared(dialect, table, columns, key, follows)
    values = [
        [row[name] for row in rows] if process is None else [process(row[name]) for row in rows]
        for name, process in processes.items()
    ]
    connection = await session.connection()
    return (await connection.exec_driver_sql(sql, list(zip(*values, strict=True)))).rowcount


@lru_cache(maxsize=64)
def _prepared(
    dialect: Dialect, table: Table, columns: tuple[str, ...], key: str | None, follows: tuple[str, ...]
) -> tuple[str, dict[str, Process]]:
    """Return the statement, and for each of its columns what turns a value into what this driver takes."""
    insert = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
    if follows:
        updated = {name: insert.excluded[name] for name in follows}
        insert = insert.on_conflict_do_update(index_elements=[key], set_=updated)
    elif key is not None:
        insert = insert.on_conflict_do_nothing(index_elements=[key])
    positional = _DIALECTS[dialect.name]
    compiled = insert.compile(dialect=positional, column_keys=list(columns))
    order = compiled.positiontup or []
    return str(compiled), {name: table.c[name].type.bind_processor(dialect) for name in order}
