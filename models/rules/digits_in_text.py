"""The digits of a text, in figures or in words, as one row in which known numbers are searched for."""

from collections.abc import Iterator
from itertools import pairwise

from models.rules.folded_text import FoldedText, Place, Sign
from models.rules.patterns_in_text import Gaps, Pattern, occurrences

_SPELLED = "zero one two three four five six seven eight nine"
_FIGURES = {word: str(figure) for figure, word in enumerate(_SPELLED.split())} | {"nought": "0", "nil": "0", "oh": "0"}
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_NO_WORD = FoldedText("", ())
_BREAK = " "
"""Stands where a word parts one number from the next."""
_SUBSCRIBER_DIGITS = 7
"""As many digits from a number's end are searched for: country and area code may be missing, or written otherwise."""


def digits_of(text: FoldedText) -> FoldedText:
    """Return the digits alone, each with its place; whatever is not a digit breaks the row."""
    row: list[str] = []
    signs: list[Sign] = []
    for last, word in pairwise([_NO_WORD, *text.words()]):
        if word.letters in _TIMES:
            continue
        figures, there = _figures(word)
        if last.letters in _TIMES:
            figures = figures[0] * (_TIMES[last.letters] - 1) + figures
            there = (there[0]._replace(start=last.start),) * (len(figures) - len(there)) + there
        row.append(figures)
        signs += there
    return FoldedText("".join(row), tuple(signs))


def _figures(word: FoldedText) -> tuple[str, tuple[Sign, ...]]:
    """Return the digits that a word stands for, or a break, with where they stand."""
    if word.letters.isdecimal():
        return word.letters, word.signs
    if not word.letters.strip("o"):  # a letter typed for a zero
        return "0" * len(word.letters), word.signs
    return _FIGURES.get(word.letters, _BREAK), (Sign(word.start, word.end, word.before, opens=True, capital=False),)


def phone_places(row: FoldedText, phone: str) -> Iterator[Place]:
    """Yield where a number stands that ends as ``phone`` does, in the international form, from its first digit on."""
    digits = "".join(filter(str.isdecimal, phone))
    if not digits:
        return
    end_of_number = Pattern(digits[-_SUBSCRIBER_DIGITS:], Gaps.ANY, anywhere=True)
    for first, end in occurrences(row, end_of_number):
        number = row.part(_beginning(row.letters, first, digits[:-_SUBSCRIBER_DIGITS]), end)
        yield number.start, number.end


def _beginning(row: str, first: int, before: str) -> int:
    """Go back over the country and area code, and the zeros that are dialled before either."""
    while first:
        if before and row[first - 1] == before[-1]:
            before = before[:-1]
        elif row[first - 1] != "0":
            break
        first -= 1
    return first
