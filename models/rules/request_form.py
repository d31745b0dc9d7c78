"""What the form accepts: the answers of one request, checked one by one."""

import unicodedata
from datetime import date

from models.rules.refusals import (
    ConsentMissing,
    DateNotToday,
    RequestorNotAllowed,
    TextInvalid,
    TextMissing,
    TextTooLong,
)
from models.rules.vocabulary import Requestor

STATEMENT_LENGTH = 2_000
DETAIL_LENGTH = 1_000
CONSENT_WORDING = "2026-11"
"""The version of the wording that the consultant declares the client's consent to; kept with each request."""

_PLAIN_CONTROLS = frozenset("\n\r\t")
_JOINERS = frozenset("\u200c\u200d")  # needed to write Persian, Hindi and others
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})


def check_declarations(*, requestor: Requestor, client_consents: bool, date_of_request: date, today: date) -> None:
    """Raise unless the consultant asks, the client consents and the date is ``today``, where the consultant is."""
    if requestor is not Requestor.CONSULTANT:
        raise RequestorNotAllowed
    if date_of_request != today:
        raise DateNotToday(today)
    if not client_consents:
        raise ConsentMissing


def clean_statement(text: str) -> str:
    """Return the goal statement, trimmed. Raises for one that is empty, too long or holds control characters."""
    path = ("goal", "statement")
    statement = clean_text(text, path, STATEMENT_LENGTH)
    if not statement:
        raise TextMissing(path)
    return statement


def clean_detail(text: str | None) -> str | None:
    """Return the pathway's detail, trimmed; None where nothing was written."""
    return clean_text(text or "", ("referralPathway", "detail"), DETAIL_LENGTH) or None


def clean_text(text: str, path: tuple[str, ...], most: int) -> str:
    """Return a text, trimmed and normalised; empty where there is nothing to read. Raises TextTooLong, TextInvalid.

    Refused before normalising: the length is counted as the person typed it.
    """
    trimmed = text.strip()
    if len(trimmed) > most:
        raise TextTooLong(path, most)
    if any(_is_invisible(character) for character in trimmed):
        raise TextInvalid(path)
    return unicodedata.normalize("NFC", trimmed) if _has_ink(trimmed) else ""


def _has_ink(text: str) -> bool:
    """Whether there is anything to read: joiners alone join nothing."""
    return not all(character.isspace() or character in _JOINERS for character in text)


def _is_invisible(character: str) -> bool:
    """Whether this is a control, an override of the reading direction, or no character at all."""
    if character in _PLAIN_CONTROLS or character in _JOINERS:
        return False
    return unicodedata.category(character) in _REFUSED_CATEGORIES
