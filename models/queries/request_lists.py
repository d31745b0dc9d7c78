"""Reads of many requests: everything that a viewer can list, and what awaits them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select, true

from models.queries.paging import FAR_FUTURE, FAR_PAST, Ordering, connection, narrowed_to_page
from models.queries.reading import Reading
from models.queries.requests import load_requests
from models.rules.confidentiality import sees_projection, statuses_behind
from models.rules.vocabulary import Delegation, Outcome, RequestStatus, Role
from models.scope import visible_requests
from models.tables import Agreement, ExtraSessionsRequest, Organisation
from models.tables.types import Moment
from models.views.connection import Connection
from models.views.request import RequestView
from models.views.want import Page, Want

R = ExtraSessionsRequest


def _due(missing: datetime) -> Any:
    """Order by the decision's due moment; ``missing`` stands in where there is none, so that such rows come last."""
    return func.coalesce(R.decision_due_at, literal(missing, Moment()), type_=Moment())


class RequestOrderField(StrEnum):
    RECEIVED = "RECEIVED"
    DECISION_DUE = "DECISION_DUE"


@dataclass(frozen=True, slots=True)
class RequestOrder:
    field: RequestOrderField = RequestOrderField.RECEIVED
    descending: bool = True


@dataclass(frozen=True, slots=True)
class RequestFilter:
    statuses: tuple[RequestStatus, ...] | None = None
    outcome: Outcome | None = None


async def read_requests(
    reading: Reading, *, filtered: RequestFilter, order: RequestOrder, page: Page, want: Want
) -> Connection[RequestView]:
    """Return a page of the requests within this actor's scope; an organisation's filters speak of its projection."""
    condition = _matching(reading, filtered)
    return await _page(reading, condition, _ordering(reading, order), page, want)


async def read_review_queue(reading: Reading, *, page: Page, want: Want) -> Connection[RequestView]:
    """Return a page of the requests that await this actor's decision, soonest due first."""
    ordering = Ordering("reviewQueue", (_due(FAR_FUTURE), R.id))
    return await _page(reading, _awaiting(reading), ordering, page, want)


async def _page(
    reading: Reading, condition: ColumnElement[bool], ordering: Ordering, page: Page, want: Want
) -> Connection[RequestView]:
    limit = narrowed_to_page(reading, page, ordering)
    found = await load_requests(
        reading, want.of_nodes(), lambda statement: limit(statement.where(condition)), ordering.labelled()
    )
    total = await _count(reading, condition) if "total_count" in want.names else None
    return connection(reading, page=page, ordering=ordering, found=found, want=want, total_count=total)


async def _count(reading: Reading, condition: ColumnElement[bool]) -> int | None:
    """Count what could be listed; an organisation below its smallest headcount is told no counts."""
    by = reading.by
    if sees_projection(by):
        large_enough = (
            select(Organisation.id)
            .join(Agreement, and_(Agreement.organisation_id == Organisation.id, Agreement.is_current.is_(True)))
            .where(Organisation.id == by.organisation_id, Organisation.headcount >= Agreement.smallest_headcount)
        )
        if not await reading.rows(large_enough):
            return None
    counting = select(func.count()).select_from(R).where(condition, visible_requests(by, reading.now))
    count: int = (await reading.rows(counting))[0][0]
    return count


def _matching(reading: Reading, filtered: RequestFilter) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = true()
    if filtered.statuses is not None:
        statuses = set(filtered.statuses)
        if sees_projection(reading.by):
            statuses = {real for shown in statuses for real in statuses_behind(shown)}
        condition &= R.status.in_(statuses)
    if filtered.outcome is not None:
        condition &= R.status == RequestStatus(filtered.outcome.value)
    return condition


def _ordering(reading: Reading, order: RequestOrder) -> Ordering:
    name = f"requests.{order.field.value}.{order.descending}"
    if order.field is RequestOrderField.DECISION_DUE:
        due = _due(FAR_PAST if order.descending else FAR_FUTURE)
        return Ordering(name, (due, R.id), descending=order.descending)
    received = R.released_on if sees_projection(reading.by) else R.submitted_at
    return Ordering(name, (received, R.id), descending=order.descending)


def _awaiting(reading: Reading) -> ColumnElement[bool]:
    match reading.by.role:
        case Role.ORG_REVIEWER:
            return R.status == RequestStatus.ORGANISATION_REVIEW
        case Role.PROVIDER_STAFF:
            delegated = select(Agreement.id).where(Agreement.delegation != Delegation.NONE)
            return and_(
                R.status == RequestStatus.ORGANISATION_REVIEW,
                or_(R.withheld.is_not(None), R.agreement_id.in_(delegated)),
            )
        case Role.CLINICAL_REVIEWER:
            return R.status == RequestStatus.CLINICAL_REVIEW
        case _:
            return false()
