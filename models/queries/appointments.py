"""Reads of appointments: the calendar, one appointment, and those of a case."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, and_, func, select

from models.queries import cases as case_queries
from models.queries.paging import Narrow, Ordering, connection, narrowed_to_page
from models.queries.people import load_consultants
from models.queries.reading import Reading
from models.rules.access import Scope, reaches_cases, scope_of
from models.rules.refusals import Forbidden, Malformed
from models.rules.vocabulary import Role
from models.scope import named, visible_appointments
from models.tables import Appointment
from models.views.case import AppointmentView
from models.views.connection import Connection
from models.views.want import Page, Want, asking, merged

MOST_DAYS = 62

_COLUMNS: dict[str, tuple[str, ...]] = {
    "starts_at": ("starts_at",),
    "ends_at": ("ends_at",),
    "status": ("status",),
    "client": ("case_id",),
    "case": ("case_id",),
    "consultant": ("consultant_id",),
}
_BY_START = Ordering("calendar", (Appointment.starts_at, Appointment.id))


async def load_appointments(
    reading: Reading, want: Want, narrow: Narrow, extra: Iterable[ColumnElement[Any]] = ()
) -> list[tuple[Row[Any], AppointmentView]]:
    """Return the appointments within this actor's scope that ``narrow`` leaves."""
    if not reaches_cases(reading.by):
        return []
    keys = {"id"}.union(*(_COLUMNS.get(name, ()) for name in want.names))
    statement = select(*(getattr(Appointment, key) for key in sorted(keys)), *extra)
    rows = await reading.rows(narrow(statement.where(visible_appointments(reading.by))))
    views = [AppointmentView(id=row.id) for row in rows]
    for row, view in zip(rows, views, strict=True):
        for name in want.names & {"starts_at", "ends_at", "status"}:
            setattr(view, name, getattr(row, name))
    found = list(zip(rows, views, strict=True))
    if found:
        await _load_parts(reading, want, found)
    return found


async def appointment_of(reading: Reading, appointment_id: str, want: Want) -> AppointmentView | None:
    """Return one appointment within this actor's scope, or None."""
    found = await load_appointments(
        reading, want, lambda statement: statement.where(named(Appointment.id, appointment_id))
    )
    return found[0][1] if found else None


async def read_calendar(
    reading: Reading, *, days: tuple[date, date], consultant_id: str | None, page: Page, want: Want
) -> Connection[AppointmentView]:
    """Return the appointments on whole days in the actor's own zone, both included, in order.

    Raises Forbidden for roles without a calendar, Malformed for a range that is reversed or beyond 62 days.
    """
    by = reading.by
    if scope_of(by) not in {Scope.OWN_CASES, Scope.PRACTICE, Scope.EVERYTHING}:
        raise Forbidden
    starts, ends = _moments(days, by.time_zone)
    condition = and_(Appointment.starts_at >= starts, Appointment.starts_at < ends)
    if by.role is Role.CONSULTANT:
        condition &= Appointment.consultant_id == by.consultant_id
    if consultant_id is not None:
        condition &= named(Appointment.consultant_id, consultant_id)
    limit = narrowed_to_page(reading, page, _BY_START)
    found = await load_appointments(
        reading, want.of_nodes(), lambda statement: limit(statement.where(condition)), _BY_START.labelled()
    )
    total = None
    if "total_count" in want.names:
        counting = select(func.count()).select_from(Appointment).where(condition, visible_appointments(by))
        total = (await reading.rows(counting))[0][0]
    return connection(reading, page=page, ordering=_BY_START, found=found, want=want, total_count=total)


def _moments(days: tuple[date, date], time_zone: str) -> tuple[datetime, datetime]:
    first, last = days
    if not 0 <= (last - first).days < MOST_DAYS:
        msg = f"`to` must be `from` or later, {MOST_DAYS} days at most, both included."
        raise Malformed(msg, ("to",))
    try:
        zone = ZoneInfo(time_zone)
        midnights = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
        starts, ends = (midnight.astimezone(UTC) for midnight in midnights)
    except OverflowError:
        msg = "`from` and `to` must be days that a calendar can show."
        raise Malformed(msg, ("to",)) from None
    return starts, ends


async def _load_parts(reading: Reading, want: Want, found: list[tuple[Any, AppointmentView]]) -> None:
    if want.any_of("case", "client"):
        wanted = want.part("case")
        if "client" in want.names:
            wanted = merged(wanted, asking(client=want.part("client")))
        cases = await case_queries.load_cases(reading, {row.case_id for row, _ in found}, wanted)
        for row, view in found:
            view.case = cases[row.case_id]
            if "client" in want.names:
                view.client = view.case.client
    if "consultant" in want.names:
        consultants = await load_consultants(reading, {row.consultant_id for row, _ in found}, want.part("consultant"))
        for row, view in found:
            view.consultant = consultants[row.consultant_id]
