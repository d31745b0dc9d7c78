"""What the proofs share: a theatre on each engine, kept open for all pairs that a worker plays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.keyring import Keyring
from tests import engines
from tests.confidentiality.performing import Company, on_postgres, on_sqlite


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """Keys of a demo: they sign the tokens of these tests."""
    return Keyring.generate(demo=True)


@pytest.fixture(scope="session")
def company(migrated_sqlite: Path, keyring: Keyring) -> Iterator[Company]:
    with engines.folder_in_memory() as folder, on_sqlite(migrated_sqlite, folder, keyring) as company:
        yield company


@pytest.fixture(scope="session")
def postgres_company(postgres_server: str, testrun_uid: str, worker_id: str, keyring: Keyring) -> Iterator[Company]:
    with on_postgres(postgres_server, f"worlds_{testrun_uid[:8]}_{worker_id}", keyring) as company:
        yield company
