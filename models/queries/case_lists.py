"""Reads of what hangs on a case: its appointments and requests, a page of each for any number of cases at once."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from models.queries import appointments as appointment_queries
from models.queries import requests as request_queries
from models.queries.paging import Ordering, connection, narrowed_to_pages
from models.queries.reading import Reading
from models.rules.lifecycle import OPEN
from models.scope import visible_requests
from models.tables import Appointment, ExtraSessionsRequest
from models.views.case import AppointmentView
from models.views.connection import Connection
from models.views.request import RequestView
from models.views.want import Page, Want

R = ExtraSessionsRequest
_NEWEST_FIRST = Ordering("case.requests", (R.submitted_at, R.id), descending=True)
_IN_ORDER = Ordering("case.appointments", (Appointment.starts_at, Appointment.id))


async def load_open_requests(reading: Reading, case_ids: Collection[str]) -> dict[str, Any]:
    """Return each case's open request as (id, status, decision_due_at); whoever may see the case may know of it."""
    statement = select(R.id, R.case_id, R.status, R.decision_due_at).where(R.case_id.in_(case_ids), R.status.in_(OPEN))
    return {row.case_id: row for row in await reading.rows(statement)}


async def load_appointment_pages(
    reading: Reading, case_ids: Collection[str], page: Page, want: Want
) -> dict[str, Connection[AppointmentView]]:
    condition = Appointment.case_id.in_(case_ids)
    narrow = narrowed_to_pages(reading, page, _IN_ORDER, Appointment.case_id, condition)
    extra = (*_IN_ORDER.labelled(), Appointment.case_id.label("parent_id"))
    found = await appointment_queries.load_appointments(reading, want.of_nodes(), narrow, extra)
    counts: dict[str, int] = {}
    if "total_count" in want.names:
        counting = select(Appointment.case_id, func.count().label("number")).where(condition)
        counts = {row.case_id: row.number for row in await reading.rows(counting.group_by(Appointment.case_id))}
    return {
        case: connection(
            reading,
            page=page,
            ordering=_IN_ORDER,
            found=[pair for pair in found if pair[0].parent_id == case],
            want=want,
            total_count=counts.get(case, 0),
        )
        for case in case_ids
    }


async def load_request_pages(
    reading: Reading, case_ids: Collection[str], page: Page, want: Want
) -> dict[str, Connection[RequestView]]:
    condition = R.case_id.in_(case_ids) & visible_requests(reading.by, reading.now)
    narrow = narrowed_to_pages(reading, page, _NEWEST_FIRST, R.case_id, condition)
    extra = (*_NEWEST_FIRST.labelled(), R.case_id.label("parent_id"))
    found = await request_queries.load_requests(reading, want.of_nodes(), narrow, extra)
    counts: dict[str, int] = {}
    if "total_count" in want.names:
        counting = select(R.case_id, func.count().label("number")).where(condition).group_by(R.case_id)
        counts = {row.case_id: row.number for row in await reading.rows(counting)}
    return {
        case: connection(
            reading,
            page=page,
            ordering=_NEWEST_FIRST,
            found=[pair for pair in found if pair[0].parent_id == case],
            want=want,
            total_count=counts.get(case, 0),
        )
        for case in case_ids
    }
