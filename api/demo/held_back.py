"""What the consultant knows and the organisation must not: each value that singles somebody out, in every form."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

Secret = tuple[str, str]
"""What it is, and one way in which it may be written."""


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody who knows the client sees of one request."""

    appointment: Any
    case: Any
    request: Any
    zone: ZoneInfo
    texts: Sequence[str] = ()
    pathway: str | None = None


def held_back(known: Known) -> list[Secret]:
    """Return all that identifies or links: client, cases, appointments, consultant, practice, answers, times."""
    client, consultant = known.appointment["client"], known.appointment["consultant"]
    practice = consultant["practice"]
    return [
        *_person("the client's name", client["displayName"]),
        *_known("the client's e-mail", client["email"]),
        *_phone("the client's phone", client["phone"]),
        *_day("the client's date of birth", client["dateOfBirth"]),
        *_known("the client's employee number", client["employeeNumber"]),
        *_cases(known),
        *_appointments(known),
        *_person("the consultant's name", consultant["name"]),
        ("the consultant's id", consultant["id"]),
        ("the practice", practice["name"]),
        ("the practice's suburb", practice["suburb"]),
        ("the practice's id", practice["id"]),
        *_answers(known),
        *_times(known.request),
    ]


def known_anyway(requests: Iterable[Any], viewer: Any, provider: str) -> str:
    """Return what an organisation knows of its own: its people, its name, its due moments, the words of any date.

    ``requests`` are all those that it can list: what is due for one may fall on the very moment of another's secret.
    """
    months = [f"{date(2026, month, 1):%B %b}" for month in range(1, 13)]
    weekdays = [f"{date(2026, 6, day):%A %a}" for day in range(1, 8)]
    due = [deadline["dueAt"] for request in requests for deadline in request["deadlines"]]
    return "\n".join([viewer["name"], viewer["organisation"]["name"], provider, *months, *weekdays, *due])


def _cases(known: Known) -> Iterator[Secret]:
    yield "the case's id", known.case["id"]
    for case in known.appointment["client"]["cases"]:
        yield "a case number", case["number"]
        yield "a case number", case["number"].removeprefix("ASST-")


def _appointments(known: Known) -> Iterator[Secret]:
    for appointment in known.case["appointments"]["nodes"]:
        yield "an appointment's id", appointment["id"]
        for name in ("startsAt", "endsAt"):
            yield from _moment("an appointment's time", appointment[name], known.zone)


def _answers(known: Known) -> Iterator[Secret]:
    for text in known.texts:
        yield "a free text", text
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            yield "a sentence of a free text", sentence
    yield from _known("the pathway's kind", known.pathway)


def _times(request: Any) -> Iterator[Secret]:
    for entry in request["timeline"]:
        yield "the moment of an event", entry["occurredAt"]
    for deadline in request["deadlines"]:
        if deadline["kind"] != "DECISION":
            yield "another deadline", deadline["dueAt"]
        yield from _known("the moment when a deadline was met", deadline["metAt"])


def _person(what: str, name: str) -> Iterator[Secret]:
    yield what, name
    for part in re.split(r"[\s.-]+", name):
        if len(part) > 1:
            yield f"{what}, in part", part


def _phone(what: str, number: str | None) -> Iterator[Secret]:
    """An international number, and as people write it at home."""
    if number:
        digits = number.removeprefix("+")
        home = f"0{digits[2:]}"
        yield from ((what, digits), (what, home), (what, f"{home[:4]} {home[4:7]} {home[7:]}"))


def _day(what: str, written: str | None) -> Iterator[Secret]:
    if written:
        day = date.fromisoformat(written)
        for form in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d"):
            yield what, day.strftime(form)
        for form in (
            f"{day.day} {day:%B} {day.year}",
            f"{day:%B} {day.day}, {day.year}",
            f"{day.day} {day:%b} {day.year}",
        ):
            yield what, form


def _moment(what: str, written: str, zone: ZoneInfo) -> Iterator[Secret]:
    local = datetime.fromisoformat(written).astimezone(zone)
    yield from ((what, written), (what, written.removesuffix("Z")), (what, f"{local:%Y-%m-%dT%H:%M}"))


def _known(what: str, value: str | None) -> Iterator[Secret]:
    if value:
        yield what, value
