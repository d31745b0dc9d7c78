"""What these proofs share: a theatre on each engine, kept open for all that a worker plays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.keyring import Keyring
from tests import engines
from tests.life.theatre import Theatre, on_postgres, on_sqlite


@pytest.fixture(scope="session")
def sqlite_theatre(migrated_sqlite: Path, keyring: Keyring) -> Iterator[Theatre]:
    with engines.folder_in_memory() as folder, on_sqlite(migrated_sqlite, folder, keyring) as theatre:
        yield theatre


@pytest.fixture(scope="session")
def postgres_theatre(postgres_server: str, testrun_uid: str, worker_id: str, keyring: Keyring) -> Iterator[Theatre]:
    with on_postgres(postgres_server, f"lives_{testrun_uid[:8]}_{worker_id}", keyring) as theatre:
        yield theatre


@pytest.fixture(params=engines.ENGINES)
def theatre(request: pytest.FixtureRequest) -> Theatre:
    found: Theatre = request.getfixturevalue(f"{request.param.replace('postgresql', 'postgres')}_theatre")
    return found
