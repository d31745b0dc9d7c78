"""The list of erased clients outside both databases: whichever of them is restored, the erasure is done again.

A file of JSON lines, each a client's random id and a moment in UTC; it says nothing about anybody.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson


class LedgerUnreadable(Exception):
    """A line of the ledger is not one that was written here; the text is for the operator."""


class ErasureLedger:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, datetime]:
        """Return when each client was erased. A last line that was cut off was never committed, and is passed over.

        Raises LedgerUnreadable.
        """
        if not self._path.exists():
            return {}
        *lines, _ = self._path.read_bytes().split(b"\n")
        return dict(self._parsed(number, line) for number, line in enumerate(lines, 1) if line)

    def add(self, erased: Mapping[str, datetime]) -> None:
        """Append these and return once the disk has them."""
        if not erased:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lines = [orjson.dumps({"client": client, "erased_at": at.astimezone(UTC)}) for client, at in erased.items()]
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.truncate(file.seek(file.read().rfind(b"\n") + 1))  # what a crash has cut off would spoil the next line
            file.write(b"\n".join(lines) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _parsed(self, number: int, line: bytes) -> tuple[str, datetime]:
        try:
            entry = orjson.loads(line)
            return str(entry["client"]), datetime.fromisoformat(entry["erased_at"])
        except (ValueError, KeyError, TypeError):
            msg = (
                f"Line {number} of {self._path} is no entry of an erasure ledger: restore the file from its last copy."
            )
            raise LedgerUnreadable(msg) from None
