"""An external psychology practice that sees clients for the provider."""

from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base


class Practice(Base):
    __tablename__ = "practice"

    id: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    suburb: Mapped[str]
    time_zone: Mapped[str]
