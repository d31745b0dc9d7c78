"""Measures how long a million appointments take to import, and how much memory, beside SQLite's own CSV import.

Run it with ``python -m bench.import_appointments [--rows N]``. It works in a temporary folder, which it removes.
"""

import argparse
import asyncio
import csv
import json
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from models.clock import SystemClock
from models.database import Database
from models.importing.folder import load_folder
from models.importing.report import Silent, Tally
from models.keyring import Keyring
from models.migrations.run import upgrade

PRACTICES = 40
CONSULTANTS = 1_000
APPOINTMENTS_A_CASE = 8
FIRST_DAY = datetime(2020, 1, 6, 22, tzinfo=UTC)

_COLUMNS = ("external_id", "case", "consultant", "starts_at", "ends_at", "status")
_BARE = (
    "CREATE TABLE appointment (external_id TEXT, kase TEXT, consultant TEXT, starts_at TEXT, ends_at TEXT, status TEXT)"
)
_INDEXES = (
    "CREATE UNIQUE INDEX external ON appointment (external_id)",
    "CREATE INDEX calendar ON appointment (consultant, starts_at, external_id)",
    "CREATE INDEX kase ON appointment (kase, starts_at, external_id)",
)


def write_folder(folder: Path, rows: int) -> None:
    """Write what an old system with so many appointments would leave, in the order in which they took place."""
    cases = max(1, rows // APPOINTMENTS_A_CASE)
    _write(
        folder / "organisations.csv",
        ("external_id", "name", "headcount", "region", "time_zone", "entitled_sessions"),
        [("org", "Saltbush Logistics", "900", "AU-VIC", "Australia/Melbourne", "6")],
    )
    _write(
        folder / "practices.csv",
        ("external_id", "name", "suburb", "time_zone"),
        ((f"p{number}", f"Practice {number}", "Brunswick", "Australia/Melbourne") for number in range(PRACTICES)),
    )
    _write(
        folder / "consultants.csv",
        ("external_id", "practice", "name", "email"),
        ((f"c{n}", f"p{n % PRACTICES}", f"Consultant {n}", f"c{n}@practice.example") for n in range(CONSULTANTS)),
    )
    _write(
        folder / "clients.csv",
        ("external_id", "organisation", "name", "email"),
        ((f"k{number}", "org", f"Client {number}", f"k{number}@client.example") for number in range(cases)),
    )
    _write(
        folder / "cases.csv",
        ("number", "client", "organisation", "practice", "status", "opened_on"),
        ((f"ASST-{n:06}", f"k{n}", "org", f"p{n % PRACTICES}", "OPEN", "2020-01-06") for n in range(cases)),
    )
    _write(folder / "appointments.csv", _COLUMNS, _appointments(rows, cases))


def _appointments(rows: int, cases: int) -> Iterator[tuple[str, ...]]:
    dice = random.Random(7)
    for number in range(rows):
        begun = number // APPOINTMENTS_A_CASE
        case = max(0, min(cases - 1, begun - dice.randrange(2_000)))
        consultant = case % PRACTICES + PRACTICES * dice.randrange(CONSULTANTS // PRACTICES)
        starts = FIRST_DAY + timedelta(minutes=30 * (number // 250))
        times = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (starts, starts + timedelta(minutes=50)))
        yield f"a{number:07}", f"ASST-{case:06}", f"c{consultant}", *times, "COMPLETED"


def _write(path: Path, header: tuple[str, ...], rows: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


class _Stopwatch(Silent):
    def __init__(self) -> None:
        self.seconds: dict[str, tuple[float, float]] = {}
        self._began = (0.0, 0.0)

    def opened(self, file: str, size: int) -> None:
        del file, size
        self._began = (time.perf_counter(), time.process_time())

    def closed(self, tally: Tally) -> None:
        wall, processor = self._began
        self.seconds[tally.file] = (time.perf_counter() - wall, time.process_time() - processor)


def import_once(folder: Path, url: str, key_file: Path) -> None:
    """Import in this process and print what it took, as JSON: the parent can't measure a child's peak so exactly."""

    async def run() -> _Stopwatch:
        database = Database.open(url, Keyring.load(key_file))
        stopwatch = _Stopwatch()
        report = await load_folder(folder, database=database, clock=SystemClock(), watcher=stopwatch)
        await database.close()
        assert report.clean
        return stopwatch

    began = time.perf_counter()
    seconds = asyncio.run(run()).seconds
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"all": time.perf_counter() - began, "files": seconds, "peak_mib": peak}))


def import_in_child(folder: Path, url: str, key_file: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.import_appointments", "--child", str(folder), url, str(key_file)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, Any] = json.loads(printed)
    return measured


def sqlite_seconds(csv_file: Path, database: Path, *, indexes: bool) -> tuple[float, float]:
    """Return how long SQLite itself takes for the same file: its shell's .import, or rows straight into the driver.

    The first is time by the clock, the second the processor's.
    """
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in (_BARE, *(_INDEXES if indexes else ())):
            connection.execute(statement)
    connection.close()
    began, processor = time.perf_counter(), _processor()
    if shell := shutil.which("sqlite3"):
        script = f"PRAGMA cache_size = -65536;\n.import --csv --skip 1 {csv_file} appointment\n"
        subprocess.run([shell, str(database)], input=script, check=True, text=True, capture_output=True)
    else:
        _executemany(csv_file, database)
    return time.perf_counter() - began, _processor() - processor


def _processor() -> float:
    """Return the processor time of this process and of the children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _executemany(csv_file: Path, database: Path) -> None:
    with csv_file.open(encoding="utf-8", newline="") as file, sqlite3.connect(database) as connection:
        rows = csv.reader(file)
        next(rows)
        connection.executemany("INSERT INTO appointment VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--postgresql", default="", help="an empty database's URL, to measure too")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        import_once(Path(given.child[0]), given.child[1], Path(given.child[2]))
        return
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place), given.rows, given.postgresql)


def measure(place: Path, rows: int, postgresql: str) -> None:
    folder = place / "folder"
    folder.mkdir()
    write_folder(folder, rows)
    key_file = place / "keys.json"
    Keyring.generate().save(key_file)
    csv_file = folder / "appointments.csv"
    tool = "sqlite3 .import" if shutil.which("sqlite3") else "the driver's executemany"
    print(f"{rows:,} appointments, {csv_file.stat().st_size / 2**20:.0f} MiB of CSV")
    for indexes in (False, True):
        title = f"{tool}, {'the same indexes' if indexes else 'no index'}"
        _print(title, sqlite_seconds(csv_file, place / f"plain-{indexes}.db", indexes=indexes))
    urls = {"SQLite": f"sqlite+aiosqlite:///{place / 'imported.db'}", "PostgreSQL": postgresql}
    for name, url in urls.items():
        if url:
            upgrade(url)
            for turn in ("import", "the same again"):
                measured = import_in_child(folder, url, key_file)
                peak = f"peak {measured['peak_mib']:.0f} MiB; the whole folder {measured['all']:.1f} s"
                _print(f"{turn}, {name}", measured["files"]["appointments.csv"], peak)


def _print(title: str, seconds: tuple[float, float], more: str = "") -> None:
    print(f"{title:<34} {seconds[0]:6.1f} s, {seconds[1]:5.1f} s of a processor  {more}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
