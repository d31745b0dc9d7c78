"""Keeps e-mail from addresses that sent one back, until staff have looked, inside the caller's transaction."""

from datetime import datetime
from functools import cache

from sqlalchemy import Insert, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from models.rules.vocabulary import MailKind
from models.tables import AssistCase, ClientIdentity, ExtraSessionsRequest, Mail, SuppressedAddress


async def suppress(session: AsyncSession, email_index: bytes, *, mail_id: str, at: datetime) -> None:
    """Send nothing more there because of this mail; nothing changes where it is suppressed already."""
    row = {"email_index": email_index, "mail_id": mail_id, "suppressed_at": at}
    await session.execute(_suppressing(session.get_bind().dialect.name), row)


async def lift_suppressions(session: AsyncSession, request_id: str) -> None:
    """Let e-mail go again to each address that sent a mail about this request back."""
    refused = select(Mail.address_index).where(
        Mail.request_id == request_id, Mail.rejected_at.is_not(None), Mail.address_index.is_not(None)
    )
    await session.execute(delete(SuppressedAddress).where(SuppressedAddress.email_index.in_(refused)))


async def forget_addresses(session: AsyncSession, client_id: str) -> None:
    """Forget where a client's mails went, and what was suppressed of it: the address as it is, and as it once was.

    Call it before the requests are locked, as whoever records a mail holds the mail first, and before the identity is
    deleted.
    """
    to_client = (
        select(Mail.id)
        .join(ExtraSessionsRequest, ExtraSessionsRequest.id == Mail.request_id)
        .join(AssistCase, AssistCase.id == ExtraSessionsRequest.case_id)
        .where(AssistCase.client_id == client_id, Mail.kind == MailKind.OUTCOME_CLIENT)
    )
    mails = (await session.execute(to_client.order_by(Mail.id))).scalars().all()
    forgotten = update(Mail).where(Mail.id.in_(mails)).values(address_index=None)
    await session.execute(forgotten.execution_options(synchronize_session=False))
    now = select(ClientIdentity.email_index).where(ClientIdentity.client_id == client_id)
    known = or_(SuppressedAddress.email_index.in_(now), SuppressedAddress.mail_id.in_(mails))
    await session.execute(delete(SuppressedAddress).where(known))


@cache
def _suppressing(dialect: str) -> Insert:
    """Two mails to one address may come back at once: the second one finds it done."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(SuppressedAddress).on_conflict_do_nothing(index_elements=[SuppressedAddress.email_index])
