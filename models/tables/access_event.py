"""Who looked: one row for each account, case, kind of data and hour, hash-chained, apart from the event log."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.confidentiality import Sensitivity
from models.tables.base import STRICT, Base
from models.tables.types import BigInt, Word


class AccessEvent(Base):
    __tablename__ = "access_event"
    __table_args__ = (
        UniqueConstraint("hour", "account_id", "case_id", "kind"),
        Index("ix_access_event_account", "account_id", "hour", "seq"),
        Index("ix_access_event_case", "case_id", "hour", "seq"),
        STRICT,
    )

    seq: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]
    """SHA-256 over the hash before, this number and ``entry``."""
    entry: Mapped[str]
    """The access as it was hashed: JSON of ids, the kind and the hour."""
    account_id: Mapped[str]
    """Who looked; ``system`` for the product itself, which reads addresses to send mail."""
    case_id: Mapped[str]
    kind: Mapped[Sensitivity] = mapped_column(Word(Sensitivity))
    hour: Mapped[datetime]
    """The UTC hour's beginning."""


class AccessHead(Base):
    __tablename__ = "access_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInt)
    hash: Mapped[bytes]
    cleaned_seq: Mapped[int | None] = mapped_column(BigInt)
    """The last row that was cleaned away by its age, with its hash: the chain begins after it."""
    cleaned_hash: Mapped[bytes | None]
