"""Keeps some of a worker's threads free of work that waits for strangers."""

from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """So many at the same time. It belongs to one event loop."""

    def __init__(self, places: int) -> None:
        self._free = places

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Take a place for as long as the block runs; give False, and take none, where there is none."""
        if not self._free:
            yield False
            return
        self._free -= 1
        try:
            yield True
        finally:
            self._free += 1
