"""Finds what rows refer to by external id, for a whole batch at a time; what refers to nothing is refused."""

from typing import Any

from sqlalchemy import Row, Select

from models.importing.batch import Batch, Desk

Found = Row[*tuple[Any, ...]]

_MOST_KEPT = 10_000


async def referred(
    batch: Batch, desk: Desk, column: str, *, query: Select[*tuple[Any, ...]], reason: str
) -> dict[Any, Found]:
    """Return what the rows' ``column`` refers to, by the first column of ``query``; empty cells refer to nothing."""
    wanted = {row[column] for row in batch.good if row[column] is not None}
    return _without_strays(batch, column, reason, wanted=wanted, found=await _find(desk, query, wanted))


async def referred_often(
    batch: Batch, desk: Desk, column: str, *, query: Select[*tuple[Any, ...]], reason: str
) -> dict[Any, Found]:
    """Return the same, but look up only what the last batches of the file did not refer to.

    For columns that never change once they are loaded: what is kept is not locked, and is not read again.
    """
    wanted = {row[column] for row in batch.good if row[column] is not None}
    kept = desk.kept.setdefault(column, {})
    kept |= await _find(desk, query, wanted - kept.keys())
    found = {key: kept[key] for key in wanted if key in kept}
    if len(kept) > _MOST_KEPT:
        kept.clear()
    return _without_strays(batch, column, reason, wanted=wanted, found=found)


async def _find(desk: Desk, query: Select[*tuple[Any, ...]], wanted: set[Any]) -> dict[Any, Found]:
    if not wanted:
        return {}
    key = query.selected_columns[0]
    return {each[0]: each for each in await desk.session.execute(query.where(key.in_(wanted)))}


def _without_strays(
    batch: Batch, column: str, reason: str, *, wanted: set[Any], found: dict[Any, Found]
) -> dict[Any, Found]:
    if len(found) < len(wanted):
        for row in batch.good:
            if row[column] is not None and row[column] not in found:
                batch.refuse(row, column, reason)
    return found
