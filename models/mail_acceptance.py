"""Tells the log that mails were accepted, where that was noted at once and left to the end of their jobs."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.events import record_of_mail
from models.rules.vocabulary import EventType
from models.tables import Mail

_ACCEPTED: Final = (
    select(Mail.kind, Mail.request_id, Mail.accepted_at)
    .where(
        Mail.id.in_(bindparam("mail_ids", expanding=True)), Mail.accepted_at.is_not(None), Mail.rejected_at.is_(None)
    )
    .order_by(Mail.accepted_at, Mail.id)
)


async def tell_accepted(session: AsyncSession, mail_ids: Collection[str]) -> None:
    """Record those of the mails that were accepted, each at its own moment; call it as their jobs end, and only then.

    A mail has one job, and that ends once, whoever ends it: so the log is told once, also where a worker died after it
    had noted the acceptance. What ends its job by the transaction that notes it tells the log by itself. A mail that
    has come back before its job's end is not told of: its rejection was, and is the last word.
    """
    if not mail_ids:
        return
    for mail in (await session.execute(_ACCEPTED, {"mail_ids": list(mail_ids)})).all():
        record_of_mail(session, EventType.MAIL_ACCEPTED, mail.kind, mail.request_id, at=mail.accepted_at)
