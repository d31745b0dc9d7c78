"""Records what became of an e-mail: taken by the mail server, or not to be sent at all."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import job_queue
from models.actor import SYSTEM
from models.clock import Clock
from models.database import Database
from models.deadlines import meet_deadline
from models.events import record
from models.job_queue import Claim
from models.locks import lock_request
from models.rules.vocabulary import DeadlineKind, EventType, MailKind
from models.tables import Mail

OUTCOME_MAILS = frozenset({MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMail:
    mail_id: str
    accepted: bool
    """False where nothing may be sent: no address, or a client marked "do not e-mail"."""


async def record_mail(command: RecordMail, *, database: Database, clock: Clock, claim: Claim | None = None) -> None:
    """Note that a mail was accepted or suppressed, once; the relay is done when both outcome mails were accepted.

    Locks the mail's request, so that two mails accepted at once count as two.
    """
    now = clock.now()
    async with database.transaction() as session:
        mail = (await session.execute(select(Mail).where(Mail.id == command.mail_id))).scalar_one()
        request = await lock_request(session, mail.request_id, SYSTEM, now=now)
        await session.refresh(mail)
        if mail.accepted_at is None and mail.suppressed_at is None:
            if command.accepted:
                mail.accepted_at = now
            else:
                mail.suppressed_at = now
            await session.flush()
            if mail.kind in OUTCOME_MAILS and await _both_accepted(session, request.id):
                await meet_deadline(session, request.id, DeadlineKind.RELAY, now)
                record(session, EventType.OUTCOME_RELAYED, request, by=SYSTEM, at=now)
        await job_queue.finish(session, claim, at=now)


async def _both_accepted(session: AsyncSession, request_id: str) -> bool:
    accepted = select(Mail.kind).where(
        Mail.request_id == request_id, Mail.kind.in_(OUTCOME_MAILS), Mail.accepted_at.is_not(None)
    )
    return set((await session.execute(accepted)).scalars()) == OUTCOME_MAILS
