"""The office where clients are erased, on each engine."""

from pathlib import Path

import pytest

from models.database import Database
from models.erasure_ledger import ErasureLedger
from models.keyring import Keyring
from tests.clock import FixedClock
from tests.keys.strongroom import Office


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """Keys of a demo: they sign the tokens of these tests."""
    return Keyring.generate(demo=True)


@pytest.fixture
def office(database: Database, clock: FixedClock, tmp_path: Path) -> Office:
    return Office(database, clock, ErasureLedger(tmp_path / "erasures.jsonl"))
