"""Reads of many requests: everything that a viewer can list, and what awaits them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, not_, or_, select, true

from models.queries.days import check_order, ends, starts
from models.queries.paging import FAR_FUTURE, FAR_PAST, Ordering, connection, narrowed_to_page
from models.queries.reading import Reading
from models.queries.requests import load_requests
from models.rules.confidentiality import sees_projection, shows_deadline, statuses_behind
from models.rules.vocabulary import DeadlineKind, Delegation, Outcome, RequestStatus, Role
from models.scope import visible_requests
from models.tables import Agreement, Deadline, ExtraSessionsRequest, Organisation
from models.tables.types import Moment
from models.views.connection import Connection
from models.views.request import RequestView
from models.views.want import Page, Want

R = ExtraSessionsRequest


def _due(missing: datetime) -> Any:
    """Order by the decision's due moment; ``missing`` stands in where there is none, so that such rows come last."""
    return func.coalesce(R.decision_due_at, literal(missing, Moment()), type_=Moment())


def _clinical_review_due() -> Any:
    """Order by when the clinical review is due: before the organisation's review there is no decision's due moment."""
    due = select(Deadline.due_at).where(
        Deadline.request_id == R.id,
        Deadline.kind == DeadlineKind.CLINICAL_REVIEW,
        Deadline.met_at.is_(None),
        Deadline.cancelled_at.is_(None),
    )
    return func.coalesce(due.scalar_subquery(), literal(FAR_FUTURE, Moment()), type_=Moment())


class RequestOrderField(StrEnum):
    RECEIVED = "RECEIVED"
    DECISION_DUE = "DECISION_DUE"


@dataclass(frozen=True, slots=True)
class RequestOrder:
    field: RequestOrderField = RequestOrderField.RECEIVED
    descending: bool = True


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """What is None does not narrow. The decision's due days are whole, both included, in the zone of ``_zone``."""

    statuses: tuple[RequestStatus, ...] | None = None
    outcome: Outcome | None = None
    due_from: date | None = None
    due_to: date | None = None
    overdue: bool | None = None
    at_risk: bool | None = None


async def read_requests(
    reading: Reading, *, filtered: RequestFilter, order: RequestOrder, page: Page, want: Want
) -> Connection[RequestView]:
    """Return a page of the requests within this actor's scope; an organisation's filters speak of its projection.

    Raises Malformed for due days that are reversed, or that no calendar can show.
    """
    condition = _matching(reading, filtered) & await _due_within(reading, filtered)
    return await _page(reading, condition, _ordering(reading, order), page, want)


async def read_review_queue(reading: Reading, *, page: Page, want: Want) -> Connection[RequestView]:
    """Return a page of the requests that await this actor's decision, soonest due first."""
    clinical = reading.by.role is Role.CLINICAL_REVIEWER
    ordering = Ordering("reviewQueue", (_clinical_review_due() if clinical else _due(FAR_FUTURE), R.id))
    return await _page(reading, awaiting(reading), ordering, page, want)


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
    if not await may_be_told_counts(reading):
        return None
    counting = select(func.count()).select_from(R).where(condition, visible_requests(reading.by, reading.now))
    count: int = (await reading.rows(counting))[0][0]
    return count


async def may_be_told_counts(reading: Reading) -> bool:
    """Whether this actor may be told how many there are; an organisation not while it is below its smallest headcount.

    It is today's headcount that counts here, and today's agreement; an unknown one is below.
    """
    by = reading.by
    if not sees_projection(by):
        return True
    large_enough = (
        select(Organisation.id)
        .join(Agreement, and_(Agreement.organisation_id == Organisation.id, Agreement.is_current.is_(True)))
        .where(Organisation.id == by.organisation_id, Organisation.headcount >= Agreement.smallest_headcount)
    )
    return bool(await reading.rows(large_enough))


def _matching(reading: Reading, filtered: RequestFilter) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = true()
    if filtered.statuses is not None:
        statuses = set(filtered.statuses)
        if sees_projection(reading.by):
            statuses = {real for shown in statuses for real in statuses_behind(shown)}
        condition &= R.status.in_(statuses)
    if filtered.outcome is not None:
        condition &= R.status == RequestStatus(filtered.outcome.value)
    if filtered.overdue is not None:
        condition &= is_overdue(reading) if filtered.overdue else not_(is_overdue(reading))
    if filtered.at_risk is not None:
        condition &= is_at_risk(reading) if filtered.at_risk else not_(is_at_risk(reading))
    return condition


async def _due_within(reading: Reading, filtered: RequestFilter) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = true()
    if filtered.due_from is None and filtered.due_to is None:
        return condition
    path = ("filter", "dueTo")
    check_order(filtered.due_from, filtered.due_to, path, ("dueFrom", "dueTo"))
    zone = await _zone(reading)
    if filtered.due_from is not None:
        condition &= R.decision_due_at >= starts(filtered.due_from, zone, ("filter", "dueFrom"))
    if filtered.due_to is not None:
        condition &= R.decision_due_at < ends(filtered.due_to, zone, path)
    return condition


async def _zone(reading: Reading) -> ZoneInfo:
    """Return where due days are counted: an organisation's own zone for its own viewers, else the viewer's."""
    if not sees_projection(reading.by):
        return ZoneInfo(reading.by.time_zone)
    current = select(Agreement.time_zone).where(
        Agreement.organisation_id == reading.by.organisation_id, Agreement.is_current.is_(True)
    )
    return ZoneInfo((await reading.rows(current))[0].time_zone)


def is_overdue(reading: Reading) -> ColumnElement[bool]:
    """Match requests with something overdue that this actor may know of; exactly the due moment is in time."""
    return R.id.in_(_running_deadlines(reading).where(Deadline.due_at < reading.now))


def is_at_risk(reading: Reading) -> ColumnElement[bool]:
    """Match requests with something at risk that this actor may know of, and not overdue yet."""
    soon = _running_deadlines(reading).where(Deadline.at_risk_from <= reading.now, Deadline.due_at >= reading.now)
    return R.id.in_(soon)


def _running_deadlines(reading: Reading) -> Select[str]:
    running = select(Deadline.request_id).where(
        Deadline.met_at.is_(None), Deadline.cancelled_at.is_(None), Deadline.paused_at.is_(None)
    )
    known = [kind for kind in DeadlineKind if shows_deadline(reading.by, kind)]
    return running if len(known) == len(DeadlineKind) else running.where(Deadline.kind.in_(known))


def _ordering(reading: Reading, order: RequestOrder) -> Ordering:
    name = f"requests.{order.field.value}.{order.descending}"
    if order.field is RequestOrderField.DECISION_DUE:
        due = _due(FAR_PAST if order.descending else FAR_FUTURE)
        return Ordering(name, (due, R.id), descending=order.descending)
    received = R.released_on if sees_projection(reading.by) else R.submitted_at
    return Ordering(name, (received, R.id), descending=order.descending)


def awaiting(reading: Reading) -> ColumnElement[bool]:
    """Match the requests that await this actor's own decision."""
    match reading.by.role:
        case Role.ORG_REVIEWER:
            return R.status == RequestStatus.ORGANISATION_REVIEW
        case Role.PROVIDER_STAFF:
            delegated = select(Agreement.id).where(Agreement.delegation != Delegation.NONE)
            return and_(
                R.status == RequestStatus.ORGANISATION_REVIEW,
                or_(R.withheld.is_not(None), R.account_matches_client.is_(True), R.agreement_id.in_(delegated)),
            )
        case Role.CLINICAL_REVIEWER:
            return R.status == RequestStatus.CLINICAL_REVIEW
        case _:
            return false()
