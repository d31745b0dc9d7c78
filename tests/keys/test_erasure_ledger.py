"""The ledger outlives what happens to files: a line cut off anywhere costs that line alone."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.erasure_ledger import ErasureLedger, LedgerUnreadable
from models.ids import new_id

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ERASED = st.dictionaries(st.builds(lambda: new_id("cli")), MOMENTS, min_size=1, max_size=5)
ONE = {"cli_one": datetime(2026, 11, 25, 3, 4, 5, 678901, UTC)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "erasures.jsonl"


def test_there_is_none_at_first(path: Path) -> None:
    assert ErasureLedger(path).read() == {}
    ErasureLedger(path).add({})
    assert not path.exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ERASED, ERASED, st.integers(1))
def test_a_line_that_was_cut_off_costs_itself_alone(
    tmp_path: Path, first: dict[str, datetime], second: dict[str, datetime], at: int
) -> None:
    path = tmp_path / new_id("ledger")
    ledger = ErasureLedger(path)
    ledger.add(first)
    whole = path.stat().st_size
    last = {"cli_last": datetime(2026, 1, 1, tzinfo=UTC)}
    ledger.add(last)
    written = path.stat().st_size - whole
    os.truncate(path, whole + at % written)
    assert ledger.read() == first
    ledger.add(second)
    assert ledger.read() == first | second


def test_moments_are_kept_to_the_microsecond_in_utc(path: Path) -> None:
    (client, at), *_ = ONE.items()
    ErasureLedger(path).add({client: at.astimezone(UTC) + timedelta(0)})
    assert ErasureLedger(path).read() == ONE
    assert path.read_text() == '{"client":"cli_one","erased_at":"2026-11-25T03:04:05.678901+00:00"}\n'
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("line", ["nonsense", "{}", '{"client": "cli_x"}', '{"client": "cli_x", "erased_at": 3}', "[]"])
def test_a_line_that_is_not_its_own_is_named_and_not_passed_over(path: Path, line: str) -> None:
    ledger = ErasureLedger(path)
    ledger.add(ONE)
    with path.open("a") as file:
        file.write(f"{line}\n")
    ledger.add({"cli_two": ONE["cli_one"]})
    with pytest.raises(LedgerUnreadable, match="Line 2 of"):
        ledger.read()
