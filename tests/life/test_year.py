"""A year of requests: each reminder, escalation and mail is sent once, at its minute, and none is early."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from models.keyring import Keyring
from tests import engines
from tests.life.counting import PROPERTY, Count
from tests.life.year import Year, a_year

Record = Callable[[str, object], None]
REQUESTS = 10_000
PROVIDERS = 20


def test_a_small_year(database_url: str, keyring: Keyring, record_property: Record) -> None:
    with a_year(database_url, keyring, cases=100, seed=1) as (runner, year):
        prove(runner, year, record_property)


@pytest.mark.prove
@pytest.mark.parametrize("provider", range(PROVIDERS))
def test_a_year_of_ten_thousand_requests(
    migrated_sqlite: Path, keyring: Keyring, provider: int, record_property: Record
) -> None:
    """Several providers side by side, as each has a database of its own, and a machine several processors."""
    with engines.folder_in_memory() as folder:
        engines.copy_sqlite(migrated_sqlite, folder / "year.db")
        url = engines.sqlite_url(folder / "year.db")
        with a_year(url, keyring, cases=REQUESTS // PROVIDERS, seed=100 + provider) as (runner, year):
            prove(runner, year, record_property)


def prove(runner: asyncio.Runner, year: Year, record: Record) -> None:
    runner.run(year.live())
    sent, expected = year.sent(), year.expected()
    assert sent - expected == {}, "sent, and not by the book"
    assert expected - sent == {}, "not sent"
    assert year.states() == year.expected_states()
    count = Count()
    count.add("requests", number=sum(year.states().values()))
    for (_, status), number in year.states().items():
        count.add("requests ended in a state", status, number)
    for (kind, _, _), number in sent.items():
        count.add("mails", kind, number)
    for what, number in year.ran.items():
        count.add("acts and jobs", what, number)
    record(f"{PROPERTY} in a year", count.written())
