"""A dashboard's counts: what a viewer could list, counted by the database."""

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from models.queries.reading import Reading
from models.queries.request_lists import awaiting, is_at_risk, is_overdue, may_be_told_counts
from models.queries.request_rows import shown_status
from models.rules.confidentiality import sees_projection
from models.rules.vocabulary import RequestStatus
from models.scope import visible_requests
from models.tables import ExtraSessionsRequest
from models.views.request import RequestSummary, StatusCount

R = ExtraSessionsRequest


async def read_request_summary(reading: Reading) -> RequestSummary | None:
    """Return the counts over all requests within this actor's scope; None for one who is told no counts."""
    if not await may_be_told_counts(reading):
        return None
    statement = (
        select(
            R.status,
            func.count().label("number"),
            _how_many(is_overdue(reading)).label("overdue"),
            _how_many(is_at_risk(reading)).label("at_risk"),
            _how_many(awaiting(reading)).label("awaiting"),
        )
        .where(visible_requests(reading.by, reading.now))
        .group_by(R.status)
    )
    rows = await reading.rows(statement)
    projection = sees_projection(reading.by)
    numbers: Counter[RequestStatus] = Counter()
    for row in rows:
        numbers[shown_status(row.status, projection=projection)] += row.number
    return RequestSummary(
        by_status=[StatusCount(status, numbers[status]) for status in RequestStatus if status in numbers],
        overdue=sum(row.overdue for row in rows),
        at_risk=sum(row.at_risk for row in rows),
        awaiting_you=sum(row.awaiting for row in rows),
    )


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))
