"""A table in which a file's rows end up: found by external id, written only where something differs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import Table, select

from models.bulk import insert_many
from models.ids import new_id
from models.importing.batch import Desk, Fate, Row
from models.tables import Base

Existing = Mapping[Any, Found[Any]]
Draft = dict[str, Any]


def plain_table(entity: type[Base]) -> Table:
    """Return the table of a mapped class, for statements that pass its mapping by."""
    table = entity.__table__
    assert isinstance(table, Table)  # noqa: S101 - no class of this project is mapped to anything else
    return table


@dataclass(frozen=True, slots=True)
class Target:
    """``follows`` are the columns that a later import may change; all others keep what they were first given."""

    entity: type[Base]
    key: str
    prefix: str
    follows: tuple[str, ...]

    @property
    def table(self) -> Table:
        return plain_table(self.entity)

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
            await insert_many(desk.session, self.table, writes, key=self.key, follows=self.follows)
