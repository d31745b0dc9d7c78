"""A served deployment and a browser, for the tests that look at the page as people do."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests import engines
from tests.stories.server import ROOT
from tests.workbench.stage import CHROMIUM, Stage, browsing, staged


@pytest.fixture(scope="session")
def built() -> None:
    """GraphiQL as `make workbench` builds it: once, and again only where its sources have changed."""
    done = subprocess.run([sys.executable, ROOT / ".ci/workbench.py"], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"GraphiQL could not be built, so nobody looked at it: {done.stdout.splitlines()[-1]}")


@pytest.fixture
async def browser(built: None) -> AsyncIterator[Browser]:
    del built
    if CHROMIUM is None:
        pytest.skip("Chromium is not on this machine: GraphiQL was not looked at in a browser")
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
