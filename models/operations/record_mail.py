"""Records what became of an e-mail: taken by the mail server, refused or bounced, or not to be sent at all."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import LargeBinary, Row, Update, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import job_queue
from models.actor import SYSTEM, Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import due_moment, meet_deadline
from models.events import record, record_of_mail
from models.job_queue import Claim
from models.locks import lock_request
from models.mail_acceptance import tell_accepted
from models.rules.mails import bounce_token
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, StaffTaskKind, StaffTaskState
from models.staff_tasks import end_tasks, open_task
from models.suppression import suppress
from models.tables import AssistCase, ClientIdentity, ExtraSessionsRequest, Mail
from models.tables.base import Base
from models.tables.job import Job

OUTCOME_MAILS = frozenset({MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT})

_MAIL: Final = Base.metadata.tables[Mail.__tablename__]


class MailOutcome(StrEnum):
    ACCEPTED = "ACCEPTED"
    SUPPRESSED = "SUPPRESSED"
    """Nothing may be sent: no address, one that sent a mail back, or a client marked "do not e-mail"."""
    REJECTED = "REJECTED"
    """The address was refused for good: by the mail server, or by a bounce after it had accepted."""


def _noting(column: str, **more: Any) -> Update:
    """Write a mail's end down, where it has none yet."""
    mail = _MAIL.c
    open_mail = update(_MAIL).where(
        mail.id == bindparam("mail_id"), mail.suppressed_at.is_(None), mail.rejected_at.is_(None)
    )
    noted = {column: bindparam("now"), **more, "address_index": func.coalesce(_SENT_TO, mail.address_index)}
    return open_mail.values(noted).returning(mail.id, mail.kind, mail.request_id, mail.address_index)


_SENT_TO: Final = bindparam("sent_to", type_=LargeBinary())
_UNDELIVERED: Final = _MAIL.c.accepted_at.is_(None)
_NOTING: Final = {
    # A version that did not mark mails yet may have promised this one.
    MailOutcome.ACCEPTED: _noting("accepted_at", bounce_token=bindparam("token")).where(_UNDELIVERED),
    MailOutcome.SUPPRESSED: _noting("suppressed_at").where(_UNDELIVERED),
    MailOutcome.REJECTED: _noting("rejected_at"),
}
_ACCEPTED_AT_ONCE: Final = _NOTING[MailOutcome.ACCEPTED].where(
    _MAIL.c.kind.not_in(OUTCOME_MAILS),
    select(Job.id).where(Job.id == bindparam("the_job"), Job.token == bindparam("the_claim")).exists(),
)
_ACCEPTED: Final = select(_MAIL.c.kind).where(
    _MAIL.c.request_id == bindparam("request_id"),
    _MAIL.c.kind.in_(OUTCOME_MAILS),
    _MAIL.c.accepted_at.is_not(None),
    _MAIL.c.rejected_at.is_(None),
)


_KNOWN: Final = (
    select(ClientIdentity.client_id)
    .join(AssistCase, AssistCase.client_id == ClientIdentity.client_id)
    .join(ExtraSessionsRequest, ExtraSessionsRequest.case_id == AssistCase.id)
    .where(ExtraSessionsRequest.id == bindparam("the_request"))
)
_FORGETTING: Final = (
    update(_MAIL)
    .where(_MAIL.c.id == bindparam("the_mail"), ~_KNOWN.exists())
    .values(address_index=None)
    .returning(_MAIL.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMail:
    mail_id: str
    outcome: MailOutcome
    address_index: bytes | None = None
    """Blind index of the address that the mail server was given."""
    is_all: bool = False
    """Whether the caller knows that nothing follows from an acceptance: it tells no outcome."""


async def record_mail(command: RecordMail, *, database: Database, clock: Clock, claim: Claim | None = None) -> None:
    """Note what became of a mail, once. The relay is done when both outcome mails were accepted.

    An outcome mail that could not be sent is relayed by hand: staff get a task. So they do for an address that bounced,
    and nothing more is sent to it. A bounce may follow an acceptance; a relay that is done stays done. Where something
    follows, the mail's request is locked too, so that two mails accepted at once count as two: whoever comes second
    sees the first.

    A process that dies between the mail server's word and this commit sends the mail again, so it waits for nobody,
    and an acceptance from which nothing follows is one statement: the job then ends by its acknowledgement, and the log
    is told with that.
    """
    now = clock.now()
    values = {"mail_id": command.mail_id, "now": now, "sent_to": command.address_index}
    if command.outcome is MailOutcome.ACCEPTED:
        values["token"] = bounce_token(command.mail_id)
        if command.is_all and claim is not None and await _noted_at_once(database, values, claim):
            return
    async with database.transaction(urgent=True) as session:
        mail = (await session.execute(_NOTING[command.outcome], values)).one_or_none()
        if mail is None:
            await _end_was_on_record(session, command.mail_id, claim)
        else:
            event = EventType(f"MAIL_{command.outcome.value}")
            record_of_mail(session, event, mail.kind, mail.request_id, at=now)
            if mail.kind in OUTCOME_MAILS or command.outcome is MailOutcome.REJECTED:
                await _follow_up(session, mail, command.outcome, now=now)
        await job_queue.finish(session, claim, at=now)


async def _noted_at_once(database: Database, values: dict[str, Any], claim: Claim) -> bool:
    """Note an acceptance under this claim; False where that is for the whole transaction to judge."""
    fence = {"the_job": claim.id, "the_claim": claim.token}
    return await database.write_down(_ACCEPTED_AT_ONCE, values | fence)


async def _end_was_on_record(session: AsyncSession, mail_id: str, claim: Claim | None) -> None:
    """Fail aloud where it never was. Who noted an acceptance at once has left the log to the job's end: to this one."""
    (await session.execute(select(Mail.id).where(Mail.id == mail_id))).one()
    await tell_accepted(session, [mail_id] if claim is not None else [])


async def _follow_up(session: AsyncSession, mail: Row[Any], outcome: MailOutcome, *, now: datetime) -> None:
    """A relay that is met already, by both mails or by hand, needs neither an event nor a task."""
    address = await _address_kept(session, mail)
    request = await lock_request(session, mail.request_id, SYSTEM, now=now)
    if outcome is MailOutcome.REJECTED and mail.kind is not MailKind.ADDRESS_BOUNCED:
        await _give_up(session, mail, address, now=now)
    if mail.kind not in OUTCOME_MAILS or await due_moment(session, request.id, DeadlineKind.RELAY) is None:
        return
    if outcome is not MailOutcome.ACCEPTED:
        await open_task(session, StaffTaskKind.RELAY, request.id, at=now)
    elif await _both_accepted(session, request.id):
        await complete_relay(session, request, by=SYSTEM, now=now)


async def _give_up(session: AsyncSession, mail: Row[Any], address: bytes | None, *, now: datetime) -> None:
    """Send nothing more there, and have staff look: no address is suppressed but with a task that frees it again."""
    await open_task(session, StaffTaskKind.BOUNCED_ADDRESS, mail.request_id, at=now)
    if address is not None:
        await suppress(session, address, mail_id=mail.id, at=now)


async def _address_kept(session: AsyncSession, mail: Row[Any]) -> bytes | None:
    """Return the index of the mail's address; none is kept of a client who was erased while it was on its way."""
    address: bytes | None = mail.address_index
    if address is not None and mail.kind is MailKind.OUTCOME_CLIENT:
        which = {"the_mail": mail.id, "the_request": mail.request_id}
        if (await session.execute(_FORGETTING, which)).first() is not None:
            return None
    return address


async def complete_relay(session: AsyncSession, request: ExtraSessionsRequest, *, by: Actor, now: datetime) -> None:
    """Note that the outcome has reached both parties. The caller holds the request's lock."""
    await meet_deadline(session, request.id, DeadlineKind.RELAY, now)
    task = {StaffTaskKind.RELAY}
    await end_tasks(session, request.id, task, StaffTaskState.DONE, at=now, by=by.account_id)
    record(session, EventType.OUTCOME_RELAYED, request, by=by, at=now)


async def _both_accepted(session: AsyncSession, request_id: str) -> bool:
    accepted = await session.execute(_ACCEPTED, {"request_id": request_id})
    return set(accepted.scalars()) == OUTCOME_MAILS
