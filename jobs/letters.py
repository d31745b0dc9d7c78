"""How every e-mail goes out: read for its recipient, write in a thread, send outside any transaction, record."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from jobs.actor import JobContext
from jobs.mailer import MailRejected
from jobs.pulse import MAILS
from models.actor import SYSTEM
from models.operations.record_mail import OUTCOME_MAILS, MailOutcome, RecordMail, record_mail
from models.queries.mails import OwedMail, Recipient, owed_mail
from models.queries.reading import reading_as
from models.rules.mails import bounce_token
from models.rules.vocabulary import DeadlineKind

Values = Callable[[OwedMail, Recipient], dict[str, Any]]


async def send_owed(context: JobContext, mail_id: str, template: str, values: Values) -> None:
    """Send one owed mail; safe to repeat, as a repeated mail is the same to the byte and is recorded once."""
    async with reading_as(SYSTEM, database=context.database, at=context.clock.now()) as reading:
        mail = await owed_mail(reading, mail_id)
    if mail is None:
        return
    outcome = MailOutcome.SUPPRESSED
    if mail.recipient is not None:
        message = await asyncio.to_thread(
            context.writer.write,
            template,
            to=mail.recipient.address,
            mail_id=mail.mail_id,
            created_at=mail.created_at,
            sender=context.sender,
            values={
                "provider": context.provider,
                "public_url": context.public_url,
                "name": mail.recipient.name,
                **values(mail, mail.recipient),
            },
        )
        outcome = await _hand_over(context, message, token=bounce_token(mail_id))
    is_all = mail.kind not in OUTCOME_MAILS
    command = RecordMail(mail_id=mail_id, outcome=outcome, address_index=mail.address_index, is_all=is_all)
    await record_mail(command, database=context.database, clock=context.clock, claim=context.claim)
    MAILS.labels(template, outcome.value.lower()).inc()


async def _hand_over(context: JobContext, message: EmailMessage, *, token: str) -> MailOutcome:
    try:
        await context.mailer.send(message, token=token)
    except MailRejected:
        return MailOutcome.REJECTED
    return MailOutcome.ACCEPTED


def due(mail: OwedMail, recipient: Recipient, kind: DeadlineKind) -> datetime | None:
    """Return when ``kind`` is due, as the recipient's clocks show it; None where there is no such deadline.

    Each round of details and each question has one of its own: the last counts.
    """
    found = [deadline.due_at for deadline in mail.request.deadlines if deadline.kind is kind]
    return local(max(found), recipient) if found else None


def local(moment: datetime, recipient: Recipient) -> datetime:
    return moment.astimezone(ZoneInfo(recipient.time_zone))
