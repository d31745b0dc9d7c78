"""Records what became of an e-mail: taken by the mail server, refused by it, or not to be sent at all."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import job_queue
from models.actor import SYSTEM, Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import due_moment, meet_deadline
from models.events import record
from models.job_queue import Claim
from models.locks import lock_request
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, StaffTaskKind, StaffTaskState
from models.staff_tasks import end_tasks, open_task
from models.tables import ExtraSessionsRequest, Mail
from models.tables.base import Base

OUTCOME_MAILS = frozenset({MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT})

_MAIL: Final = Base.metadata.tables[Mail.__tablename__]


class MailOutcome(StrEnum):
    ACCEPTED = "ACCEPTED"
    SUPPRESSED = "SUPPRESSED"
    """Nothing may be sent: no address, or a client marked "do not e-mail"."""
    REJECTED = "REJECTED"
    """The mail server refused the address for good."""


def _noting(column: str) -> Update:
    """Write a mail's end down, where it has none yet."""
    mail = _MAIL.c
    open_mail = update(_MAIL).where(
        mail.id == bindparam("mail_id"),
        mail.accepted_at.is_(None),
        mail.suppressed_at.is_(None),
        mail.rejected_at.is_(None),
    )
    return open_mail.values({column: bindparam("now")}).returning(mail.kind, mail.request_id)


_NOTING: Final = {
    MailOutcome.ACCEPTED: _noting("accepted_at"),
    MailOutcome.SUPPRESSED: _noting("suppressed_at"),
    MailOutcome.REJECTED: _noting("rejected_at"),
}
_ACCEPTED: Final = select(_MAIL.c.kind).where(
    _MAIL.c.request_id == bindparam("request_id"), _MAIL.c.kind.in_(OUTCOME_MAILS), _MAIL.c.accepted_at.is_not(None)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMail:
    mail_id: str
    outcome: MailOutcome


async def record_mail(command: RecordMail, *, database: Database, clock: Clock, claim: Claim | None = None) -> None:
    """Note what became of a mail, once. The relay is done when both outcome mails were accepted.

    An outcome mail that could not be sent is relayed by hand: staff get a task. So they do for an address that bounced.
    Where something follows, the mail's request is locked too, so that two mails accepted at once count as two: whoever
    comes second sees the first.
    """
    now = clock.now()
    async with database.transaction() as session:
        noted = await session.execute(_NOTING[command.outcome], {"mail_id": command.mail_id, "now": now})
        mail = noted.one_or_none()
        if mail is None:  # its end was on record before; one that never was fails aloud
            (await session.execute(select(Mail.id).where(Mail.id == command.mail_id))).one()
        elif mail.kind in OUTCOME_MAILS or command.outcome is MailOutcome.REJECTED:
            await _follow_up(session, mail.request_id, mail.kind, command.outcome, now=now)
        await job_queue.finish(session, claim, at=now)


async def _follow_up(
    session: AsyncSession, request_id: str, kind: MailKind, outcome: MailOutcome, *, now: datetime
) -> None:
    """A relay that staff have confirmed by hand is met already, and needs neither an event nor a task."""
    request = await lock_request(session, request_id, SYSTEM, now=now)
    if outcome is MailOutcome.REJECTED and kind is not MailKind.ADDRESS_BOUNCED:
        await open_task(session, StaffTaskKind.BOUNCED_ADDRESS, request.id, at=now)
    if kind not in OUTCOME_MAILS or await due_moment(session, request.id, DeadlineKind.RELAY) is None:
        return
    if outcome is not MailOutcome.ACCEPTED:
        await open_task(session, StaffTaskKind.RELAY, request.id, at=now)
    elif await _both_accepted(session, request.id):
        await complete_relay(session, request, by=SYSTEM, now=now)


async def complete_relay(session: AsyncSession, request: ExtraSessionsRequest, *, by: Actor, now: datetime) -> None:
    """Note that the outcome has reached both parties. The caller holds the request's lock."""
    await meet_deadline(session, request.id, DeadlineKind.RELAY, now)
    task = {StaffTaskKind.RELAY}
    await end_tasks(session, request.id, task, StaffTaskState.DONE, at=now, by=by.account_id)
    record(session, EventType.OUTCOME_RELAYED, request, by=by, at=now)


async def _both_accepted(session: AsyncSession, request_id: str) -> bool:
    accepted = await session.execute(_ACCEPTED, {"request_id": request_id})
    return set(accepted.scalars()) == OUTCOME_MAILS
