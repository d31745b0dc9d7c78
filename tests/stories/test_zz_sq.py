import sys, pytest
from pathlib import Path
from tests.stories.server import deployed
from tests.stories.test_followers import SQLITE, survive


@SQLITE
async def test_some(database_url: str, tmp_path: Path, capsys) -> None:
    async with deployed(tmp_path / "data", database_url) as server:
        told = await survive([server], kills=25, restless=0.1)
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
