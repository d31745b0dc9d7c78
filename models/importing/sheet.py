"""One kind of file: its columns, and the function that loads some of its rows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from models.importing.batch import Batch, Desk
from models.importing.columns import Column


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    about: str
    columns: tuple[Column, ...]
    load: Callable[[Batch, Desk], Awaitable[None]]

    @property
    def file(self) -> str:
        return f"{self.name}.csv"
