"""Reads a CSV file as a stream, whatever is in it: a damaged record costs itself and not the rows after it."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

_LONGEST = 65_536
_QUOTE = "has a quote that is not closed, not doubled or in the middle of a cell"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Record:
    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Flaw:
    """A record that can't be read, by the line on which it begins."""

    line: int
    reason: str


class _Unreadable(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Lines:
    """Feeds the CSV reader one line at a time; the lines of a record that does not close can be taken back."""

    def __init__(self, stream: BufferedReader) -> None:
        self.read = 0
        self._stream = stream
        self._number = 0
        self._again: deque[tuple[int, bytes]] = deque()
        self._record: list[tuple[int, bytes]] = []
        self._length = 0

    @property
    def first(self) -> int:
        """The line on which the present record begins."""
        return self._record[0][0]

    def begin(self) -> bool:
        """Start the next record. False at the end of the file."""
        self._record = []
        self._length = 0
        if self._again:
            return True
        line = self._next_line()
        if line:
            self._again.append((self._number, line))
        return bool(line)

    def give_up(self) -> None:
        """Leave the present record's first line behind, and read the others once more, each for itself."""
        self._again.extendleft(reversed(self._record[1:]))

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._again:
            number, line = self._again.popleft()
        else:
            line = self._next_line()
            number = self._number
            if not line:
                raise StopIteration
        self._record.append((number, line))
        self._length += len(line)
        return self._decoded(line)

    def _decoded(self, line: bytes) -> str:
        if self._length > _LONGEST:
            raise _Unreadable(f"is longer than {_LONGEST:,} bytes, or opens a quote that is not closed")
        if b"\0" in line:
            raise self._unreadable("holds a NUL character")
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise self._unreadable("is not UTF-8") from None

    def _unreadable(self, reason: str) -> _Unreadable:
        """Blame the line itself; a line before it, whose quote is still open, for that alone."""
        return _Unreadable(reason if len(self._record) == 1 else _QUOTE)

    def _next_line(self) -> bytes:
        """Read one line; of an endless one just enough to see that it is too long."""
        line = self._stream.readline(_LONGEST + 1)
        self.read += len(line)
        rest = line
        while len(rest) > _LONGEST and not rest.endswith(b"\n"):
            rest = self._stream.readline(_LONGEST + 1)
            self.read += len(rest)
        if self._number == 0:
            line = line.removeprefix(_BOM)
        self._number += 1
        return line


class CsvFile:
    """One file, read once from its beginning. ``read`` is how many of its bytes are behind."""

    def __init__(self, path: Path, stream: BufferedReader) -> None:
        self.size = path.stat().st_size
        self._lines = _Lines(stream)

    @property
    def read(self) -> int:
        return self._lines.read

    def records(self) -> Iterator[Record | Flaw]:
        """Yield each record and each flaw in the order of the file; blank lines are passed over."""
        lines = self._lines
        reader = csv.reader(lines, strict=True)
        while lines.begin():
            try:
                cells = next(reader)
            except _Unreadable as unreadable:
                yield Flaw(lines.first, unreadable.reason)
                lines.give_up()
            except csv.Error:
                yield Flaw(lines.first, _QUOTE)
                lines.give_up()
            else:
                if cells:
                    yield Record(lines.first, cells)
