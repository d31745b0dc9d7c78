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
async def stage(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    path = tmp_path / "extra-sessions.sqlite3"
    engines.copy_sqlite(migrated_sqlite, path)
    async with staged(tmp_path, engines.sqlite_url(path)) as stage:
        yield stage
