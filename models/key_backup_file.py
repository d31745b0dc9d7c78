"""The file of a key store's backup: JSON lines that say what it is, hold each wrapped key, and end with a digest.

Without the master keys of the key file, nothing in it can be read.
"""

import base64
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from models.sealing import ClientKeyRow

_FORMAT: Final = "Extra Sessions client keys, 1"


class BackupUnreadable(Exception):
    """The file is not a whole backup, or not one of this key store; the text is for the operator."""


@dataclass(frozen=True, slots=True)
class Backup:
    store: str
    """The name of the key store that it was made of."""
    made_at: datetime
    expires_at: datetime
    """When the last copy of it is promised to be gone."""
    rows: list[ClientKeyRow]


def write_backup(path: Path, backup: Backup) -> None:
    """Write a new file, readable by its owner alone: the whole of it, or none. Raises FileExistsError."""
    head = {"format": _FORMAT, "store": backup.store, "made_at": backup.made_at, "expires_at": backup.expires_at}
    lines = [orjson.dumps({**head, "keys": len(backup.rows)}), *map(_line, backup.rows)]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"\n".join([*lines, _digest(lines), b""]))
        file.flush()
        os.fsync(file.fileno())


def read_backup(path: Path) -> Backup:
    """Read a file and see that it is whole. Raises BackupUnreadable, and OSError where it can't be read at all."""
    *lines, digest = path.read_bytes().removesuffix(b"\n").split(b"\n")
    with suppress(ValueError, KeyError, TypeError):
        head, *rows = (orjson.loads(line) for line in lines)
        made_at, expires_at = (datetime.fromisoformat(head[name]) for name in ("made_at", "expires_at"))
        if digest == _digest(lines) and (head["format"], head["keys"]) == (_FORMAT, len(rows)):
            return Backup(head["store"], made_at, expires_at, [_row(*row) for row in rows])
    msg = f"{path} is not a whole backup of client keys. Use another copy of it."
    raise BackupUnreadable(msg)


def _line(row: ClientKeyRow) -> bytes:
    return orjson.dumps([row.client_id, row.version, row.master_version, base64.b64encode(row.wrapped).decode()])


def _row(client_id: str, version: int, master_version: int, wrapped: Any) -> ClientKeyRow:
    return ClientKeyRow(client_id, version, master_version, base64.b64decode(wrapped, validate=True))


def _digest(lines: list[bytes]) -> bytes:
    return hashlib.sha256(b"\n".join(lines)).hexdigest().encode()
