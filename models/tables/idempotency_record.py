"""That a mutation with a caller's key has run, and on what: never its input, which may be clinical."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import STRICT, Base


class IdempotencyRecord(Base):
    __tablename__ = "idempotency_record"
    __table_args__ = (Index("ix_idempotency_record_created", "created_at"), STRICT)

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    input_hash: Mapped[bytes]
    """Keyed, so that a short text can't be found by trying."""
    request_id: Mapped[str]
    """What it worked on: a request, or whatever else the operation changes."""
    created_at: Mapped[datetime]
