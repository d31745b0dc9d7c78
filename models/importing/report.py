"""What an import tells while it goes: each problem as it is found, and a count for each file."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was left out: where it stands and what was expected, never what was found."""

    file: str
    line: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.column, self.reason) if part)


@dataclass(slots=True)
class Tally:
    """What became of one file's rows."""

    file: str
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0

    def __str__(self) -> str:
        return (
            f"{self.file}: {self.added:,} added, {self.changed:,} changed, "
            f"{self.unchanged:,} unchanged, {self.left_out:,} left out"
        )


@dataclass(slots=True)
class Report:
    tallies: list[Tally] = field(default_factory=list)
    problems: int = 0

    @property
    def clean(self) -> bool:
        return self.problems == 0


class Watcher(Protocol):
    """Whoever follows an import. Problems are handed over and not kept: a file may have a million."""

    def opened(self, file: str, size: int) -> None: ...

    def advanced(self, read: int) -> None:
        """Hear that another ``read`` bytes are done."""

    def refused(self, problem: Problem) -> None: ...

    def closed(self, tally: Tally) -> None: ...


class Silent:
    """Follows and says nothing."""

    def opened(self, file: str, size: int) -> None: ...

    def advanced(self, read: int) -> None: ...

    def refused(self, problem: Problem) -> None: ...

    def closed(self, tally: Tally) -> None: ...
