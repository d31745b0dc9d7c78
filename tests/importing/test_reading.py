"""A CSV file is read as a stream, whatever is in it: a damaged record costs itself and no other."""

from pathlib import Path

import pytest

from models.importing.reading import CsvFile, Flaw, Record

QUOTE = "has a quote that is not closed, not doubled or in the middle of a cell"
NUL = "holds a NUL character"
NOT_UTF8 = "is not UTF-8"
TOO_LONG = "is longer than 65,536 bytes, or opens a quote that is not closed"


def read(folder: Path, content: bytes) -> list[Record | Flaw]:
    path = folder / "some.csv"
    path.write_bytes(content)
    with path.open("rb") as stream:
        return list(CsvFile(path, stream).records())


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_records(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == []


def test_a_byte_order_mark_and_both_line_ends_are_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa,b\r\n1,2\n") == [Record(1, ["a", "b"]), Record(2, ["1", "2"])]


def test_a_quoted_cell_may_hold_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    assert read(tmp_path, b'"1,2","say ""x""","two\nlines"\n3,4,5') == [
        Record(1, ["1,2", 'say "x"', "two\nlines"]),
        Record(3, ["3", "4", "5"]),
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'1,"2\n', QUOTE),
        (b'1,"2"x\n', QUOTE),
        (b"1,\0\n", NUL),
        (b"1,\xff\n", NOT_UTF8),
        (b"1,\xed\xa0\x80\n", NOT_UTF8),
        (b"1,2\r3\n", QUOTE),
        (b"1," + b"x" * 70_000 + b"\n", TOO_LONG),
        (b"x" * 1_000_000 + b"\n", TOO_LONG),
    ],
)
def test_a_damaged_record_costs_itself_alone(tmp_path: Path, bad: bytes, reason: str) -> None:
    assert read(tmp_path, b"a,b\n" + bad + b"5,6\n7,8\n") == [
        Record(1, ["a", "b"]),
        Flaw(2, reason),
        Record(3, ["5", "6"]),
        Record(4, ["7", "8"]),
    ]


def test_an_open_quote_does_not_swallow_the_rows_up_to_the_next_quote(tmp_path: Path) -> None:
    assert read(tmp_path, b'1,"2\n3,4\n5,"6"\n7,8\n') == [
        Flaw(1, QUOTE),
        Record(2, ["3", "4"]),
        Record(3, ["5", "6"]),
        Record(4, ["7", "8"]),
    ]


def test_an_open_quote_is_blamed_and_not_the_bad_line_after_it(tmp_path: Path) -> None:
    assert read(tmp_path, b'1,"2\n3,\xff\n5,6\n') == [Flaw(1, QUOTE), Flaw(2, NOT_UTF8), Record(3, ["5", "6"])]


def test_an_open_quote_before_a_long_rest_gives_up_and_reads_the_rest(tmp_path: Path) -> None:
    found = read(tmp_path, b'1,"2\n' + b"3,4\n" * 50_000)
    assert found[0] == Flaw(1, TOO_LONG)
    assert found[1:] == [Record(line, ["3", "4"]) for line in range(2, 50_002)]


def test_another_encoding_is_told_and_not_guessed(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2\n".encode("utf-16-le")) == [Flaw(1, NUL), Flaw(2, NUL), Flaw(3, NUL)]


def test_it_knows_how_much_is_behind(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    with path.open("rb") as stream:
        file = CsvFile(path, stream)
        assert (file.size, file.read) == (11, 0)
        assert len(list(file.records())) == 2
        assert file.read == 11
