"""Reads of what the field publishes, for the provider alone: a few columns of each request, counted by pure rules."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from models.queries.agreements import Terms, load_terms
from models.queries.days import check_order
from models.queries.people import load_organisations
from models.queries.reading import Reading
from models.rules import business_days, lifecycle
from models.rules.refusals import Forbidden
from models.rules.statistics import Counted, Figures, Group, Period, PeriodLength, figures_by_group
from models.rules.vocabulary import RequestStatus, Role
from models.scope import named
from models.tables import ExtraSessionsRequest
from models.views.people import OrganisationView
from models.views.statistics import RequestStatistics, StatisticsRow
from models.views.want import asking

R = ExtraSessionsRequest

_TOLD = frozenset({Role.PROVIDER_STAFF, Role.SYSTEM})
_AWAITED = (RequestStatus.ORGANISATION_REVIEW, RequestStatus.INFORMATION_REQUESTED)
_DECIDED = (RequestStatus.APPROVED, RequestStatus.DECLINED)
_CALENDAR = func.coalesce(R.calendar_agreement_id, R.agreement_id).label("calendar_id")
"""The revision of the agreement whose calendar the request's deadlines count by."""
_COLUMNS: tuple[Any, ...] = (
    *(R.organisation_id, R.status, R.review_from, R.decided_on, R.decided_at, R.decision_due_at),
    _CALENDAR,
)


async def read_request_statistics(
    reading: Reading, *, within: Period, length: PeriodLength, organisation_id: str | None = None
) -> RequestStatistics:
    """Return the figures by organisation, in the order of their names, and period; those with nothing to count are not.

    The days are the organisation's own: of the decision, or of the due moment of what still awaits it. Raises Forbidden
    for every role but the provider's staff, Malformed for days that are reversed.
    """
    if reading.by.role not in _TOLD:
        raise Forbidden
    check_order(within.first, within.last, ("to",), ("from", "to"))
    rows = await reading.rows(_selected(within, organisation_id))
    terms = await load_terms(reading.source, {row.calendar_id for row in rows})
    figures = figures_by_group((_counted(row, terms[row.calendar_id], reading.now) for row in rows), length, within)
    ids = {group.organisation_id for group in figures}
    organisations = await load_organisations(reading, ids, asking("id", "name"))
    found = [_row(organisations[group.organisation_id], group, each) for group, each in figures.items()]
    found.sort(key=lambda row: (row.organisation.name, row.organisation.id, row.period_from))
    return RequestStatistics(found)


def _selected(within: Period, organisation_id: str | None) -> Select[Any]:
    decided = and_(R.status.in_(_DECIDED), R.decided_on >= within.first, R.decided_on <= within.last)
    awaited = and_(R.status.in_(_AWAITED), _due_about(within))
    statement = select(*_COLUMNS).where(or_(decided, awaited))
    return statement if organisation_id is None else statement.where(named(R.organisation_id, organisation_id))


def _due_about(within: Period) -> ColumnElement[bool]:
    """Narrow to what is due on these days or next to them; on whose day exactly, each one's own zone says later."""
    condition: ColumnElement[bool] = true()
    if within.first > date.min + timedelta(days=1):
        condition &= R.decision_due_at >= datetime.combine(within.first - timedelta(days=1), time(), UTC)
    if within.last < date.max - timedelta(days=2):
        condition &= R.decision_due_at < datetime.combine(within.last + timedelta(days=2), time(), UTC)
    return condition


def _counted(row: Any, terms: Terms, now: datetime) -> Counted:
    calendar = terms.calendar
    outcome = lifecycle.outcome_of(row.status)
    if outcome is None:
        overdue = row.status is RequestStatus.ORGANISATION_REVIEW and not business_days.in_time(
            now, row.decision_due_at
        )
        day = calendar.local_day(row.decision_due_at)
        return Counted(organisation_id=row.organisation_id, day=day, outcome=None, is_late=True if overdue else None)
    if row.review_from is None:
        return Counted(organisation_id=row.organisation_id, day=row.decided_on, outcome=outcome)
    return Counted(
        organisation_id=row.organisation_id,
        day=row.decided_on,
        outcome=outcome,
        business_days=calendar.business_days_between(row.review_from, row.decided_on),
        is_late=not business_days.in_time(row.decided_at, row.decision_due_at),
    )


def _row(organisation: OrganisationView, group: Group, figures: Figures) -> StatisticsRow:
    return StatisticsRow(
        organisation=organisation,
        period_from=group.period.first,
        period_to=group.period.last,
        approved=figures.approved,
        declined=figures.declined,
        decided=figures.decided,
        open=figures.open,
        median_business_days=figures.median_days,
        mean_business_days=figures.mean_days,
        late_share=figures.late_share,
    )
