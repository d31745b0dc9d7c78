"""The refusal of a text that would tell an organisation who a request is about: what was found, and where."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from models.rules.refusals import Refusal


class IdentifierKind(StrEnum):
    """What a text must not tell an organisation of the people behind a request."""

    CLIENT_NAME = "CLIENT_NAME"
    CLIENT_EMAIL = "CLIENT_EMAIL"
    CLIENT_PHONE = "CLIENT_PHONE"
    DATE_OF_BIRTH = "DATE_OF_BIRTH"
    EMPLOYEE_NUMBER = "EMPLOYEE_NUMBER"
    CASE_NUMBER = "CASE_NUMBER"
    APPOINTMENT_DATE = "APPOINTMENT_DATE"
    CONSULTANT_NAME = "CONSULTANT_NAME"
    CONSULTANT_EMAIL = "CONSULTANT_EMAIL"
    PRACTICE_NAME = "PRACTICE_NAME"
    PRACTICE_SUBURB = "PRACTICE_SUBURB"


class IdentifierFound(Refusal):
    """Says which kinds stand where, and never repeats them: who reads a refusal, or its log, may not know them."""

    code = "IDENTIFIER_FOUND"

    def __init__(self, path: tuple[str, ...], places: Mapping[IdentifierKind, Sequence[tuple[int, int]]]) -> None:
        """Take each place as its first character, counted from 0, and the one after its last."""
        told = "; ".join(f"{_KINDS_IN_WORDS[kind]} ({_places_in_words(each)})" for kind, each in places.items())
        super().__init__(f"The organisation would learn who this is about. Take out: {told}.", path)


_KINDS_IN_WORDS = {
    IdentifierKind.CLIENT_NAME: "the client's name",
    IdentifierKind.CLIENT_EMAIL: "the client's e-mail address",
    IdentifierKind.CLIENT_PHONE: "the client's phone number",
    IdentifierKind.DATE_OF_BIRTH: "the client's date of birth",
    IdentifierKind.EMPLOYEE_NUMBER: "the client's employee number",
    IdentifierKind.CASE_NUMBER: "the number of a case",
    IdentifierKind.APPOINTMENT_DATE: "the day of an appointment",
    IdentifierKind.CONSULTANT_NAME: "the name of a consultant",
    IdentifierKind.CONSULTANT_EMAIL: "the e-mail address of a consultant",
    IdentifierKind.PRACTICE_NAME: "the name of a practice",
    IdentifierKind.PRACTICE_SUBURB: "the suburb of a practice",
}
_PLACES_TOLD = 5


def _places_in_words(places: Sequence[tuple[int, int]]) -> str:
    """Count as a person does, from 1, and name the last character instead of the one after it."""
    told = ", ".join(f"{start + 1} to {end}" for start, end in places[:_PLACES_TOLD])
    more = len(places) - _PLACES_TOLD
    return f"characters {told}, and {more} more" if more > 0 else f"characters {told}"
