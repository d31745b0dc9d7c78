"""Tables as CSV (RFC 4180) that a spreadsheet opens as what they are: no text in them is ever run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet might run; the full-width signs are taken for the plain ones by some."""

Cell = str | int | float | None


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a header and rows; lines end with CR LF, what is None is left empty."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(header)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def _harmless(cell: Cell) -> Cell:
    """Put an apostrophe before a text that would be run, as spreadsheets themselves mark a text."""
    if isinstance(cell, str) and (cell.startswith(_FORMULAS) or cell.lstrip().startswith(_FORMULAS)):
        return f"'{cell}"
    return cell
