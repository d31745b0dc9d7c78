"""Records what became of an e-mail: taken by the mail server, refused by it, or not to be sent at all."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
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

OUTCOME_MAILS = frozenset({MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT})


class MailOutcome(StrEnum):
    ACCEPTED = "ACCEPTED"
    SUPPRESSED = "SUPPRESSED"
    """Nothing may be sent: no address, or a client marked "do not e-mail"."""
    REJECTED = "REJECTED"
    """The mail server refused the address for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMail:
    mail_id: str
    outcome: MailOutcome


async def record_mail(command: RecordMail, *, database: Database, clock: Clock, claim: Claim | None = None) -> None:
    """Note what became of a mail, once. The relay is done when both outcome mails were accepted.

    An outcome mail that could not be sent is relayed by hand: staff get a task. So they do for an address that bounced.
    Where something follows, the mail's request is locked, so that two mails accepted at once count as two.
    """
    now = clock.now()
    async with database.transaction() as session:
        mail = (await session.execute(select(Mail.kind, Mail.request_id).where(Mail.id == command.mail_id))).one()
        if mail.kind not in OUTCOME_MAILS and command.outcome is not MailOutcome.REJECTED:
            await _note(session, command, now=now)
        else:
            request = await lock_request(session, mail.request_id, SYSTEM, now=now)
            await _note_and_follow_up(session, command, request, mail.kind, now=now)
        await job_queue.finish(session, claim, at=now)


async def _note(session: AsyncSession, command: RecordMail, *, now: datetime) -> bool:
    """Write the mail's end down; False where it had one before."""
    open_mail = update(Mail).where(
        Mail.id == command.mail_id, Mail.accepted_at.is_(None), Mail.suppressed_at.is_(None), Mail.rejected_at.is_(None)
    )
    noted = open_mail.values({_NOTED_IN[command.outcome]: now}).returning(Mail.id)
    found = await session.execute(noted.execution_options(synchronize_session=False))
    return found.one_or_none() is not None


async def _note_and_follow_up(
    session: AsyncSession, command: RecordMail, request: ExtraSessionsRequest, kind: MailKind, *, now: datetime
) -> None:
    if await _note(session, command, now=now):
        await _follow_up(session, request, kind, command.outcome, now=now)


async def _follow_up(
    session: AsyncSession, request: ExtraSessionsRequest, kind: MailKind, outcome: MailOutcome, *, now: datetime
) -> None:
    """A relay that staff have confirmed by hand is met already, and needs neither an event nor a task."""
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


_NOTED_IN = {
    MailOutcome.ACCEPTED: "accepted_at",
    MailOutcome.SUPPRESSED: "suppressed_at",
    MailOutcome.REJECTED: "rejected_at",
}


async def _both_accepted(session: AsyncSession, request_id: str) -> bool:
    accepted = select(Mail.kind).where(
        Mail.request_id == request_id, Mail.kind.in_(OUTCOME_MAILS), Mail.accepted_at.is_not(None)
    )
    return set((await session.execute(accepted)).scalars()) == OUTCOME_MAILS
