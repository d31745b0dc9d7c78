"""Reads what a webhook is owed next, as its account may see it at this moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from models.actor import Actor
from models.database import Database
from models.event_cursor import Position, cursor_of
from models.event_log import head_of
from models.queries.accounts import actor_of
from models.queries.events import EventFilter, events_after
from models.queries.reading import Reading, Source
from models.rules.vocabulary import EventType, Role
from models.rules.webhooks import WebhookState
from models.tables import WebhookEndpoint
from models.views.event import EventView
from models.views.want import Want
from models.webhooks import Target, message_id, open_target

W = WebhookEndpoint
_WEBHOOK: Final = select(W.account_id, W.sealed, W.types, W.position_seq, W.position_at).where(
    W.state == WebhookState.ENABLED
)


@dataclass(frozen=True, slots=True)
class OwedEvent:
    view: EventView
    position: Position
    cursor: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Owed:
    """A webhook with the events that follow its place."""

    target: Target
    start: Position
    account: Actor | None
    """None where it is disabled, or no machine's any more: then nothing is owed."""
    events: list[OwedEvent]
    end: Position | None
    """Where it stands once they are all sent; None where more follows."""


async def read_owed(webhook_id: str, want: Want, *, database: Database, at: datetime, most: int) -> Owed | None:
    """Return at most so many events in their order, all of one snapshot; None for a webhook that is not enabled."""
    async with database.snapshot() as source:
        row = (await source.execute(_WEBHOOK.where(W.id == webhook_id))).one_or_none()
        if row is None:
            return None
        target = open_target(database.vault, webhook_id, row.sealed)
        start = Position(row.position_seq, row.position_at)
        account = await _machine(source, row.account_id)
        if account is None:
            return Owed(target, start, None, [], None)
        head = await head_of(source)
        filtered = EventFilter(types=None if row.types is None else tuple(map(EventType, row.types)))
        reading = Reading(source, database.vault, database.keys, account, at)
        found = await events_after(reading, start, filtered=filtered, want=want, most=most, until=head)
        end = Position(head, at) if found.is_whole else None
    events = [
        OwedEvent(
            view=view,
            position=position,
            cursor=cursor_of(database.vault, account, position, steady=True),
            message_id=message_id(database.vault, webhook_id, position),
        )
        for view, position in zip(found.events, found.positions, strict=True)
    ]
    return Owed(target, start, account, events, end)


async def _machine(source: Source, account_id: str) -> Actor | None:
    """An account's role can change by an import; what a person may see is never sent."""
    account = await actor_of(source, account_id)
    return account if account is not None and account.role is Role.INTEGRATOR else None
