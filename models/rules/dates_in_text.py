"""The search for known days in a text, however they are written. A year is never compared, only a day and a month.

A birthday singles somebody out without its year too, and with a wrong one.
"""

from collections.abc import Collection, Iterator
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from models.rules.folded_text import FoldedText, Place

_MONTH_SPELLINGS = (
    "jan january", "feb febr february", "mar march", "apr april", "may", "jun june", "jul july",
    "aug august", "sep sept september", "oct october", "nov november", "dec december",
)  # fmt: skip
_MONTHS = {spelling: month for month, each in enumerate(_MONTH_SPELLINGS, start=1) for spelling in each.split()}
_CARDINALS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
)
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_SPELLED = {word: day for words in (_CARDINALS, _ORDINALS) for day, word in enumerate(words.split(), start=1)}
_SPELLED |= {"thirty": 30, "thirtieth": 30}
_TENS = {"twenty": 20, "thirty": 30}
_ENDINGS = frozenset({"st", "nd", "rd", "th"})
_SMALL_WORDS = "of the on and or to until till through in day d"
_WEEKDAYS = "mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday sat saturday sun sunday"
_BETWEEN = frozenset((*_SMALL_WORDS.split(), *_WEEKDAYS.split()))
"""What may stand between a month and its days."""
_REACH = 8
"""So many words from its month a day is looked for, which takes in ``on the 1st, 8th and 15th of March``."""
_LAST_DAY, _LAST_MONTH = 31, 12


class _Word(NamedTuple):
    letters: str
    start: int
    end: int
    before: str
    day: int | None = None
    """The day of a month that this could be, in figures or in words."""


def day_places(text: FoldedText, days: Collection[date]) -> Iterator[Place]:
    """Yield where a day of these stands, or only its day and month, in either order."""
    known = {(day.day, day.month) for day in days}
    words = _words(text)
    for first, last, day, month in (*_in_figures(words), *_by_name(words)):
        if (day, month) in known:
            yield _with_year(words, first, last)
    run_together = {form for day in days for form in _run_together(day)}
    yield from ((word.start, word.end) for word in words if word.letters in run_together)


def _words(text: FoldedText) -> list[_Word]:
    """Return the words, with ``1st`` as the number 1 and ``twenty-first`` as one word."""
    words: list[_Word] = []
    for each in text.words():
        word = _Word(each.letters, each.start, each.end, each.before, _as_day(each.letters))
        last = words[-1] if words else word
        if last.letters.isdecimal() and word.letters in _ENDINGS:
            words[-1] = last._replace(end=word.end)
        elif last.letters in _TENS and word.day is not None and word.day <= _LAST_DAY - _TENS[last.letters]:
            words[-1] = last._replace(end=word.end, day=_TENS[last.letters] + word.day)
        else:
            words.append(word)
    return words


def _as_day(letters: str) -> int | None:
    if letters in _SPELLED:
        return _SPELLED[letters]
    return int(letters) if _is_short_number(letters) and 1 <= int(letters) <= _LAST_DAY else None


def _in_figures(words: list[_Word]) -> Iterator[tuple[int, int, int, int]]:
    """Yield, for two numbers that could be a day and a month, which words they are and both ways to read them."""
    for at, (one, other) in enumerate(pairwise(words)):
        if not (_is_short_number(one.letters) and _is_short_number(other.letters)):
            continue
        if _is_date_sign(other.before) or (_is_space(other.before) and _has_year_beside(words, at)):
            yield at, at + 1, int(one.letters), int(other.letters)
            yield at, at + 1, int(other.letters), int(one.letters)


def _by_name(words: list[_Word]) -> Iterator[tuple[int, int, int, int]]:
    """Yield each day that could belong to the name of a month, before it or after it."""
    for at, word in enumerate(words):
        month = _MONTHS.get(word.letters)
        if month is None:
            continue
        before, after = range(at - 1, max(at - 1 - _REACH, -1), -1), range(at + 1, min(at + 1 + _REACH, len(words)))
        for beside in (*_dates_along(words, before), *_dates_along(words, after)):
            yield min(at, beside), max(at, beside), words[beside].day or 0, month


def _dates_along(words: list[_Word], way: range) -> Iterator[int]:
    """Yield the words that could be days, as far as nothing else than numbers and small words stands in between."""
    for at in way:
        word = words[at]
        if word.day is not None:
            yield at
        elif not word.letters.isdecimal() and word.letters not in _BETWEEN:
            return


def _with_year(words: list[_Word], first: int, last: int) -> Place:
    """Return the place of a date, with the number beside it that could be its year."""
    start, end = words[first].start, words[last].end
    if last + 1 < len(words) and _could_be_year(words[last + 1], words[last + 1].before):
        end = words[last + 1].end
    elif first > 0 and _could_be_year(words[first - 1], words[first].before):
        start = words[first - 1].start
    return start, end


def _has_year_beside(words: list[_Word], at: int) -> bool:
    before = at > 0 and _could_be_year(words[at - 1], words[at].before)
    return before or (at + 2 < len(words) and _could_be_year(words[at + 2], words[at + 2].before))


def _could_be_year(word: _Word, gap: str) -> bool:
    return word.letters.isdecimal() and len(word.letters) in {2, 4} and (_is_space(gap) or _is_date_sign(gap))


def _run_together(day: date) -> set[str]:
    """Return the ways to write a whole date in eight or six digits; here the year counts."""
    years, dd, mm = (f"{day.year:04}", f"{day.year % 100:02}"), f"{day.day:02}", f"{day.month:02}"
    return {form for year in years for form in (year + mm + dd, year + dd + mm, dd + mm + year, mm + dd + year)}


def _is_short_number(letters: str) -> bool:
    return letters.isdecimal() and len(letters) in {1, 2}


def _is_date_sign(gap: str) -> bool:
    """Whether this is a slash, a point, a dash or the like, perhaps with spaces around it."""
    return gap.strip() in {"/", "\\", "|", ".", "_", "-", "\u2010", "\u2012", "\u2013", "\u2014", "\u2212", "\u2044"}


def _is_space(gap: str) -> bool:
    return gap.strip() in {"", ","}
