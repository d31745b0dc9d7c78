"""The check of free text that travels towards an organisation: whether it holds what could single the client out.

It compares with what is known of one request, and prefers to refuse: a false alarm costs a rephrasing, a miss can't be
taken back. It finds nothing that was not given to it; docs/decisions/0012 says what that leaves.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from models.rules.dates_in_text import day_places
from models.rules.digits_in_text import digits_of, phone_places
from models.rules.folded_text import FoldedText, Place, fold
from models.rules.identifier_found import IdentifierFound, IdentifierKind
from models.rules.known_patterns import (
    bare_number_patterns,
    email_patterns,
    name_patterns,
    number_patterns,
    phrase_patterns,
    practice_patterns,
)
from models.rules.patterns_in_text import Pattern, places


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KnownIdentifiers:
    """What is known of the people behind one request. Never shown to anybody, so it has no text form either."""

    client_name: str | None = None
    client_email: str | None = None
    client_phone: str | None = None
    """In the international form, as it is stored."""
    date_of_birth: date | None = None
    employee_number: str | None = None
    case_numbers: frozenset[str] = frozenset()
    appointment_days: frozenset[date] = frozenset()
    """The local days, in every zone in which somebody could speak of them."""
    consultant_names: frozenset[str] = frozenset()
    consultant_emails: frozenset[str] = frozenset()
    practice_names: frozenset[str] = frozenset()
    practice_suburbs: frozenset[str] = frozenset()


class Found(NamedTuple):
    start: int
    """The first character, counted from 0 in the text as it was given."""
    end: int
    """The character after the last."""
    kind: IdentifierKind


def check_text(text: str, known: KnownIdentifiers, path: tuple[str, ...]) -> None:
    """Raise IdentifierFound unless the text is free of everything that is known; ``path`` is its input field."""
    places_by_kind: dict[IdentifierKind, list[Place]] = defaultdict(list)
    for start, end, kind in find_identifiers(text, known):
        places_by_kind[kind].append((start, end))
    if places_by_kind:
        raise IdentifierFound(path, places_by_kind)


def find_identifiers(text: str, known: KnownIdentifiers) -> tuple[Found, ...]:
    """Return what a text tells of the known, in the order of the text; what overlaps and is of one kind is one."""
    folded = fold(text)
    row = digits_of(folded)
    found = [
        *_found(folded, _patterns(known)),
        *_found(row, _bare_numbers(known)),
        *(Found(*place, IdentifierKind.CLIENT_PHONE) for place in phone_places(row, known.client_phone or "")),
        *_days(folded, known),
    ]
    return tuple(sorted(each for kind in IdentifierKind for each in _merged(found, kind)))


def _found(text: FoldedText, patterns: Iterable[tuple[IdentifierKind, Pattern]]) -> Iterator[Found]:
    for kind, pattern in set(patterns):
        if pattern.letters:
            yield from (Found(*place, kind) for place in places(text, pattern))


def _patterns(known: KnownIdentifiers) -> Iterator[tuple[IdentifierKind, Pattern]]:
    """Yield all that is searched for among the letters, with what finding it would mean."""
    looks = (
        (IdentifierKind.CLIENT_NAME, name_patterns, [known.client_name]),
        (IdentifierKind.CLIENT_EMAIL, email_patterns, [known.client_email]),
        (IdentifierKind.EMPLOYEE_NUMBER, number_patterns, [known.employee_number]),
        (IdentifierKind.CASE_NUMBER, number_patterns, known.case_numbers),
        (IdentifierKind.CONSULTANT_NAME, name_patterns, known.consultant_names),
        (IdentifierKind.CONSULTANT_EMAIL, email_patterns, known.consultant_emails),
        (IdentifierKind.PRACTICE_NAME, practice_patterns, known.practice_names),
        (IdentifierKind.PRACTICE_SUBURB, phrase_patterns, known.practice_suburbs),
    )
    for kind, patterns_of, values in looks:
        yield from ((kind, pattern) for value in values if value for pattern in patterns_of(value))


def _bare_numbers(known: KnownIdentifiers) -> Iterator[tuple[IdentifierKind, Pattern]]:
    for number in known.case_numbers:
        yield from ((IdentifierKind.CASE_NUMBER, pattern) for pattern in bare_number_patterns(number))
    for pattern in bare_number_patterns(known.employee_number or ""):
        yield IdentifierKind.EMPLOYEE_NUMBER, pattern


def _days(text: FoldedText, known: KnownIdentifiers) -> Iterator[Found]:
    born = [known.date_of_birth] if known.date_of_birth else []
    yield from (Found(*place, IdentifierKind.DATE_OF_BIRTH) for place in day_places(text, born))
    appointments = day_places(text, known.appointment_days)
    yield from (Found(*place, IdentifierKind.APPOINTMENT_DATE) for place in appointments)


def _merged(found: Iterable[Found], kind: IdentifierKind) -> list[Found]:
    merged: list[Found] = []
    for each in sorted(each for each in found if each.kind is kind):
        if merged and each.start < merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, each.end))
        else:
            merged.append(each)
    return merged
