"""Somebody who has signed in with a browser: never the cookie itself, only what its secret hashes to."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base


class BrowserSession(Base):
    __tablename__ = "browser_session"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    """SHA-256 of the cookie's secret, which has 256 random bits: nobody finds it by trying."""
    previous: Mapped[bytes | None] = mapped_column(unique=True)
    """Of the secret before: for a moment after a change it is still believed."""
    changed_at: Mapped[datetime]
    """Since when the cookie has the secret that it has."""
    begun_at: Mapped[datetime]
    used_at: Mapped[datetime]
    """About: it is written down once a minute."""
    ends_at: Mapped[datetime] = mapped_column(index=True)
    """However much it is used."""
