"""Some rows of one file on their way into the database, and what they are loaded with."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models.importing.report import Problem, Tally
from models.key_store import KeyStore
from models.sealing import Vault


class Fate(IntEnum):
    """What a row did to the database; of several effects the greatest counts."""

    UNCHANGED = 0
    CHANGED = 1
    ADDED = 2


@dataclass(slots=True)
class Row:
    line: int
    values: dict[str, Any]
    refused: bool = False
    fate: Fate = Fate.UNCHANGED

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def met(self, fate: Fate) -> None:
        self.fate = max(self.fate, fate)


@dataclass(frozen=True, slots=True)
class Desk:
    """What loading works with: one transaction, the keys, the moment of the import."""

    session: AsyncSession
    vault: Vault
    keys: KeyStore
    now: datetime
    kept: dict[str, dict[Any, Any]] = field(default_factory=dict)
    """What the batches of one file have looked up, by column."""


class Batch:
    """Rows that are loaded together. A refused one is left out whole, whatever else is found about it."""

    def __init__(self, file: str, rows: Iterable[Row] = ()) -> None:
        self.file = file
        self.rows = list(rows)
        self.problems: list[Problem] = []

    @property
    def good(self) -> list[Row]:
        return [row for row in self.rows if not row.refused]

    def refuse(self, row: Row, column: str | None, reason: str) -> None:
        row.refused = True
        self.problems.append(Problem(self.file, row.line, column, reason))

    def add_to(self, tally: Tally) -> None:
        fates = Counter(row.fate for row in self.good)
        tally.added += fates[Fate.ADDED]
        tally.changed += fates[Fate.CHANGED]
        tally.unchanged += fates[Fate.UNCHANGED]
        tally.left_out += len(self.rows) - fates.total()
