"""What every table shares: names of constraints that migrations can rely on, and STRICT on SQLite."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase

from models.tables.types import Day, Flag, Moment

STRICT = {"sqlite_strict": True}


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        bool: Flag(),
        datetime: Moment(),
        date: Day(),
        bytes: LargeBinary(),
    }
    __table_args__: Any = STRICT
