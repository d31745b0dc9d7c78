"""The token of a machine account: never the token itself, only what it hashes to."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base


class AccountToken(Base):
    __tablename__ = "account_token"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    """One to an account: a new token takes the old one's place."""
    digest: Mapped[bytes] = mapped_column(unique=True)
    """SHA-256 of the token, which has 256 random bits: nobody finds it by trying."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """From this moment on it is refused; null where it has no end."""
