"""Finds what rows refer to by external id, for a whole batch at a time; what refers to nothing is refused."""

from typing import Any

from sqlalchemy import Row, Select

from models.importing.batch import Batch, Desk

Found = Row[*tuple[Any, ...]]


async def referred(
    batch: Batch, desk: Desk, column: str, *, query: Select[*tuple[Any, ...]], reason: str
) -> dict[Any, Found]:
    """Return what the rows' ``column`` refers to, by the first column of ``query``; empty cells refer to nothing."""
    wanted = {row[column] for row in batch.good if row[column] is not None}
    if not wanted:
        return {}
    key = query.selected_columns[0]
    found = {each[0]: each for each in await desk.session.execute(query.where(key.in_(wanted)))}
    if len(found) < len(wanted):
        for row in batch.good:
            if row[column] is not None and row[column] not in found:
                batch.refuse(row, column, reason)
    return found
