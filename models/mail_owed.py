"""Promises an e-mail: its row, which fixes its identity, and the job that sends it, in the caller's transaction."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.ids import new_id
from models.outbox import Job, enqueue
from models.rules.mails import bounce_token
from models.rules.vocabulary import MailKind, Role
from models.tables import Account, Agreement, ExtraSessionsRequest, Mail

_FIRST = -1
_LAST = 1
_PRIORITY = {
    MailKind.OUTCOME_CONSULTANT: _FIRST,
    MailKind.OUTCOME_CLIENT: _FIRST,
    MailKind.DETAILS_REMINDER: _LAST,
    MailKind.REVIEW_REMINDER: _LAST,
}
"""Outcomes go before everything else that waits, reminders after it."""


_OF_ROLE: Final = (
    select(Account.id).where(Account.role == bindparam("role"), Account.disabled_at.is_(None)).order_by(Account.id)
)
_OF_ORGANISATION: Final = _OF_ROLE.where(Account.organisation_id == bindparam("organisation_id"))


def actor_of(kind: MailKind) -> str:
    """Return the name of the job that sends such a mail."""
    return f"{kind.value.lower()}_email"


def owe_mail(  # noqa: PLR0913 - a promise names all of these
    session: AsyncSession,
    kind: MailKind,
    request_id: str,
    *,
    at: datetime,
    not_before: datetime | None = None,
    bears: datetime | None = None,
    account_id: str | None = None,
) -> None:
    """Promise one e-mail to one recipient; the job looks up the address when it runs.

    ``bears`` is the moment that its Date header names, where that must not be ``at``.
    """
    mail_id = new_id("mail")
    fixed = {"created_at": bears or at, "bounce_token": bounce_token(mail_id)}
    session.add(Mail(id=mail_id, request_id=request_id, kind=kind, account_id=account_id, **fixed))
    job = Job(actor_of(kind), {"mail_id": mail_id}, priority=_PRIORITY.get(kind, 0), run_at=not_before)
    enqueue(session, job, at=at)


async def owe_reviewers(  # noqa: PLR0913 - as above, to several
    session: AsyncSession,
    kind: MailKind,
    request: ExtraSessionsRequest,
    *,
    at: datetime,
    not_before: datetime | None = None,
    bears: datetime | None = None,
) -> None:
    """Promise the same to each reviewer of the request's organisation."""
    reviewers = {"role": Role.ORG_REVIEWER, "organisation_id": request.organisation_id}
    for account_id in (await session.execute(_OF_ORGANISATION, reviewers)).scalars():
        owe_mail(session, kind, request.id, at=at, not_before=not_before, bears=bears, account_id=account_id)


async def owe_provider(  # noqa: PLR0913 - as above
    session: AsyncSession,
    kind: MailKind,
    request_id: str,
    role: Role,
    *,
    at: datetime,
    bears: datetime | None = None,
) -> None:
    """Promise the same to each of the provider's people of one role: its staff, or its clinical reviewers."""
    for account_id in (await session.execute(_OF_ROLE, {"role": role})).scalars():
        owe_mail(session, kind, request_id, at=at, bears=bears, account_id=account_id)


async def owe_backup(
    session: AsyncSession, request: ExtraSessionsRequest, *, at: datetime, bears: datetime | None = None
) -> None:
    """Promise the backup reviewer of the request's terms, where they name one, to say that its decision is overdue."""
    backup = select(Agreement.backup_reviewer).where(Agreement.id == request.agreement_id)
    if (await session.execute(backup)).scalar_one() is not None:
        owe_mail(session, MailKind.OVERDUE_BACKUP, request.id, at=at, bears=bears)
