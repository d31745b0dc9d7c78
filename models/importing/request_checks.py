"""Whether an old request can stand here: its moments in order, its case free, its organisation one that may know."""

from datetime import datetime
from itertools import pairwise

from models.deadlines import CONFIRM_WITHIN
from models.importing.batch import Batch, Row
from models.importing.moments import moment_in
from models.importing.request_facts import Facts
from models.rules.lifecycle import OPEN
from models.rules.vocabulary import CaseStatus, RequestStatus

_MOMENTS = ("submitted_at", "confirmed_at", "decided_at", "closed_at")


def check_moments(batch: Batch, row: Row, facts: Facts, *, now: datetime) -> None:
    """Turn the row's times into moments; refuse those that lie ahead or out of order."""
    zone = facts.consultants[row["consultant"]].time_zone
    given = [column for column in _MOMENTS if row[column] is not None]
    row.values |= {column: moment_in(zone, batch, row, column) for column in given}
    for earlier, later in pairwise(given):
        if row[later] < row[earlier]:
            batch.refuse(row, later, f"expected a time that is not before {earlier}")
    for column in given:
        if row[column] > now:
            batch.refuse(row, column, "expected a time that is not in the future")
    if row["status"] is RequestStatus.SUBMITTED and row["submitted_at"] + CONFIRM_WITHIN < now:
        batch.refuse(row, "status", "was not confirmed within 48 hours; load it as EXPIRED")


def check_place(batch: Batch, row: Row, facts: Facts) -> None:
    """Refuse a request that its case, consultant, appointment or agreement does not admit."""
    case, consultant = facts.cases[row["case"]], facts.consultants[row["consultant"]]
    if consultant.practice_id != case.practice_id:
        batch.refuse(row, "consultant", "expected one of the case's practice")
    if row["appointment"] is not None and facts.appointments[row["appointment"]].case_id != case.id:
        batch.refuse(row, "appointment", "expected one of the same case")
    if row["status"] is RequestStatus.INFORMATION_REQUESTED and facts.why_withheld(case) is not None:
        batch.refuse(row, "status", "this organisation is not shown such a request, so it can't have asked about it")
    if row["status"] in OPEN:
        _check_open(batch, row, facts)


def _check_open(batch: Batch, row: Row, facts: Facts) -> None:
    """Hold an open request to what a new one is held to. One that may stand takes its case."""
    case = facts.cases[row["case"]]
    most = facts.terms[case.organisation_id].maximum_sessions
    if case.status is CaseStatus.CLOSED:
        batch.refuse(row, "status", "a closed case has no open request")
    if row["sessions_requested"] > most:
        batch.refuse(row, "sessions_requested", "expected no more than the agreement's maximum_sessions")
    if case.id in facts.taken:
        batch.refuse(row, "case", "has an open request already")
    if not row.refused:
        facts.taken.add(case.id)
