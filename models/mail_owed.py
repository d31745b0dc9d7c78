"""Promises an e-mail: its row, which fixes its identity, and the job that sends it, in the caller's transaction."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import new_id
from models.outbox import Job, enqueue
from models.rules.vocabulary import MailKind
from models.tables import Mail

_ACTORS = {
    MailKind.RECEIVED: "received_email",
    MailKind.REVIEW_INVITATION: "review_invitation",
    MailKind.OUTCOME_CONSULTANT: "outcome_email_consultant",
    MailKind.OUTCOME_CLIENT: "outcome_email_client",
}
_PRIORITY = {MailKind.OUTCOME_CONSULTANT: -1, MailKind.OUTCOME_CLIENT: -1}
"""Outcomes go before everything else that waits."""


def owe_mail(
    session: AsyncSession, kind: MailKind, request_id: str, *, at: datetime, account_id: str | None = None
) -> None:
    """Promise one e-mail to one recipient; the job looks up the address when it runs."""
    mail_id = new_id("mail")
    session.add(Mail(id=mail_id, request_id=request_id, kind=kind, account_id=account_id, created_at=at))
    enqueue(session, Job(_ACTORS[kind], {"mail_id": mail_id}, priority=_PRIORITY.get(kind, 0)), at=at)
