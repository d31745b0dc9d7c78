"""Reads the tables by plain SQL over a connection of one's own, beside the product's."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import make_url

from models import tables
from tests import engines

Row = dict[str, Any]
Rows = dict[str, list[Row]]

_KEYS = {table.name: [column.name for column in table.primary_key] for table in tables.Base.metadata.sorted_tables}


@dataclass
class Records:
    connection: Any

    def ask(self, sql: str, *values: Any) -> list[Row]:
        """Run one statement, its parameters written as question marks on either engine."""
        if isinstance(self.connection, psycopg.Connection):
            sql = sql.replace("?", "%s")
        return [dict(row) for row in self.connection.execute(sql, values).fetchall()]

    def do(self, sql: str, *values: Any) -> None:
        """Write something that comes from outside the product, such as an import."""
        if isinstance(self.connection, psycopg.Connection):
            sql = sql.replace("?", "%s")
        self.connection.execute(sql, values)

    def everything(self) -> Rows:
        """Return every row of every table, in the order of its key."""
        return {name: self.ask(f"SELECT * FROM {name} ORDER BY {', '.join(key)}") for name, key in _KEYS.items()}  # noqa: S608 - names of our own tables


@contextmanager
def records_of(url: str) -> Iterator[Records]:
    if make_url(url).get_backend_name() == "sqlite":
        import sqlite3  # noqa: PLC0415 - by now it is the library that the product has chosen

        with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            yield Records(connection)
        return
    with psycopg.connect(engines.conninfo(url), autocommit=True, row_factory=dict_row) as connection:
        yield Records(connection)


def moment(value: Any) -> datetime:
    """Return a column's moment: SQLite holds a text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
