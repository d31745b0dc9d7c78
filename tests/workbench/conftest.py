"""A served deployment and a browser, for the tests that look at the page as people do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests import engines
from tests.workbench.stage import Stage, browsing, build, staged


@pytest.fixture(scope="session")
def built() -> None:
    """GraphiQL as `make workbench` builds it: once, and again only where its sources have changed."""
    build()


@pytest.fixture
async def browser(built: None) -> AsyncIterator[Browser]:
    del built
    async with browsing() as browser:
        yield browser


@pytest.fixture
def own_database(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of an empty database."""
    path = tmp_path / "extra-sessions.sqlite3"
    engines.copy_sqlite(migrated_sqlite, path)
    return engines.sqlite_url(path)


@pytest.fixture
async def stage(own_database: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, own_database) as stage:
        yield stage
