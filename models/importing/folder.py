"""The import of one folder: file by file, batch by batch, in as many transactions as the database can bear."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models import event_log
from models.clock import Clock
from models.database import Database
from models.importing import repeats
from models.importing.batch import Batch, Desk, Row
from models.importing.columns import Plan, plan
from models.importing.pace import breathe, roomy, undisturbed
from models.importing.reading import CsvFile, Flaw, Record
from models.importing.report import Problem, Report, Silent, Tally, Watcher
from models.importing.sheet import Sheet
from models.importing.sheets import SHEETS

_BATCH = 2_000


class Mode(Enum):
    """How much is one transaction."""

    FILES = auto()
    """A file: all of it or, if the import is stopped, nothing. For a database that nobody else uses: none could record
    an event meanwhile."""
    BATCHES = auto()
    """A batch, with a pause after each: for a database that a server is using."""
    REHEARSAL = auto()
    """Everything, and in the end it is rolled back."""


class _Rehearsed(Exception):
    """Ends a rehearsal by rolling it back."""


async def load_folder(
    folder: Path, *, database: Database, clock: Clock, mode: Mode = Mode.FILES, watcher: Watcher | None = None
) -> Report:
    """Load every file that the folder has; what is wrong is told to ``watcher`` and left out, all else is loaded.

    Loading the same folder again changes nothing.
    """
    importing = _Import(database, clock, mode, watcher or Silent())
    importing.look_around(folder)
    try:
        async with undisturbed(), importing.transaction(None, Mode.REHEARSAL) as session:
            for sheet in SHEETS:
                if (folder / sheet.file).exists():
                    await importing.load(folder / sheet.file, sheet, session)
            _roll_back(session)
        async with database.transaction() as last:
            await repeats.end_import(last)
    except _Rehearsed:
        pass
    return importing.report


def _roll_back(rehearsal: AsyncSession | None) -> None:
    if rehearsal is not None:
        raise _Rehearsed


class _Import:
    def __init__(self, database: Database, clock: Clock, mode: Mode, watcher: Watcher) -> None:
        self.report = Report()
        self._database = database
        self._clock = clock
        self._mode = mode
        self._watcher = watcher

    @asynccontextmanager
    async def transaction(self, outer: AsyncSession | None, here: Mode) -> AsyncIterator[AsyncSession | None]:
        """Open the transaction if this is the level at which the mode has it, else pass on the outer one."""
        if outer is not None or here is not self._mode:
            yield outer
            return
        async with self._database.transaction() as session, roomy(session):
            yield session

    def look_around(self, folder: Path) -> None:
        """Report the files that would otherwise be passed over in silence, such as one with a misspelt name."""
        known = {sheet.file for sheet in SHEETS}
        found = {path.name for path in folder.iterdir() if path.suffix.lower() == ".csv"}
        for name in sorted(found - known):
            self._refuse(Problem(name, None, None, f"is not loaded; expected one of {', '.join(sorted(known))}"))
        if not found & known:
            self._refuse(Problem(folder.name, None, None, f"holds none of {', '.join(sorted(known))}"))

    async def load(self, path: Path, sheet: Sheet, outer: AsyncSession | None) -> None:
        tally = Tally(sheet.file)
        try:
            with path.open("rb") as stream:
                file = CsvFile(path, stream)
                self._watcher.opened(sheet.file, file.size)
                async with self.transaction(outer, Mode.FILES) as session:
                    await self._load_rows(sheet, file, tally, session)
        except OSError as error:
            self._refuse(Problem(sheet.file, None, None, f"can't be read: {error.strerror}"))
        self._watcher.closed(tally)
        self.report.tallies.append(tally)

    async def _load_rows(self, sheet: Sheet, file: CsvFile, tally: Tally, outer: AsyncSession | None) -> None:
        records = file.records()
        columns = self._columns(sheet, next(records, None))
        behind = 0
        kept: dict[str, dict[Any, Any]] = {}
        while columns is not None and (some := list(islice(records, _BATCH))):
            batch = _parsed(sheet, columns, some)
            async with self.transaction(outer, Mode.BATCHES) as session:
                if session is not None:
                    await self._load_batch(sheet, batch, session, kept, first=behind == 0)
            self._tell(batch, tally)
            self._watcher.advanced(file.read - behind)
            behind = file.read
            if self._mode is Mode.BATCHES:
                await breathe()

    async def _load_batch(
        self, sheet: Sheet, batch: Batch, session: AsyncSession, kept: dict[str, dict[Any, Any]], *, first: bool
    ) -> None:
        if first:
            await repeats.begin_file(session)
        database = self._database
        await sheet.load(batch, Desk(session, database.vault, database.keys, self._clock.now(), kept))
        if self._mode is not Mode.BATCHES:
            await self._write_early(session)

    async def _write_early(self, session: AsyncSession) -> None:
        """Keep no batch's events and new clients' keys until the end of its file, which may have millions.

        The log's head is held from the first event on: a file is one transaction only where nobody else writes. A
        rehearsal writes neither: its events are dropped, its keys kept for the files that seal by them.
        """
        entries = session.info.pop("events", None)
        if self._mode is not Mode.FILES:
            return
        if made := session.info.pop("client_keys", None):
            await self._database.keys.add(made.values())
        if entries:
            await event_log.append(session, entries)

    def _columns(self, sheet: Sheet, header: Record | Flaw | None) -> Plan | None:
        """Read the header; without a good one nothing of the file is loaded."""
        if header is None:
            self._refuse(Problem(sheet.file, None, None, "is empty; expected a header"))
            return None
        if isinstance(header, Flaw):
            self._refuse(Problem(sheet.file, header.line, None, f"the header {header.reason}"))
            return None
        columns, flaws = plan(header.cells, sheet.columns)
        for column, reason in flaws:
            self._refuse(Problem(sheet.file, header.line, column, reason))
        return None if flaws else columns

    def _tell(self, batch: Batch, tally: Tally) -> None:
        for problem in sorted(batch.problems, key=lambda each: each.line or 0):
            self._refuse(problem)
        batch.add_to(tally)

    def _refuse(self, problem: Problem) -> None:
        self.report.problems += 1
        self._watcher.refused(problem)


def _parsed(sheet: Sheet, columns: Plan, records: list[Record | Flaw]) -> Batch:
    batch = Batch(sheet.file)
    for record in records:
        if isinstance(record, Record):
            row, flaws = columns.read(record.line, record.cells)
        else:
            row, flaws = Row(record.line, {}), [(None, record.reason)]
        batch.rows.append(row)
        for column, reason in flaws:
            batch.refuse(row, column, reason)
    return batch
