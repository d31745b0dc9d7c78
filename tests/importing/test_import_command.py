"""The command ``extra-sessions import``: what it prints, how it ends, and that it gets along with a running server."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from api.commands.import_folder import import_folder
from api.keys import open_keyring
from api.server_lock import server_lock
from api.settings import Settings
from models.database import Database
from models.importing.sheets import SHEETS
from tests import engines
from tests.architecture.tree import ROOT
from tests.importing import office

GUIDE = ROOT / "docs/import.md"


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    engines.copy_sqlite(migrated_sqlite, data_dir / "extra-sessions.sqlite3")
    return Settings(mode="demo", data_dir=data_dir)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    return office.write(folder, office.good())


def run(settings: Settings, *arguments: str | Path) -> Result:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(settings.data_dir)}
    return CliRunner(env=environment).invoke(import_folder, [str(argument) for argument in arguments])


async def loaded(settings: Settings) -> int:
    """Count the appointments."""
    database = Database.open(settings.database_url, open_keyring(settings), settings.key_store_url)
    try:
        return len((await office.contents(database))["appointment"])
    finally:
        await database.close()


def test_it_prints_a_line_for_each_file(settings: Settings, folder: Path) -> None:
    result = run(settings, folder)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        f"{name}.csv: {len(rows)} added, 0 changed, 0 unchanged, 0 left out" for name, rows in office.GOOD.items()
    ]


def test_a_problem_is_printed_and_ends_it_with_1(settings: Settings, folder: Path) -> None:
    (folder / "practices.csv").write_text("external_id,name,suburb,time_zone\nprac-9,Tui Street,Pohutukawa Flat,NZ?\n")
    result = run(settings, folder)
    assert result.exit_code == 1
    assert "practices.csv:2: time_zone: expected an IANA time zone, such as Australia/Melbourne" in result.output
    assert result.output.splitlines()[-1].endswith("problems: see above.")


async def test_a_dry_run_says_so_and_writes_nothing(settings: Settings, folder: Path) -> None:
    result = await _in_thread(settings, folder, "--dry-run")
    assert result.exit_code == 0
    assert "appointments.csv: 2 added" in result.output
    assert result.output.splitlines()[-1] == "This was a dry run: nothing was written."
    assert await loaded(settings) == 0


async def test_beside_a_running_server_it_loads_in_batches(settings: Settings, folder: Path) -> None:
    with server_lock(settings.data_dir):
        assert (await _in_thread(settings, folder)).exit_code == 0
    assert await loaded(settings) == 2


async def test_beside_a_running_server_a_dry_run_works_on_a_copy_that_is_gone_afterwards(
    settings: Settings, folder: Path
) -> None:
    database = Database.open(settings.database_url, open_keyring(settings), settings.key_store_url)
    with server_lock(settings.data_dir):
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))  # a server that writes just now
            result = await _in_thread(settings, folder, "--dry-run")
    await database.close()
    assert result.exit_code == 0
    assert "appointments.csv: 2 added" in result.output
    assert await loaded(settings) == 0
    assert not list(settings.data_dir.glob("rehearsal-*"))


def test_a_database_that_was_never_migrated_is_migrated(tmp_path: Path, folder: Path) -> None:
    assert run(Settings(mode="demo", data_dir=tmp_path / "new"), folder).exit_code == 0


def test_a_dry_run_on_a_database_without_tables_is_refused_in_plain_words(tmp_path: Path, folder: Path) -> None:
    result = run(Settings(mode="demo", data_dir=tmp_path / "new"), folder, "--dry-run")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith("Error: The database stopped the import")


def test_a_folder_that_is_not_there_is_refused(settings: Settings, tmp_path: Path) -> None:
    assert run(settings, tmp_path / "nowhere").exit_code == 2


def test_the_help_names_every_file_and_every_column(settings: Settings) -> None:
    helped = run(settings, "--help").output
    for sheet in SHEETS:
        assert f"{sheet.file}: " in helped
        assert not [
            column.name
            for column in sheet.columns
            if f"  {column.name} " not in helped.replace("[", "").replace("]", " ")
        ]


def test_the_guide_names_every_file_and_every_column() -> None:
    sections = GUIDE.read_text().split("\n### ")
    for sheet in SHEETS:
        (section,) = [each for each in sections if each.startswith(sheet.file)]
        assert not [column.name for column in sheet.columns if f"| `{column.name}` |" not in section]


async def _in_thread(settings: Settings, *arguments: str | Path) -> Result:
    """Run the command beside this loop: it has one of its own."""
    return await asyncio.to_thread(run, settings, *arguments)
