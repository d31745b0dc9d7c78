"""Column types that mean the same on SQLite's STRICT tables and on PostgreSQL."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

E = TypeVar("E", bound=StrEnum)


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC. SQLite holds fixed-width ISO 8601 text, so that text order is time order."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if dialect.name == "sqlite" else value.astimezone(UTC)


class Day(TypeDecorator[date]):
    """A calendar day without a time or a zone."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if value is not None and dialect.name == "sqlite" else value


class Flag(TypeDecorator[bool]):
    """True or false; 1 or 0 on SQLite."""

    impl = Integer
    cache_ok = True
    coerce_to_is_types = (type(None), bool)
    """``is_(True)`` writes the constant: PostgreSQL takes no parameter after IS."""

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:  # noqa: FBT001 - SQLAlchemy's signature
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        del dialect
        return None if value is None else bool(value)


class Word(TypeDecorator[E], Generic[E]):
    """One word of a closed list, held as text: a list may grow without a migration."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else self.words(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        del dialect
        return None if value is None else self.words(value)


class Json(TypeDecorator[Any]):
    """A small document: JSONB on PostgreSQL, text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSONB())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return orjson.dumps(value).decode() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return orjson.loads(value) if value is not None and dialect.name == "sqlite" else value


BigInt = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both; SQLite's INTEGER always has them."""
