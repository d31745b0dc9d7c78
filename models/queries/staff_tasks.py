"""Reads of what waits for the provider's staff; to everybody else no task is there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from models.queries.paging import Narrow, Ordering, connection, narrowed_to_page
from models.queries.reading import Reading
from models.queries.requests import requests_of
from models.queries.webhooks import load_webhooks
from models.rules.refusals import Forbidden
from models.rules.staff_work import DUE_WITH
from models.rules.vocabulary import DeadlineKind, Role, StaffTaskKind, StaffTaskState
from models.tables import Deadline, StaffTask
from models.views.connection import Connection
from models.views.task import StaffTaskView
from models.views.want import Page, Want

T = StaffTask
_OLDEST_FIRST = Ordering("staffTasks", (T.created_at, T.id))

Dues = dict[tuple[str, DeadlineKind, datetime | None], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffTaskFilter:
    """What is None is: any kind, and what is open."""

    kinds: tuple[StaffTaskKind, ...] | None = None
    states: tuple[StaffTaskState, ...] | None = None


async def read_staff_tasks(
    reading: Reading, *, filtered: StaffTaskFilter, page: Page, want: Want
) -> Connection[StaffTaskView]:
    """Return a page of the staff's tasks, oldest first. Raises Forbidden for every role but the provider's staff."""
    if not _may_ask(reading):
        raise Forbidden
    condition = _matching(filtered)
    limit = narrowed_to_page(reading, page, _OLDEST_FIRST)
    found = await _load(
        reading, want.of_nodes(), lambda statement: limit(statement.where(condition)), _OLDEST_FIRST.labelled()
    )
    total = None
    if "total_count" in want.names:
        total = (await reading.rows(select(func.count()).select_from(T).where(condition)))[0][0]
    return connection(reading, page=page, ordering=_OLDEST_FIRST, found=found, want=want, total_count=total)


async def load_staff_tasks(reading: Reading, ids: Collection[str], want: Want) -> dict[str, StaffTaskView]:
    """Return these tasks by id; none to whoever is not of the provider's staff."""
    if not _may_ask(reading):
        return {}
    return {view.id: view for _, view in await _load(reading, want, lambda statement: statement.where(T.id.in_(ids)))}


def _may_ask(reading: Reading) -> bool:
    return reading.by.role is Role.PROVIDER_STAFF


def _matching(filtered: StaffTaskFilter) -> ColumnElement[bool]:
    condition = T.state.in_((StaffTaskState.OPEN,) if filtered.states is None else filtered.states)
    return condition if filtered.kinds is None else condition & T.kind.in_(filtered.kinds)


async def _load(
    reading: Reading, want: Want, narrow: Narrow, extra: Sequence[ColumnElement[Any]] = ()
) -> list[tuple[Row[Any], StaffTaskView]]:
    columns = (T.id, T.kind, T.state, T.request_id, T.webhook_id, T.created_at, T.ended_at)
    rows = await reading.rows(narrow(select(*columns, *extra)))
    found = [(row, _view(row)) for row in rows]
    ids = {row.request_id for row in rows} - {None}
    if ids and "due_at" in want.names:
        dues = await _dues(reading, ids)
        for row, view in found:
            view.due_at = _due(row, dues)
    if ids and "request" in want.names:
        requests = await requests_of(reading, want.part("request"), ids)
        for row, view in found:
            view.request = requests.get(row.request_id)
    if "webhook" in want.names:
        await _load_webhooks(reading, want.part("webhook"), found)
    return found


async def _load_webhooks(reading: Reading, want: Want, found: list[tuple[Row[Any], StaffTaskView]]) -> None:
    webhooks = await load_webhooks(reading, {row.webhook_id for row, _ in found} - {None}, want)
    for row, view in found:
        view.webhook = webhooks.get(row.webhook_id)


def _view(row: Any) -> StaffTaskView:
    return StaffTaskView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        created_at=row.created_at,
        ended_at=row.ended_at,
        due_at=None,
        request=None,
        webhook=None,
    )


async def _dues(reading: Reading, request_ids: Collection[str]) -> Dues:
    """Return when each deadline is due, by request, kind and the moment of its end: None while it runs."""
    columns = (Deadline.request_id, Deadline.kind, Deadline.met_at, Deadline.cancelled_at, Deadline.due_at)
    rows = await reading.rows(select(*columns).where(Deadline.request_id.in_(request_ids)))
    return {(row.request_id, row.kind, row.met_at or row.cancelled_at): row.due_at for row in rows}


def _due(task: Any, dues: Dues) -> datetime | None:
    """A task and its deadline end in one moment; so of two questions each task finds its own."""
    kind = DUE_WITH.get(task.kind)
    return None if kind is None else dues.get((task.request_id, kind, task.ended_at))
