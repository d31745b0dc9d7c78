"""Reads of who looked: the provider's staff ask whose data an account opened, or who opened a case's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, true

from models.access_log import PRODUCT
from models.actor import OPERATOR, SYSTEM
from models.queries.cases import load_cases
from models.queries.paging import Ordering, connection, narrowed_to_page
from models.queries.reading import Reading
from models.rules.confidentiality import Sensitivity
from models.rules.refusals import Forbidden, Malformed
from models.rules.vocabulary import Role
from models.scope import named
from models.tables import AccessEvent, Account, AssistCase
from models.views.access import AccessEventView, LookingAccount
from models.views.connection import Connection
from models.views.want import Page, Want

E = AccessEvent
_NEWEST_FIRST = Ordering("accessEvents", (E.hour, E.seq), descending=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEventFilter:
    """What is None does not narrow. The days are whole, in the asking account's own zone, and both included."""

    case_id: str | None = None
    case_number: str | None = None
    account_id: str | None = None
    kind: Sensitivity | None = None
    first_day: date | None = None
    last_day: date | None = None


async def read_access_events(
    reading: Reading, *, filtered: AccessEventFilter, page: Page, want: Want
) -> Connection[AccessEventView]:
    """Return a page of the record, newest hour first.

    Raises Forbidden for every role but the provider's staff, Malformed for days that no calendar can show.
    """
    if reading.by.role is not Role.PROVIDER_STAFF:
        raise Forbidden
    condition = _matching(filtered, ZoneInfo(reading.by.time_zone))
    limit = narrowed_to_page(reading, page, _NEWEST_FIRST)
    columns = (E.account_id, E.case_id, E.kind, E.hour, *_NEWEST_FIRST.labelled())
    rows = await reading.rows(limit(select(*columns).where(condition)))
    found = [(row, AccessEventView(kind=row.kind, hour=row.hour)) for row in rows]
    await _load_parts(reading, want.of_nodes(), found)
    total = None
    if "total_count" in want.names:
        total = (await reading.rows(select(func.count()).select_from(E).where(condition)))[0][0]
    return connection(reading, page=page, ordering=_NEWEST_FIRST, found=found, want=want, total_count=total)


def _matching(filtered: AccessEventFilter, zone: ZoneInfo) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = true()
    if filtered.case_id is not None:
        condition &= named(E.case_id, filtered.case_id)
    if filtered.case_number is not None:
        condition &= E.case_id.in_(select(AssistCase.id).where(named(AssistCase.number, filtered.case_number)))
    if filtered.account_id is not None:
        condition &= named(E.account_id, filtered.account_id)
    if filtered.kind is not None:
        condition &= E.kind == filtered.kind
    return condition & _on_days(filtered.first_day, filtered.last_day, zone)


def _on_days(first: date | None, last: date | None, zone: ZoneInfo) -> ColumnElement[bool]:
    """Match each hour of which any part lies in these days: half an hour off UTC, one may begin the day before."""
    if first is not None and last is not None and last < first:
        msg = "`to` must be `from` or later."
        raise Malformed(msg, ("filter", "to"))
    condition: ColumnElement[bool] = true()
    try:
        if first is not None:
            condition &= E.hour > _midnight(first, zone) - timedelta(hours=1)
        if last is not None:
            condition &= E.hour < _midnight(last + timedelta(days=1), zone)
    except OverflowError:
        msg = "`from` and `to` must be days that a calendar can show."
        raise Malformed(msg, ("filter",)) from None
    return condition


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


async def _load_parts(reading: Reading, want: Want, found: list[tuple[Any, AccessEventView]]) -> None:
    if "account" in want.names:
        accounts = await _accounts(reading, {row.account_id for row, _ in found})
        for row, view in found:
            view.account = accounts.get(row.account_id) or LookingAccount(row.account_id, row.account_id, None)
    if "case" in want.names:
        cases = await load_cases(reading, {row.case_id for row, _ in found}, want.part("case"))
        for row, view in found:
            view.case = cases.get(row.case_id)


async def _accounts(reading: Reading, ids: Collection[str]) -> dict[str, LookingAccount]:
    rows = await reading.rows(select(Account.id, Account.name, Account.role).where(Account.id.in_(ids))) if ids else ()
    accounts = {row.id: LookingAccount(row.id, row.name, row.role) for row in rows}
    by_itself = {PRODUCT: SYSTEM.name, str(OPERATOR.account_id): OPERATOR.name}
    return {**accounts, **{key: LookingAccount(key, name, None) for key, name in by_itself.items()}}
