"""One kind of file: its columns, and the function that loads some of its rows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import Table

from models.importing.batch import Batch, Desk
from models.importing.columns import Column


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    about: str
    columns: tuple[Column, ...]
    load: Callable[[Batch, Desk], Awaitable[None]]
    long: Table | None = None
    """The table of a file that may have very many rows."""

    @property
    def file(self) -> str:
        return f"{self.name}.csv"
