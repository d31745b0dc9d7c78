"""Finds appointments whose cases can show what the demo is to show, decided by the demo's reviewer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from api.demo.party import Party
from api.demo.patience import DemoStopped

_FEWEST = 2
"""With fewer sessions the reviewer could not approve for fewer."""
_WIDER = timedelta(days=27)
_LONGEST_PAGE = 100
_ANEW = "For a new demo set, stop the server, remove the data folder and start again."


@dataclass(frozen=True, slots=True)
class Choice:
    appointment: Any
    sessions: int
    """As many as can be asked for, without a clinical review or with one."""


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
    """Return an appointment for a standard request, decided for fewer. Raises DemoStopped where none is left."""
    found = _first(party, this_week, today, organisation_id, partial(_standard_sessions, fewest=_FEWEST))
    if found is None:
        raise DemoStopped(f"None of {party.name}'s cases can take a standard request any more. {_ANEW}")
    return found


def choose_another(party: Party, today: date, *, organisation_id: str, but: str) -> Choice:
    """Return one on another case than ``but``, for as few as one session. Raises DemoStopped where none is left."""
    found = _first(party, [], today, organisation_id, partial(_standard_sessions, fewest=1), but=but)
    if found is None:
        raise DemoStopped(f"None of {party.name}'s other cases can take a standard request any more. {_ANEW}")
    return found


def choose_long(party: Party, today: date, *, organisation_id: str) -> Choice:
    """Return one on a case so long that any request needs a clinical review. Raises DemoStopped where none is left."""
    found = _first(party, [], today, organisation_id, _sessions_under_review)
    if found is None:
        raise DemoStopped(f"None of {party.name}'s long cases can take a request. {_ANEW}")
    return found


def _first(  # noqa: PLR0913 - whose, when, whose organisation, what for
    party: Party,
    this_week: list[Any],
    today: date,
    organisation_id: str,
    sessions_of: Callable[[Party, str], int | None],
    *,
    but: str | None = None,
) -> Choice | None:
    """Look in this week, then in the weeks around it."""
    tried = {but}
    monday, sunday = week_of(today)
    for appointments in (this_week, appointments_between(party, monday - _WIDER, sunday + _WIDER)):
        for appointment in appointments:
            case = appointment["case"]
            if case["organisation"]["id"] == organisation_id and case["id"] not in tried:
                tried.add(case["id"])
                if _is_free(party, case["id"]) and (sessions := sessions_of(party, case["id"])):
                    return Choice(appointment, sessions)
    return None


def _is_free(party: Party, case_id: str) -> bool:
    case = party.ask("parent-case", by={"id": case_id})
    return bool(case["client"]["email"]) and any(action["enabled"] for action in case["availableActions"])


def _standard_sessions(party: Party, case_id: str, *, fewest: int) -> int | None:
    """Return the most sessions that the case can be asked for without a clinical review, if at all."""
    most = _form(party, case_id, None)["maximumSessions"]
    enough = (number for number in range(most, fewest - 1, -1) if not _needs_review(party, case_id, number))
    return next(enough, None)


def _sessions_under_review(party: Party, case_id: str) -> int | None:
    """Return the most sessions that can be asked for, where already one would need a clinical review."""
    return int(_form(party, case_id, None)["maximumSessions"]) if _needs_review(party, case_id, 1) else None


def _needs_review(party: Party, case_id: str, sessions: int) -> bool:
    return bool(_form(party, case_id, sessions)["wouldNeedClinicalReview"])


def _form(party: Party, case_id: str, sessions: int | None) -> Any:
    return party.ask("extra-sessions-form", caseId=case_id, sessionsRequested=sessions)["extraSessionsForm"]
