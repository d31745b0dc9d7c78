"""Whatever a table holds is read back as it was, and nothing of it begins as a formula does."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.spreadsheet import as_csv

NUMBERS = st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
CELLS = NUMBERS | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def test_a_table_has_its_header_its_line_ends_and_its_quotes() -> None:
    written = as_csv(("name", "open"), [("Smith, Jones & Co", 2), ('The "Works"', None), ("Two\r\nlines", 0.5)])
    assert written == 'name,open\r\n"Smith, Jones & Co",2\r\n"The ""Works""",\r\n"Two\r\nlines",0.5\r\n'


def test_a_table_without_rows_is_its_header() -> None:
    assert as_csv(("a", "b"), []) == "a,b\r\n"


@pytest.mark.parametrize(
    "name",
    [
        *("=cmd|' /C calc'!A0", "+61 Pty Ltd", "-1 Degrees", "@home", "\t=1+1", "\r=1+1", "\n=1", "  =1+1"),
        *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", "\u00a0=1+1"),
    ],
)
def test_a_name_that_a_spreadsheet_would_run_begins_with_an_apostrophe(name: str) -> None:
    (cell,) = next(csv.reader(io.StringIO(as_csv((), [(name,)]).removeprefix("\r\n"), newline="")))
    assert cell == f"'{name}"


def test_a_number_below_nought_stays_a_number() -> None:
    assert as_csv(("n",), [(-1,)]) == "n\r\n-1\r\n"


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=4))
def test_every_table_is_read_back_and_no_text_in_it_is_a_formula(rows: list[list[str | int | float | None]]) -> None:
    header, *found = csv.reader(io.StringIO(as_csv(("a", "b"), rows), newline=""))
    assert header == ["a", "b"]
    assert len(found) == len(rows)
    for given_row, row in zip(rows, found, strict=True):
        for given_cell, cell in zip(given_row, row, strict=True):
            plain = "" if given_cell is None else str(given_cell)
            assert cell in {plain, f"'{plain}"}
            if isinstance(given_cell, str):
                assert cell.lstrip()[:1] not in set("=+-@")
