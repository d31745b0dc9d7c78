"""Somebody, or a machine, that signs in: one role and one scope."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.rules.vocabulary import Role
from models.tables.base import Base
from models.tables.types import Word


class Account(Base):
    __tablename__ = "account"

    id: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    """The name that this account signs in with."""
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[Role] = mapped_column(Word(Role))
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    practice_id: Mapped[str | None] = mapped_column(ForeignKey("practice.id"), index=True)
    """A consultant's too: the practice that they belong to."""
    consultant_id: Mapped[str | None] = mapped_column(ForeignKey("consultant.id"), index=True)
    time_zone: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    signed_out_at: Mapped[datetime | None]
    """Tokens that were issued before are refused: somebody has signed this account out everywhere."""
    email_index: Mapped[bytes | None] = mapped_column(index=True)
    """Blind indexes: they match a client's, so that nobody is asked to decide about themselves."""
    phone_index: Mapped[bytes | None] = mapped_column(index=True)
    employee_index: Mapped[bytes | None] = mapped_column(index=True)
