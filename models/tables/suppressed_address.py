"""An address that no e-mail goes to any more, since one came back from it. It holds no address."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base


class SuppressedAddress(Base):
    __tablename__ = "suppressed_address"

    email_index: Mapped[bytes] = mapped_column(primary_key=True)
    """Blind index, as accounts and clients have: an address that changes is free by itself."""
    suppressed_at: Mapped[datetime]
    mail_id: Mapped[str] = mapped_column(ForeignKey("mail.id"))
    """The mail that came back first."""
