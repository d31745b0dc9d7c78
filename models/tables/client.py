"""The person in care. Who that is stands in a table of its own, sealed under a key that only the key store holds."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base


class Client(Base):
    __tablename__ = "client"

    id: Mapped[str] = mapped_column(primary_key=True)
    external_index: Mapped[bytes] = mapped_column(unique=True)
    """Blind index of the client's number in the provider's old system."""
    do_not_email: Mapped[bool]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None] = mapped_column(index=True)
    """When the client was erased: the key is destroyed, the identity gone. The row keeps an import from bringing
    them back."""


class ClientIdentity(Base):
    __tablename__ = "client_identity"

    client_id: Mapped[str] = mapped_column(ForeignKey("client.id"), primary_key=True)
    key_version: Mapped[int]
    sealed: Mapped[bytes]
    """Name, e-mail, phone, date of birth and employee number, as one sealed document."""
    email_index: Mapped[bytes | None] = mapped_column(index=True)
    phone_index: Mapped[bytes | None] = mapped_column(index=True)
    employee_index: Mapped[bytes | None] = mapped_column(index=True)
