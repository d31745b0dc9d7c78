"""Reads of cases: the columns asked for, then each part once for all of them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, select

from models.queries import requests as request_queries
from models.queries.agreements import load_current_terms
from models.queries.case_lists import load_appointment_pages, load_open_requests, load_request_pages
from models.queries.clients import SEALED_FIELDS, load_clients, masked_client, may_identify
from models.queries.people import load_organisations, load_practices
from models.queries.reading import Reading
from models.queries.tallies import load_tallies
from models.rules import lifecycle
from models.rules.access import reaches_cases
from models.rules.confidentiality import Sensitivity
from models.rules.vocabulary import CaseStatus, Role
from models.scope import named, visible_cases
from models.tables import AssistCase
from models.views.case import BookingHold, CaseAction, CaseActionName, CaseView, ExtraSessionsForm
from models.views.want import Want

_COLUMNS: dict[str, tuple[str, ...]] = {
    "number": ("number",),
    "status": ("status",),
    "client": ("client_id",),
    "organisation": ("organisation_id",),
    "practice": ("practice_id",),
    "sessions": ("entitled_sessions",),
    "booking_hold": ("entitled_sessions",),
    "extra_sessions_form": ("entitled_sessions", "organisation_id"),
    "available_actions": ("status",),
}


async def load_cases(reading: Reading, ids: Collection[str], want: Want) -> dict[str, CaseView]:
    """Return cases that a visible parent leads to; the caller has checked the scope."""
    return await _cases(reading, AssistCase.id.in_(ids), want) if ids else {}


async def find_cases(reading: Reading, condition: ColumnElement[bool], want: Want) -> dict[str, CaseView]:
    """Return the cases within this actor's scope that the condition names."""
    if not reaches_cases(reading.by):
        return {}
    return await _cases(reading, condition & visible_cases(reading.by), want)


async def case_by_id(reading: Reading, case_id: str, want: Want) -> CaseView | None:
    return (await find_cases(reading, named(AssistCase.id, case_id), want)).get(case_id)


async def case_by_number(reading: Reading, number: str, want: Want) -> CaseView | None:
    found = await find_cases(reading, named(AssistCase.number, number), want)
    return next(iter(found.values()), None)


async def _cases(reading: Reading, condition: ColumnElement[bool], want: Want) -> dict[str, CaseView]:
    keys = {"id"}.union(*(_COLUMNS.get(name, ()) for name in want.names))
    rows = await reading.rows(select(*(getattr(AssistCase, key) for key in sorted(keys))).where(condition))
    views = {row.id: CaseView(id=row.id) for row in rows}
    for row in rows:
        view = views[row.id]
        if "number" in want.names:
            view.number = row.number
        if "status" in want.names:
            view.status = row.status
    if rows:
        await _load_people(reading, want, rows, views)
        await _load_sessions(reading, want, rows, views)
        await _load_lists(reading, want, rows, views)
    return views


async def _load_people(reading: Reading, want: Want, rows: Any, views: dict[str, CaseView]) -> None:
    if "organisation" in want.names:
        found = await load_organisations(reading, {row.organisation_id for row in rows}, want.part("organisation"))
        for row in rows:
            views[row.id].organisation = found[row.organisation_id]
    if "practice" in want.names:
        practices = await load_practices(reading, {row.practice_id for row in rows}, want.part("practice"))
        for row in rows:
            views[row.id].practice = practices[row.practice_id]
    if "client" in want.names:
        await _load_clients(reading, want.part("client"), rows, views)


async def _load_clients(reading: Reading, want: Want, rows: Any, views: dict[str, CaseView]) -> None:
    if not may_identify(reading):
        masked = masked_client(reading)
        for row in rows:
            views[row.id].client = masked
        return
    ids = {row.client_id for row in rows}
    if want.any_of("cases", *SEALED_FIELDS):
        reading.note(Sensitivity.IDENTIFYING, views)
    clients = await load_clients(reading, ids, want)
    for row in rows:
        views[row.id].client = clients[row.client_id]
    if "cases" in want.names:
        await _load_clients_cases(reading, want.part("cases"), ids, clients)


async def _load_clients_cases(reading: Reading, want: Want, ids: Collection[str], clients: dict[str, Any]) -> None:
    """All of a client's cases that stand within this actor's own scope, oldest number first."""
    owners = select(AssistCase.id, AssistCase.client_id).where(AssistCase.client_id.in_(ids), visible_cases(reading.by))
    owned = await reading.rows(owners.order_by(AssistCase.number))
    reading.note(Sensitivity.IDENTIFYING, (row.id for row in owned))
    cases = await load_cases(reading, [row.id for row in owned], want)
    for client in clients.values():
        client.cases = []
    for row in owned:
        clients[row.client_id].cases.append(cases[row.id])


async def _load_sessions(reading: Reading, want: Want, rows: Any, views: dict[str, CaseView]) -> None:
    if want.any_of("booking_hold", "available_actions", "open_request"):
        await _load_open(reading, want, rows, views)
    if not want.any_of("sessions", "booking_hold", "extra_sessions_form"):
        return
    tallies = await load_tallies(reading.source, {row.id: row.entitled_sessions for row in rows})
    for row in rows:
        views[row.id].sessions = tallies[row.id]
        if "booking_hold" in want.names:
            hold = views[row.id].booking_hold
            views[row.id].booking_hold = BookingHold(
                hold.active, tallies[row.id].remaining, hold.reason, hold.enquiry_allowed_after
            )
    if "extra_sessions_form" in want.names:
        terms = await load_current_terms(reading.source, {row.organisation_id for row in rows})
        for row in rows:
            views[row.id].form = ExtraSessionsForm(
                maximum_sessions=terms[row.organisation_id].maximum_sessions,
                entitled_sessions=row.entitled_sessions,
                date_of_request=reading.local_day(reading.now),
                tally=tallies[row.id],
                clinical_review_threshold=terms[row.organisation_id].clinical_review_threshold,
            )


async def _load_open(reading: Reading, want: Want, rows: Any, views: dict[str, CaseView]) -> None:
    """The one open request of each case decides the hold, the actions and ``openRequest``."""
    open_requests = await load_open_requests(reading, views)
    for row in rows:
        held = open_requests.get(row.id)
        if "booking_hold" in want.names:
            views[row.id].booking_hold = _hold(held)
        if "available_actions" in want.names:
            views[row.id].available_actions = _actions(reading, row.status, has_open=held is not None)
    if "open_request" in want.names:
        ids = [found.id for found in open_requests.values()]
        by_id = await request_queries.requests_of(reading, want.part("open_request"), ids)
        for identifier, view in views.items():
            found = open_requests.get(identifier)
            view.open_request = by_id.get(found.id) if found else None


def _hold(held: Any) -> BookingHold:
    """Without the sessions, which the tally adds."""
    if held is None or held.status not in lifecycle.HELD:
        return BookingHold(active=False, bookable_sessions=0, reason=None, enquiry_allowed_after=None)
    reason = "A request for extra sessions awaits its outcome: book or suggest nothing beyond the remaining sessions."
    return BookingHold(active=True, bookable_sessions=0, reason=reason, enquiry_allowed_after=held.decision_due_at)


def _actions(reading: Reading, status: CaseStatus, *, has_open: bool) -> list[CaseAction]:
    if reading.by.role in lifecycle.CASE_CLOSERS:
        closed = "This case is closed already." if status is CaseStatus.CLOSED else None
        return [CaseAction(CaseActionName.CLOSE_CASE, closed is None, closed)]
    if reading.by.role is not Role.CONSULTANT:
        return []
    reason = None
    if status is CaseStatus.CLOSED:
        reason = "This case is closed; a closed case takes no requests."
    elif has_open:
        reason = "This case already has an open request."
    return [CaseAction(CaseActionName.REQUEST_EXTRA_SESSIONS, reason is None, reason)]


async def _load_lists(reading: Reading, want: Want, rows: Any, views: dict[str, CaseView]) -> None:
    ids = [row.id for row in rows]
    if "appointments" in want.pages:
        pages = {
            page: await load_appointment_pages(reading, ids, page, part)
            for page, part in want.pages["appointments"].items()
        }
        for identifier, view in views.items():
            view.appointment_pages = {page: found[identifier] for page, found in pages.items()}
    if "requests" in want.pages:
        request_pages = {
            page: await load_request_pages(reading, ids, page, part) for page, part in want.pages["requests"].items()
        }
        for identifier, view in views.items():
            view.request_pages = {page: found[identifier] for page, found in request_pages.items()}
