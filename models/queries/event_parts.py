"""Loads what events hang on: their requests, cases and appointments, each as this actor may see it today."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from models.queries.appointments import load_appointments
from models.queries.cases import find_cases
from models.queries.reading import Reading
from models.queries.requests import requests_of
from models.rules.access import reaches_cases
from models.tables import Appointment, AssistCase, ExtraSessionsRequest
from models.views.event import EventView
from models.views.want import Want

_YOUNGER: Final = timedelta(minutes=1)
"""A reading's moment is taken before its snapshot, which waits its turn for a connection: a release in between is told
of, and what was released must be shown with it. Nobody waits for longer than half of this."""

Found = Sequence[tuple[Any, EventView]]


async def load_parts(reading: Reading, want: Want, found: Found) -> None:
    """Load each part that is asked for once for all of them; None where there is none, or none that they may see."""
    for _, view in found:
        view.request = view.case = view.appointment = None
    if "request" in want.names:
        await _load_requests(reading, want.part("request"), found)
    if reaches_cases(reading.by):
        if "case" in want.names:
            await _load_cases(reading, want.part("case"), found)
        if "appointment" in want.names:
            await _load_appointments(reading, want.part("appointment"), found)


async def _load_requests(reading: Reading, want: Want, found: Found) -> None:
    ids = {row.request_id for row, _ in found} - {None}
    requests = await requests_of(reading, want, ids, younger=_YOUNGER)
    for row, view in found:
        view.request = requests.get(row.request_id)


async def _load_cases(reading: Reading, want: Want, found: Found) -> None:
    """A request's event is its case's too."""
    of_requests = await _cases_of(reading, {row.request_id for row, _ in found} - {None})
    case_ids = {view: row.case_id or of_requests.get(row.request_id) for row, view in found}
    cases = await find_cases(reading, AssistCase.id.in_(set(case_ids.values()) - {None}), want)
    for view, case_id in case_ids.items():
        view.case = cases.get(case_id) if case_id else None


async def _cases_of(reading: Reading, request_ids: Collection[str]) -> dict[str, str]:
    if not request_ids:
        return {}
    statement = select(ExtraSessionsRequest.id, ExtraSessionsRequest.case_id)
    rows = await reading.rows(statement.where(ExtraSessionsRequest.id.in_(request_ids)))
    return {row.id: row.case_id for row in rows}


async def _load_appointments(reading: Reading, want: Want, found: Found) -> None:
    ids = {row.appointment_id for row, _ in found} - {None}
    if not ids:
        return
    loaded = await load_appointments(reading, want, lambda statement: statement.where(Appointment.id.in_(ids)))
    by_id = {view.id: view for _, view in loaded}
    for row, view in found:
        view.appointment = by_id.get(row.appointment_id)
