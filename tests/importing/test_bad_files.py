"""A file that can't be read as what it should be is told in one plain line, and nothing of it is loaded."""

from pathlib import Path

import pytest

from models.database import Database
from tests.clock import FixedClock
from tests.importing import office

HEADER = b"external_id,name,suburb,time_zone"
ROW = b"prac-1,Bluegum,Wattle Bay,Australia/Melbourne"


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One engine is enough: these files never reach it."""
    from tests import engines  # noqa: PLC0415

    path = tmp_path / "test.db"
    engines.copy_sqlite(migrated_sqlite, path)
    return engines.sqlite_url(path)


async def problems(folder: Path, database: Database, clock: FixedClock) -> list[str]:
    notes = office.Notes()
    report = await office.load(folder, database, clock, notes=notes)
    assert report.problems == len(notes.problems)
    return [str(problem) for problem in notes.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ["practices.csv: is empty; expected a header"]),
        (b"\xef\xbb\xbf", ["practices.csv: is empty; expected a header"]),
        (b"external_id,name,suburb\n", ["practices.csv:1: time_zone: is missing from the header"]),
        (
            HEADER + b",town\n" + ROW + b",x\n",
            ["practices.csv:1: the header's column 5 is unknown; expected external_id, name, suburb, time_zone"],
        ),
        (HEADER + b",name\n", ["practices.csv:1: name: stands in the header twice, again as column 5"]),
        (HEADER.replace(b",", b"\0"), ["practices.csv:1: the header holds a NUL character"]),
        (b"n\xe4me\n", ["practices.csv:1: the header is not UTF-8"]),
        (
            b'external_id,"name\n' + ROW,
            [
                "practices.csv:1: the header has a quote that is not closed, not doubled or in the middle of a cell",
            ],
        ),
        (
            b"x" * 100_000,
            ["practices.csv:1: the header is longer than 65,536 bytes, or opens a quote that is not closed"],
        ),
    ],
)
async def test_a_bad_header_is_told_and_nothing_is_loaded(
    folder: Path, database: Database, clock: FixedClock, content: bytes, told: list[str]
) -> None:
    (folder / "practices.csv").write_bytes(content)
    before = await office.contents(database)
    assert await problems(folder, database, clock) == told
    assert await office.contents(database) == before


async def test_a_file_without_a_header_is_told_without_its_data(
    folder: Path, database: Database, clock: FixedClock
) -> None:
    (folder / "clients.csv").write_text("cli-1,org-1,Melisande Featherstone,melisande@example.com\n")
    told = "\n".join(await problems(folder, database, clock))
    assert "the header's column 3 is unknown" in told
    assert "Melisande" not in told


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"prac-2,Kurrajong,Marri Heights", "has 3 cells where the header has 4"),
        (b"prac-2,Kurrajong,Marri,Heights,Australia/Perth", "has 5 cells where the header has 4"),
        (b"prac-2,Kurra\0jong,Marri Heights,Australia/Perth", "holds a NUL character"),
        (b"prac-2,Kurraj\xf6ng,Marri Heights,Australia/Perth", "is not UTF-8"),
        (b'prac-2,"Kurra"jong,Marri Heights,Australia/Perth', "has a quote that is not closed"),
        (b'prac-2,"Kurrajong,Marri Heights,Australia/Perth', "has a quote that is not closed"),
        (b"prac-2," + b"x" * 70_000 + b",Marri Heights,Australia/Perth", "is longer than 65,536 bytes"),
    ],
)
async def test_a_damaged_row_is_told_and_the_others_are_loaded(
    folder: Path, database: Database, clock: FixedClock, row: bytes, reason: str
) -> None:
    last = b"prac-3,Tui Street,Pohutukawa Flat,Pacific/Auckland"
    (folder / "practices.csv").write_bytes(b"\r\n".join([HEADER, ROW, row, last]))
    told = await problems(folder, database, clock)
    assert len(told) == 1
    assert told[0].startswith(f"practices.csv:3: {reason}")
    assert len((await office.contents(database))["practice"]) == 2


async def test_a_byte_order_mark_spaces_and_another_order_of_columns_are_no_harm(
    folder: Path, database: Database, clock: FixedClock
) -> None:
    rows = b" time_zone , name,suburb,external_id\n Australia/Perth , Kurrajong , Marri Heights , prac-2 \n\n"
    (folder / "practices.csv").write_bytes(b"\xef\xbb\xbf" + rows)
    assert await problems(folder, database, clock) == []
    assert len((await office.contents(database))["practice"]) == 1


async def test_a_header_alone_loads_nothing_and_is_no_problem(
    folder: Path, database: Database, clock: FixedClock
) -> None:
    (folder / "practices.csv").write_bytes(HEADER)
    assert await problems(folder, database, clock) == []


async def test_a_file_with_an_unknown_name_is_not_passed_over_in_silence(
    folder: Path, database: Database, clock: FixedClock
) -> None:
    (folder / "practices.csv").write_bytes(HEADER)
    (folder / "appointment.csv").write_text("external_id\n")
    told = await problems(folder, database, clock)
    assert len(told) == 1
    assert told[0].startswith("appointment.csv: is not loaded; expected one of accounts.csv, appointments.csv")


async def test_an_empty_folder_is_told(folder: Path, database: Database, clock: FixedClock) -> None:
    told = await problems(folder, database, clock)
    assert len(told) == 1
    assert told[0].startswith("folder: holds none of")


async def test_a_folder_in_a_files_place_is_told(folder: Path, database: Database, clock: FixedClock) -> None:
    (folder / "practices.csv").mkdir()
    assert await problems(folder, database, clock) == ["practices.csv: can't be read: Is a directory"]
