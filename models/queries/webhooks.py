"""Reads of webhooks for the provider's staff; to everybody else none is there."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from models.actor import Actor
from models.event_cursor import Position, cursor_of
from models.queries.paging import Narrow, Ordering, connection, narrowed_to_page
from models.queries.people import load_organisations, load_practices
from models.queries.reading import Reading
from models.rules.refusals import Forbidden
from models.rules.vocabulary import EventType, Role
from models.tables import Account, Event, WebhookEndpoint
from models.views.connection import Connection
from models.views.want import Page, Want
from models.views.webhook import WebhookAccountView, WebhookView
from models.webhooks import open_target

W = WebhookEndpoint
_OLDEST_FIRST = Ordering("webhooks", (W.created_at, W.id))
_WAITING_SINCE = select(Event.occurred_at).where(Event.seq == func.coalesce(W.position_seq, 0) + 1).scalar_subquery()
"""The log has no gaps: what comes next has the next number."""
_COLUMNS: tuple[Any, ...] = (
    *(W.id, W.account_id, W.sealed, W.types, W.state, W.position_seq, W.position_at),
    *(W.failing_since, W.last_failure, W.created_at, _WAITING_SINCE.label("waiting_since")),
)
_ACCOUNT = (
    *(Account.id, Account.external_id, Account.name, Account.role, Account.disabled_at),
    *(Account.organisation_id, Account.practice_id, Account.consultant_id),
)


async def read_webhooks(reading: Reading, *, page: Page, want: Want) -> Connection[WebhookView]:
    """Return a page of all webhooks, oldest first. Raises Forbidden for every role but the provider's staff."""
    if not _may_ask(reading):
        raise Forbidden
    limit = narrowed_to_page(reading, page, _OLDEST_FIRST)
    found = await _load(reading, want.of_nodes(), limit, _OLDEST_FIRST.labelled())
    total = None
    if "total_count" in want.names:
        total = (await reading.rows(select(func.count()).select_from(W)))[0][0]
    return connection(reading, page=page, ordering=_OLDEST_FIRST, found=found, want=want, total_count=total)


async def load_webhooks(reading: Reading, ids: Collection[str], want: Want) -> dict[str, WebhookView]:
    """Return these webhooks by id; none to whoever is not of the provider's staff."""
    if not ids or not _may_ask(reading):
        return {}
    return {view.id: view for _, view in await _load(reading, want, lambda statement: statement.where(W.id.in_(ids)))}


def _may_ask(reading: Reading) -> bool:
    return reading.by.role is Role.PROVIDER_STAFF


async def _load(
    reading: Reading, want: Want, narrow: Narrow, extra: Sequence[ColumnElement[Any]] = ()
) -> list[tuple[Row[Any], WebhookView]]:
    rows = await reading.rows(narrow(select(*_COLUMNS, *extra)))
    found = [(row, _view(row)) for row in rows]
    if "url" in want.names:
        for row, view in found:
            view.url = open_target(reading.vault, row.id, row.sealed).url
    if want.any_of("account", "position"):
        await _load_accounts(reading, want, found)
    return found


def _view(row: Any) -> WebhookView:
    return WebhookView(
        id=row.id,
        types=None if row.types is None else [EventType(each) for each in row.types],
        state=row.state,
        failing_since=row.failing_since,
        last_failure=row.last_failure,
        sent_up_to=row.position_at,
        waiting_since=row.waiting_since and max(row.waiting_since, row.position_at),
        created_at=row.created_at,
    )


async def _load_accounts(reading: Reading, want: Want, found: list[tuple[Row[Any], WebhookView]]) -> None:
    """A position is told as the account's own cursor: what it would resume a stream with."""
    ids = {row.account_id for row, _ in found}
    accounts = {each.id: each for each in await reading.rows(select(*_ACCOUNT).where(Account.id.in_(ids)))}
    part = want.part("account")
    organisations = await load_organisations(reading, _named(accounts, "organisation_id"), part.part("organisation"))
    practices = await load_practices(reading, _named(accounts, "practice_id"), part.part("practice"))
    for row, view in found:
        account = accounts[row.account_id]
        position = Position(row.position_seq, row.position_at)
        view.position = cursor_of(reading.vault, _actor(account), position)
        view.account = WebhookAccountView(
            id=account.id,
            sign_in_name=account.external_id,
            name=account.name,
            enabled=account.disabled_at is None,
            organisation=organisations.get(account.organisation_id),
            practice=practices.get(account.practice_id),
        )


def _named(accounts: dict[str, Any], column: str) -> set[str]:
    return {getattr(each, column) for each in accounts.values()} - {None}


async def account_behind(reading: Reading, account_id: str) -> Actor:
    """Return who a webhook's account is, enabled or not: for cursors, which are tied to a scope."""
    (account,) = await reading.rows(select(*_ACCOUNT).where(Account.id == account_id))
    return _actor(account)


def _actor(account: Any) -> Actor:
    return Actor(
        account_id=account.id,
        name=account.name,
        role=account.role,
        organisation_id=account.organisation_id,
        practice_id=account.practice_id,
        consultant_id=account.consultant_id,
    )
