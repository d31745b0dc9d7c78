"""An import's memory does not grow with its files."""

import tracemalloc
from pathlib import Path

import pytest

from bench.import_appointments import write_folder
from models.database import Database
from models.importing.folder import Mode
from tests.clock import FixedClock
from tests.importing import office

CACHES = 8 * 2**20
"""What the bounded caches, of cases and of clients' keys, may grow by. Forty thousand rows kept would be 30 MiB."""


async def peak(folder: Path, database: Database, clock: FixedClock) -> int:
    """Return the most that Python held at once while the folder was rehearsed, in bytes."""
    tracemalloc.start()
    try:
        assert (await office.load(folder, database, clock, mode=Mode.REHEARSAL)).clean
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.prove
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_three_times_the_rows_take_no_more_memory(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    peaks = {}
    for rows in (20_000, 60_000):
        folder = tmp_path / str(rows)
        folder.mkdir()
        write_folder(folder, rows)
        peaks[rows] = await peak(folder, database, clock)
    assert peaks[60_000] - peaks[20_000] < CACHES
