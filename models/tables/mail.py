"""One e-mail that is owed to one recipient, and what became of it. It holds no address."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import MailKind
from models.tables.base import STRICT, Base
from models.tables.types import Word


class Mail(Base):
    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_request", "request_id", "kind"),
        Index("uq_mail_bounce_token", "bounce_token", unique=True),
        STRICT,
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(ForeignKey("extra_sessions_request.id"))
    kind: Mapped[MailKind] = mapped_column(Word(MailKind))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    """One of several who get the same; consultant, client and backup reviewer are found through the request."""
    created_at: Mapped[datetime]
    """What its Date header says: an invitation of a batch bears the batch's moment, not the minute of the work."""
    accepted_at: Mapped[datetime | None]
    suppressed_at: Mapped[datetime | None]
    """When it turned out that nothing may be sent: no address, or marked "do not e-mail"."""
    rejected_at: Mapped[datetime | None]
    """When the address was refused for good: by the mail server, or, after it had accepted, by a bounce."""
    bounce_token: Mapped[str | None]
    """Part of the return path that this mail is sent with: by it a bounce is known to be this mail's."""
    address_index: Mapped[bytes | None]
    """Blind index of the address that the mail server was given; a client's is forgotten with the client."""
