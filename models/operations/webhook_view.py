"""Shows a webhook as the transaction that changes it leaves it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.database import Database
from models.operations.performing import reading_in
from models.queries.webhooks import load_webhooks
from models.views.want import Want
from models.views.webhook import WebhookView


async def view_of_webhook(  # noqa: PLR0913 - a view is of something, for somebody, at a moment
    session: AsyncSession, webhook_id: str, want: Want, *, by: Actor, database: Database, at: datetime
) -> WebhookView:
    """Return what staff see of it; its secret is null."""
    await session.flush()
    reading = reading_in(session, by=by, database=database, at=at)
    view = (await load_webhooks(reading, {webhook_id}, want))[webhook_id]
    view.secret = None
    return view
