"""Finds an appointment whose case can show the whole way: a standard request, decided by the demo's reviewer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from api.demo.party import Party
from api.demo.patience import DemoStopped

_FEWEST = 2
"""With fewer sessions the reviewer could not approve for fewer."""
_WIDER = timedelta(days=27)
_LONGEST_PAGE = 100


@dataclass(frozen=True, slots=True)
class Choice:
    appointment: Any
    sessions: int
    """As many as the form allows without a clinical review."""


def week_of(today: date) -> tuple[date, date]:
    """Return the Monday and the Sunday of a day's week."""
    monday = today - timedelta(days=today.weekday())
    return monday, monday + timedelta(days=6)


def appointments_between(party: Party, first: date, last: date) -> Iterator[Any]:
    """Yield a calendar's appointments, page after page."""
    after = None
    while True:
        page = party.ask("my-calendar", **{"from": first, "to": last}, first=_LONGEST_PAGE, after=after)
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def choose(party: Party, this_week: list[Any], today: date, *, organisation_id: str) -> Choice:
    """Return an appointment of this week, else of the weeks around it. Raises DemoStopped where none is left."""
    tried: set[str] = set()
    monday, sunday = week_of(today)
    for appointments in (this_week, appointments_between(party, monday - _WIDER, sunday + _WIDER)):
        for appointment in appointments:
            case = appointment["case"]
            if case["organisation"]["id"] == organisation_id and case["id"] not in tried:
                tried.add(case["id"])
                if sessions := _standard_sessions(party, case["id"]):
                    return Choice(appointment, sessions)
    raise DemoStopped(
        f"None of {party.name}'s cases with the reviewer's organisation can take a standard request any more. For a "
        "new demo set, stop the server, remove the data folder and start again."
    )


def _standard_sessions(party: Party, case_id: str) -> int | None:
    """Return the most sessions that the case can be asked for without a clinical review, if at all."""
    case = party.ask("parent-case", by={"id": case_id})
    if not case["client"]["email"] or not any(action["enabled"] for action in case["availableActions"]):
        return None
    form = party.ask("extra-sessions-form", caseId=case_id)["extraSessionsForm"]
    for number in range(form["maximumSessions"], _FEWEST - 1, -1):
        asked = party.ask("extra-sessions-form", caseId=case_id, sessionsRequested=number)
        if not asked["extraSessionsForm"]["wouldNeedClinicalReview"]:
            return number
    return None
