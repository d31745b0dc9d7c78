"""One row about the database itself."""

from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base
from models.tables.types import Flag


class Deployment(Base):
    __tablename__ = "deployment"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key_store: Mapped[str]
    """The name of the key store whose keys seal what is here."""
    is_demo: Mapped[bool | None] = mapped_column(Flag())
    """Whether it is a demo's, from its first start on; null before that."""
