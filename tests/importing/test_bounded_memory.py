"""An import's memory does not grow with its files."""

import tracemalloc
from pathlib import Path

import pytest

from bench.import_appointments import APPOINTMENTS_A_CASE, write_folder
from models.database import Database
from models.importing.folder import Mode
from tests.clock import FixedClock
from tests.importing import office

CACHES = 8 * 2**20
"""What the bounded caches, of cases and of clients' keys, may grow by. Forty thousand rows kept would be 30 MiB."""


async def peak(folder: Path, database: Database, clock: FixedClock, mode: Mode) -> int:
    """Return the most that Python held at once while the folder was loaded, in bytes."""
    tracemalloc.start()
    try:
        assert (await office.load(folder, database, clock, mode=mode)).clean
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
        peaks[rows] = await peak(folder, database, clock, Mode.REHEARSAL)
    assert peaks[60_000] - peaks[20_000] < CACHES


@pytest.mark.prove
@pytest.mark.parametrize("mode", [Mode.FILES, Mode.BATCHES])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_six_times_the_clients_take_no_more_memory(
    tmp_path: Path, database: Database, clock: FixedClock, mode: Mode
) -> None:
    """Each new one has a key, which Python holds in some 600 bytes."""
    peaks = {}
    for clients in (4_000, 24_000):
        folder = tmp_path / str(clients)
        folder.mkdir()
        write_folder(folder, clients * APPOINTMENTS_A_CASE)
        for name in ("cases.csv", "appointments.csv"):
            (folder / name).unlink()
        peaks[clients] = await peak(folder, database, clock, mode)
    assert peaks[24_000] - peaks[4_000] < CACHES
