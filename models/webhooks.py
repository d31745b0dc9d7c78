"""What every act on a webhook needs: its lock, its sealed part, and the one job that sends its events."""

import base64
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import tables
from models.event_cursor import Position
from models.outbox import Job, announce, enqueue
from models.rules.refusals import NotFound
from models.rules.webhooks import OVERLAP, SECRET_BYTES
from models.scope import named
from models.sealing import Vault
from models.tables import WebhookEndpoint
from models.tables.job import JobState

SENDING: Final = "deliver_webhooks"
"""The actor of the job that sends; its one argument is the webhook's id."""
_PREFIX: Final = "whsec_"
_AFTER_ALL_ELSE: Final = 2
_MOST_ATTEMPTS: Final = 50
"""A failed sending is no failed attempt: these are a killed worker's, and our own faults'."""


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """Where to, and signed by what: the sealed part of an endpoint."""

    url: str
    secret: bytes
    previous: bytes | None = None
    previous_until: datetime | None = None

    def secrets(self, at: datetime) -> tuple[bytes, ...]:
        """Return what signs at this moment, the newest first."""
        if self.previous is None or self.previous_until is None or at >= self.previous_until:
            return (self.secret,)
        return self.secret, self.previous

    def rotated(self, at: datetime) -> "Target":
        """Return the same with a new secret; the old one signs beside it for a day."""
        return replace(self, secret=new_secret(), previous=self.secret, previous_until=at + OVERLAP)


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """Return a secret as Standard Webhooks writes it, for whoever verifies."""
    return _PREFIX + base64.b64encode(secret).decode()


def seal_target(vault: Vault, webhook_id: str, target: Target) -> bytes:
    document = {
        "url": target.url,
        "secret": _text(target.secret),
        "previous": target.previous and _text(target.previous),
        "previous_until": target.previous_until and target.previous_until.isoformat(),
    }
    return vault.seal_secret(WebhookEndpoint.__tablename__, webhook_id, document)


def open_target(vault: Vault, webhook_id: str, sealed: bytes) -> Target:
    """Open it. Raises SealBroken where it was sealed for another row, or under other keys."""
    document = vault.open_secret(WebhookEndpoint.__tablename__, webhook_id, sealed)
    return Target(
        url=document["url"],
        secret=base64.b64decode(document["secret"]),
        previous=document["previous"] and base64.b64decode(document["previous"]),
        previous_until=document["previous_until"] and datetime.fromisoformat(document["previous_until"]),
    )


def message_id(vault: Vault, webhook_id: str, event: Position) -> str:
    """Return what names an event to one webhook, whenever it is sent: two webhooks' ids have nothing in common."""
    digest = vault.digest(f"webhook|{webhook_id}|{event.seq}".encode())[:24]
    return "msg_" + base64.urlsafe_b64encode(digest).decode()


async def lock_webhook(session: AsyncSession, webhook_id: str) -> WebhookEndpoint:
    """Return the webhook, locked until the transaction ends. Raises NotFound."""
    statement = select(WebhookEndpoint).where(named(WebhookEndpoint.id, webhook_id)).with_for_update()
    webhook = (await session.execute(statement)).scalar_one_or_none()
    if webhook is None:
        raise NotFound("webhookId")
    return webhook


async def promise_sending(session: AsyncSession, webhook_id: str, *, at: datetime, hurry: bool = False) -> None:
    """Have the webhook's events sent, by one job and never two: so they stay in order. The caller holds its lock.

    ``hurry`` ends the rest that a failure has brought about.
    """
    alive = select(tables.Job.id, tables.Job.state).where(*_jobs_of(webhook_id)).with_for_update()
    found = (await session.execute(alive)).all()
    waiting = [row.id for row in found if row.state is JobState.READY]
    if not found:
        job = Job(SENDING, {"webhook_id": webhook_id}, priority=_AFTER_ALL_ELSE, max_attempts=_MOST_ATTEMPTS)
        enqueue(session, job, at=at)
    elif hurry and waiting:
        now = update(tables.Job).where(tables.Job.id.in_(waiting)).values(run_at=at)
        await session.execute(now.execution_options(synchronize_session=False))
        announce(session, *waiting)


def _jobs_of(webhook_id: str) -> tuple[ColumnElement[bool], ...]:
    alive: Any = tables.Job.state.in_((JobState.READY, JobState.RUNNING))
    return alive, tables.Job.actor == SENDING, tables.Job.args == {"webhook_id": webhook_id}


def _text(secret: bytes) -> str:
    return base64.b64encode(secret).decode()
