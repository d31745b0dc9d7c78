"""Turns the times of a file, with an offset or by some place's clocks, into moments."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from models.importing.batch import Batch, Row


def moment_in(zone: str, batch: Batch, row: Row, column: str) -> datetime:
    """Return the moment in UTC; a time without an offset is the zone's. Refuse one that the zone's clocks skip."""
    written: datetime = row.values[column]
    if written.tzinfo is not None:
        return written.astimezone(UTC)
    local = ZoneInfo(zone)
    moment = written.replace(tzinfo=local).astimezone(UTC)
    if moment.astimezone(local).replace(tzinfo=None) != written:
        batch.refuse(row, column, "is an hour that the clocks there skip that day; write it with its offset")
    return moment
