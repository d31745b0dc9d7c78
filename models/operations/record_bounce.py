"""Records a bounce: a mail that the mail server had accepted came back."""

from dataclasses import dataclass

from sqlalchemy import select

from models.clock import Clock
from models.database import Database
from models.operations.record_mail import MailOutcome, RecordMail, record_mail
from models.tables import Mail


class UnknownBounce(Exception):
    """No mail was sent with this mark."""


class BounceTooEarly(Exception):
    """The mail's acceptance is not on record yet: ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBounce:
    token: str


async def record_bounce(command: RecordBounce, *, database: Database, clock: Clock) -> None:
    """Note that a mail has bounced, once: as a rejection, with all that follows from one. Locks the mail's request.

    A bounce that overtakes the record of its mail's acceptance must wait for it: only that knows the address. Raises
    UnknownBounce, BounceTooEarly.
    """
    ends = (Mail.accepted_at, Mail.suppressed_at, Mail.rejected_at)
    async with database.snapshot() as source:
        found = await source.execute(select(Mail.id, *ends).where(Mail.bounce_token == command.token))
        mail = found.one_or_none()
    if mail is None:
        raise UnknownBounce
    if (mail.accepted_at, mail.suppressed_at, mail.rejected_at) == (None, None, None):
        raise BounceTooEarly
    rejected = RecordMail(mail_id=mail.id, outcome=MailOutcome.REJECTED)
    await record_mail(rejected, database=database, clock=clock)
