"""The columns of a file: what its header must name, and how a row of cells becomes values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from models.importing.batch import Row
from models.importing.fields import Unfit


@dataclass(frozen=True, slots=True)
class Column:
    """One column. An optional one may be empty, or missing altogether: then the row gets ``default``."""

    name: str
    parse: Callable[[str], Any]
    about: str
    required: bool = True
    default: Any = None


def optional(name: str, parse: Callable[[str], Any], about: str, *, default: Any = None) -> Column:
    return Column(name, parse, about, required=False, default=default)


@dataclass(frozen=True, slots=True)
class Plan:
    """How the cells of one file's rows, in the order of its header, become values."""

    width: int
    cells: tuple[tuple[int, str, Callable[[str], Any], bool, Any], ...]
    absent: dict[str, Any]

    def read(self, line: int, texts: list[str]) -> tuple[Row, list[tuple[str | None, str]]]:
        """Return the row, and for each flaw its column and reason."""
        if len(texts) != self.width:
            return Row(line, {}), [(None, f"has {len(texts)} cells where the header has {self.width}")]
        values = dict(self.absent)
        flaws: list[tuple[str | None, str]] = []
        for index, name, parse, required, default in self.cells:
            text = texts[index].strip()
            if text:
                try:
                    values[name] = parse(text)
                except Unfit as unfit:
                    flaws.append((name, unfit.reason))
            elif required:
                flaws.append((name, "may not be empty"))
            else:
                values[name] = default
        return Row(line, values), flaws


def plan(header: list[str], columns: Iterable[Column]) -> tuple[Plan, list[tuple[str | None, str]]]:
    """Match a header with the columns that a file may have; the flaws never repeat the header, which may be data."""
    known = {column.name: column for column in columns}
    names = [name.strip() for name in header]
    flaws: list[tuple[str | None, str]] = []
    for place, name in enumerate(names, start=1):
        if name not in known:
            flaws.append((None, f"the header's column {place} is unknown; expected {', '.join(known)}"))
        elif name in names[: place - 1]:
            flaws.append((name, f"stands in the header twice, again as column {place}"))
    missing = [column.name for column in known.values() if column.required and column.name not in names]
    flaws += [(name, "is missing from the header") for name in missing]
    if flaws:
        return Plan(0, (), {}), flaws
    cells = tuple(
        (index, name, known[name].parse, known[name].required, known[name].default) for index, name in enumerate(names)
    )
    return Plan(len(names), cells, {name: known[name].default for name in known.keys() - set(names)}), []
