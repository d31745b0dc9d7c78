"""No file of the database holds what a client's row said, not even what was written on the way."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from models.database import Database
from models.importing.folder import Mode
from tests.clock import FixedClock
from tests.importing import office

PLAIN = (
    b"Melisande",
    b"melisande@example.com",
    b"Featherstone",
    b"255501234",
    b"1984-03-09",
    b"SBL-48213",
    b"cli-1",
    b"Settle what has been gained",
    b"A first appointment is booked",
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mode", Mode)
async def test_a_client_stands_nowhere_in_plain(
    tmp_path: Path, database: Database, database_url: str, clock: FixedClock, mode: Mode
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert (await office.load(office.write(folder, office.good()), database, clock, mode=mode)).clean
    files = _files(database_url)
    assert any(path.name.endswith("-wal") for path in files)
    for content in (path.read_bytes() for path in files):
        assert not [plain for plain in PLAIN if plain in content]
    if mode is not Mode.REHEARSAL:
        assert any(b"Bluegum" in path.read_bytes() for path in files)


def _files(url: str) -> list[Path]:
    path = Path(make_url(url).database or "")
    return sorted(path.parent.glob(f"{path.name}*"))
