"""Loads one row that an operator has typed, by the rules of the import's own sheets: one truth for both."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from models.clock import Clock
from models.database import Database
from models.importing import repeats
from models.importing.batch import Batch, Desk, Fate
from models.importing.columns import plan
from models.importing.sheet import Sheet


class RowRefused(Exception):
    """The row can't be loaded: for each flaw its column, or None for the whole row, and what was expected."""

    def __init__(self, flaws: list[tuple[str | None, str]]) -> None:
        super().__init__("; ".join(f"{column}: {reason}" if column else reason for column, reason in flaws))
        self.flaws = flaws


async def add_by_hand(sheet: Sheet, cells: Mapping[str, str], *, database: Database, clock: Clock) -> None:
    """Load a row whose external id nobody has yet. Raises RowRefused, and then nothing was written."""
    async with database.transaction() as session:
        if await load_by_hand(sheet, cells, session=session, database=database, clock=clock) is not Fate.ADDED:
            raise RowRefused([("external_id", "is there already")])


async def load_by_hand(
    sheet: Sheet, cells: Mapping[str, str], *, session: AsyncSession, database: Database, clock: Clock
) -> Fate:
    """Load a row in this transaction, and return what it did; an empty cell is as one that is left out.

    Raises RowRefused: let it out of the transaction, for a part may be written.
    """
    columns, _ = plan([column.name for column in sheet.columns], sheet.columns)
    row, flaws = columns.read(1, [cells.get(column.name) or "" for column in sheet.columns])
    if flaws:
        raise RowRefused(flaws)
    batch = Batch(sheet.name, [row])
    await repeats.begin_file(session)
    await sheet.load(batch, Desk(session, database.vault, database.keys, clock.now()))
    await repeats.end_import(session)
    if batch.problems:
        raise RowRefused([(problem.column, problem.reason) for problem in batch.problems])
    return row.fate
