"""The tables of the key store: a database of its own, so that a backup of the other one holds no client's key."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from models.tables.base import STRICT, Base


class KeyStoreBase(DeclarativeBase):
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    type_annotation_map: ClassVar[dict[Any, Any]] = Base.type_annotation_map
    __table_args__: Any = STRICT


class ClientKey(KeyStoreBase):
    __tablename__ = "client_key"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    master_version: Mapped[int] = mapped_column(index=True)
    wrapped: Mapped[bytes]
    """The client's data key, wrapped by the master key of ``master_version``."""


class KeyBackup(KeyStoreBase):
    """A backup that was made, and when the last copy of it is promised to be gone."""

    __tablename__ = "key_backup"

    id: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    oldest_master: Mapped[int]
    """The oldest master key that is needed to open what is in it."""


class StoreName(KeyStoreBase):
    """One row: the random name by which a database knows its key store again."""

    __tablename__ = "store_name"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
