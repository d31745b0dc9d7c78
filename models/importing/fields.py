"""What one cell may hold. A reason says what is expected and never repeats what was found, which may name a person."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from email_validator import EmailNotValidError, validate_email

from models.rules.business_days import validate_region, validate_time_zone
from models.rules.refusals import Refusal
from models.rules.request_form import clean_detail, clean_statement

W = TypeVar("W", bound=StrEnum)

_WHOLE = re.compile(r"[0-9]{1,9}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_CASE_NUMBER = re.compile(r"ASST-[0-9]{6}")
_YEARS = range(1900, 2200)
_ID_LENGTH = 100
_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


class Unfit(Exception):
    """A cell does not hold what its column takes."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def external_id(text: str) -> str:
    """Return an id of the old system; any printable text, compared letter by letter."""
    if len(text) > _ID_LENGTH or not text.isprintable():
        raise Unfit(f"expected an id of at most {_ID_LENGTH} printable characters")
    return text


def line_of(most: int) -> Callable[[str], str]:
    """Return the parser of a text on one line, such as a name."""

    def line(text: str) -> str:
        if len(text) > most:
            raise Unfit(f"expected at most {most} characters")
        if any(_is_invisible(character) for character in text):
            raise Unfit("holds line breaks or invisible control characters")
        return unicodedata.normalize("NFC", text)

    return line


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Co"} or unicodedata.bidirectional(character) in _DIRECTIONS


def statement(text: str) -> str:
    return _as_typed(text, clean_statement)


def detail(text: str) -> str | None:
    return _as_typed(text, clean_detail)


T = TypeVar("T")


def _as_typed(text: str, clean: Callable[[str], T]) -> T:
    """Hold the text to the rule that the form holds it to."""
    try:
        return clean(text)
    except Refusal as refusal:
        raise Unfit(f"would be refused by the form: {refusal.message}") from None


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return the parser of a whole number from ``low`` to ``high``."""

    def number(text: str) -> int:
        if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
            raise Unfit(f"expected a whole number from {low} to {high}")
        return int(text)

    return number


def yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise Unfit("expected yes or no")
    return text == "yes"


def day(text: str) -> date:
    """Return a calendar day, such as 2026-11-23."""
    try:
        if _DAY.fullmatch(text) and (parsed := date.fromisoformat(text)).year in _YEARS:
            return parsed
    except ValueError:
        pass
    raise Unfit("expected a day such as 2026-11-23")


def days(text: str) -> list[str]:
    """Return a list of days as the agreement holds them: ISO texts, sorted, each once."""
    return sorted({day(each).isoformat() for each in text.replace(";", " ").split()})


def moment(text: str) -> datetime:
    """Return a date and time; aware where the text has an offset, else naive: its zone is not this column's to know."""
    try:
        if _MOMENT.fullmatch(text) and (parsed := datetime.fromisoformat(text)).year in _YEARS:
            return parsed
    except ValueError:
        pass
    raise Unfit("expected a date and time such as 2026-11-23T09:00 or 2026-11-23T09:00+11:00")


def word_of(words: Iterable[W]) -> Callable[[str], W]:
    """Return the parser of one word of a closed list."""
    known = {word.value: word for word in words}
    reason = f"expected one of {', '.join(known)}"

    def word(text: str) -> W:
        try:
            return known[text]
        except KeyError:
            raise Unfit(reason) from None

    return word


def email(text: str) -> str:
    """Return an address, its domain in lower case. Nobody is asked over the network whether it exists."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise Unfit("expected an e-mail address") from None


def region(text: str) -> str:
    try:
        return validate_region(text)
    except ValueError:
        raise Unfit("expected a country and a subdivision, such as AU-VIC or NZ-AUK") from None


def time_zone(text: str) -> str:
    try:
        return validate_time_zone(text)
    except ValueError:
        raise Unfit("expected an IANA time zone, such as Australia/Melbourne") from None


def case_number(text: str) -> str:
    if not _CASE_NUMBER.fullmatch(text):
        raise Unfit("expected ASST- and six digits")
    return text
