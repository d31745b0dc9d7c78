"""A table in which a file's rows end up: found by external id, written only where something differs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import new_id
from models.importing.batch import Desk, Fate, Row
from models.tables import Base

Existing = Mapping[Any, Found[Any]]
Draft = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """``follows`` are the columns that a later import may change; all others keep what they were first given."""

    entity: type[Base]
    key: str
    prefix: str
    follows: tuple[str, ...]

    @property
    def table(self) -> Table:
        table = self.entity.__table__
        assert isinstance(table, Table)  # noqa: S101 - a mapped class of this project is a plain table
        return table

    async def existing(self, desk: Desk, keys: Iterable[Any]) -> Existing:
        """Return what is there of these external ids, with the columns that the file knows."""
        columns = [self.table.c[name] for name in (self.key, "id", *self.follows)]
        found = await desk.session.execute(select(*columns).where(self.table.c[self.key].in_(set(keys))))
        return {row[0]: row for row in found}

    async def settle(self, desk: Desk, drafts: list[tuple[Row, Draft]], existing: Existing) -> None:
        """Write what is new or differs. Each draft is given its id; each row learns its fate."""
        were, are = attrgetter(*self.follows, "id"), itemgetter(*self.follows, "id")
        writes = []
        for row, draft in drafts:
            old = existing.get(draft[self.key])
            draft["id"] = new_id(self.prefix) if old is None else old.id
            if old is None or were(old) != are(draft):
                row.met(Fate.ADDED if old is None else Fate.CHANGED)
                writes.append(draft)
        if writes:
            statement = upsert(desk.session, self.table, (self.key,), self.follows)
            await desk.session.execute(statement, writes)


def upsert(session: AsyncSession, table: Table, key: Iterable[str], follows: Iterable[str]) -> Any:
    """Return an insert that turns into an update of ``follows`` where the key is there already."""
    insert = insert_postgresql if session.get_bind().dialect.name == "postgresql" else insert_sqlite
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(key), set_={name: statement.excluded[name] for name in follows}
    )
