"""The command ``extra-sessions statistics``: CSV for a file, and a plain word where it was asked for nonsense."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.__main__ import main
from api.keys import open_keyring
from api.settings import Settings
from models.database import Database
from tests import engines
from tests.builders import a_world, released
from tests.clock import FixedClock
from tests.operations.acting import approve

HEADER = (
    "organisation_id,organisation,period_from,period_to,approved,declined,decided,open,"
    "median_business_days,mean_business_days,late_share"
)
NOVEMBER = ("--from", "2026-11-01", "--to", "2026-11-30")


@pytest.fixture
def settings(tmp_path: Path, migrated_sqlite: Path) -> Settings:
    """A deployment in which one organisation has approved one request, on a Monday in November."""
    engines.copy_sqlite(migrated_sqlite, tmp_path / "extra-sessions.sqlite3")
    settings = Settings(mode="demo", data_dir=tmp_path)
    asyncio.run(approved(settings))
    return settings


async def approved(settings: Settings) -> None:
    database = Database.open(settings.database_url, open_keyring(settings), settings.key_store_url)
    world = await a_world(database, FixedClock())
    await approve(world, await released(world))
    await database.close()


def statistics(settings: Settings, *options: str) -> Result:
    environment = {"EXTRA_SESSIONS_MODE": "demo", "EXTRA_SESSIONS_DATA_DIR": str(settings.data_dir)}
    return CliRunner(env=environment).invoke(main, ["statistics", *options])


def test_what_is_printed_is_a_file_as_it_is(settings: Settings) -> None:
    result = statistics(settings, *NOVEMBER)
    assert result.exit_code == 0, result.output
    header, row, end = result.stdout_bytes.decode().split("\r\n")
    assert header == HEADER
    assert row.partition(",2026")[2] == "-11-01,2026-11-30,1,0,1,0,0.0,0.00,0.0000"
    assert not end


def test_periods_and_an_organisation_can_be_named(settings: Settings) -> None:
    year = ("--from", "2025-01-01", "--to", "2026-12-31", "--by", "year")
    organisation = statistics(settings, *year).output.splitlines()[1].partition(",")[0]
    narrowed = statistics(settings, *year, "--organisation", organisation)
    assert ",2026-01-01,2026-12-31,1," in narrowed.output
    assert statistics(settings, *year, "--organisation", "org_x").stdout_bytes.decode() == f"{HEADER}\r\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--from", "2026-11-30", "--to", "2026-11-01"), "`to` must be `from` or later."),
        (("--from", "yesterday", "--to", "2026-11-01"), "'yesterday' does not match"),
        (("--to", "2026-11-01"), "Missing option '--from'"),
        ((*NOVEMBER, "--by", "week"), "'week' is not one of"),
    ],
)
def test_what_means_nothing_is_refused_in_words(settings: Settings, options: tuple[str, ...], told: str) -> None:
    result = statistics(settings, *options)
    assert result.exit_code == 2
    assert told in result.output


def test_the_help_says_what_it_does(settings: Settings) -> None:
    told = " ".join(statistics(settings, "--help").output.split())
    for each in ("--from", "--to", "--by [month|quarter|year|all]", "--organisation ID", "as CSV", "[default: month]"):
        assert each in told
