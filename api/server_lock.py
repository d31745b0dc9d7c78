"""One server to one embedded database: a lock file says that it is running, and dies with it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.settings import SettingsError

NAME = "server.lock"


@contextmanager
def server_lock(data_dir: Path) -> Iterator[None]:
    """Hold the lock for as long as the server runs. Raises SettingsError where another server has it."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_dir / NAME).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = (
                f"Another server is using the database in {data_dir}. Stop it first, "
                "or give this one a folder of its own with EXTRA_SESSIONS_DATA_DIR."
            )
            raise SettingsError(msg) from None
        yield
