"""A database of either engine with the whole cast in it, brought back to that before each play."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models.database import Database
from models.keyring import Keyring
from models.migrations.run import upgrade
from tests import engines
from tests.clock import FixedClock
from tests.confidentiality.at_once import work_at_once
from tests.life.cast import Cast, a_cast
from tests.life.counting import Count
from tests.life.knowing import Known
from tests.life.moves import Doing
from tests.life.play import Play
from tests.life.records import Records, records_of


@dataclass
class Theatre:
    runner: asyncio.Runner
    database: Database
    records: Records
    cast: Cast
    reset: Callable[[], None]
    count: Count

    def begin(self, at: datetime) -> Play:
        """Return a new play on the whole cast, none of whom has done anything."""
        self.reset()
        clock = FixedClock(at)
        self.count.add("plays")
        return Play(Doing(self.database, clock), clock, self.records, Known(deepcopy(self.cast)), self.count)


@contextmanager
def a_theatre(url: str, keyring: Keyring, remember: Callable[[], Callable[[], None]]) -> Iterator[Theatre]:
    """Write the cast into an empty database; ``remember`` then returns how to come back to that."""
    with asyncio.Runner() as runner, records_of(url) as records:
        database = Database.open(url, keyring)
        for engine in engines_of(database):
            work_at_once(engine)
        try:
            cast = runner.run(a_cast(database, FixedClock()))
            yield Theatre(runner, database, records, cast, remember(), Count())
        finally:
            runner.run(database.close())


def engines_of(database: Database) -> list[Any]:
    keys = database.keys
    return [database._writer, database._reader, keys._writer, keys._reader]  # noqa: SLF001 - no other way to them


@contextmanager
def on_sqlite(migrated: Path, folder: Path, keyring: Keyring) -> Iterator[Theatre]:
    import sqlite3  # noqa: PLC0415 - by now it is the library that the product has chosen

    path, kept = folder / "lives.db", folder / "cast.db"
    engines.copy_sqlite(migrated, path)
    with ExitStack() as stack:
        source, target = (stack.enter_context(closing(sqlite3.connect(str(each)))) for each in (kept, path))

        def remember() -> Callable[[], None]:
            target.backup(source)
            return lambda: source.backup(target)

        yield stack.enter_context(a_theatre(engines.sqlite_url(path), keyring, remember))


class _CastReset(engines.PostgresReset):
    """Comes back to the rows that were there when it was made; the clients' keys stay."""

    def __call__(self) -> None:
        self._connection.execute(self._script)


@contextmanager
def on_postgres(server: str, name: str, keyring: Keyring) -> Iterator[Theatre]:
    with ExitStack() as stack:
        url = stack.enter_context(engines.postgres_database(server, name))
        upgrade(url)

        def remember() -> Callable[[], None]:
            reset = _CastReset(url)
            stack.callback(reset.close)
            return reset

        yield stack.enter_context(a_theatre(url, keyring, remember))
