"""Old requests are loaded in any state, whole: as if they had lived here, with their deadlines, grants and events."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from models import tables
from models.database import Database
from models.importing.folder import Mode
from models.operations.release_request import ReleaseRequest, release_request
from models.queries.request_rows import clinical_place
from models.rules.lifecycle import OPEN
from models.rules.vocabulary import DeadlineKind, EventType, RequestStatus, Withheld
from models.tables import Base
from tests.clock import FixedClock
from tests.importing import office

S = RequestStatus
K = DeadlineKind
CONFIRMED = datetime(2026, 11, 19, 23, 5, tzinfo=UTC)
DECIDED = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
BY_STATUS: dict[RequestStatus, dict[str, str]] = {
    S.SUBMITTED: {"submitted_at": "2026-11-22T10:00"},
    S.EXPIRED: {"closed_at": "2026-11-22T10:00"},
    S.AWAITING_DETAILS: {"confirmed_at": "2026-11-20T10:05"},
    S.CLINICAL_REVIEW: {"confirmed_at": "2026-11-20T10:05"},
    S.LAPSED: {"confirmed_at": "2026-11-20T10:05", "closed_at": "2026-11-22T17:00"},
    S.ORGANISATION_REVIEW: {"confirmed_at": "2026-11-20T10:05"},
    S.INFORMATION_REQUESTED: {"confirmed_at": "2026-11-20T10:05"},
    S.APPROVED: {"confirmed_at": "2026-11-20T10:05", "decided_at": "2026-11-23T09:30", "sessions_granted": "2"},
    S.DECLINED: {"confirmed_at": "2026-11-20T10:05", "decided_at": "2026-11-23T09:30", "decline_reason": "BUDGET"},
    S.WITHDRAWN: {"closed_at": "2026-11-22T10:00", "confirmed_at": "2026-11-20T10:05"},
    S.CANCELLED: {"closed_at": "2026-11-22T10:00"},
}
FREE = ("sessions_granted", "decline_reason", "confirmed_at", "decided_at", "closed_at")
DEADLINES: dict[RequestStatus, dict[DeadlineKind, str]] = {
    S.SUBMITTED: {K.CONFIRMATION: "running"},
    S.EXPIRED: {K.CONFIRMATION: "cancelled"},
    S.AWAITING_DETAILS: {K.CONFIRMATION: "met", K.DETAILS: "running"},
    S.CLINICAL_REVIEW: {K.CONFIRMATION: "met", K.DETAILS: "met", K.CLINICAL_REVIEW: "running"},
    S.LAPSED: {K.CONFIRMATION: "met", K.DETAILS: "cancelled"},
    S.ORGANISATION_REVIEW: {K.CONFIRMATION: "met", K.DECISION: "running", K.RELAY: "running"},
    S.INFORMATION_REQUESTED: {K.CONFIRMATION: "met", K.DECISION: "paused", K.RELAY: "paused", K.ANSWER: "running"},
    S.APPROVED: {K.CONFIRMATION: "met", K.DECISION: "met", K.RELAY: "met"},
    S.DECLINED: {K.CONFIRMATION: "met", K.DECISION: "met", K.RELAY: "met"},
    S.WITHDRAWN: {K.CONFIRMATION: "met"},
    S.CANCELLED: {K.CONFIRMATION: "cancelled"},
}


def request_in(status: RequestStatus, **changes: str) -> dict[str, str]:
    return office.GOOD["requests"][0] | dict.fromkeys(FREE, "") | {"status": status} | BY_STATUS[status] | changes


async def load(
    folder: Path, database: Database, clock: FixedClock, *requests: dict[str, str], **files: list[dict[str, str]]
) -> office.Notes:
    notes = office.Notes()
    await office.load(
        office.write(folder, office.good() | files | {"requests": list(requests)}), database, clock, notes=notes
    )
    return notes


async def rows(database: Database, table: type[Base]) -> list[Row[Any]]:
    async with database.snapshot() as connection:
        return list((await connection.execute(select(table))).all())


async def releases(database: Database) -> list[Row[Any]]:
    """Return the jobs that will release a request."""
    return [job for job in await rows(database, tables.Job) if job.actor == "release_request"]


def state(deadline: Any) -> str:
    if deadline.met_at is not None:
        return "met"
    if deadline.cancelled_at is not None:
        return "cancelled"
    return "paused" if deadline.paused_at is not None else "running"


@pytest.mark.parametrize("status", RequestStatus)
async def test_a_request_in_any_state_is_loaded_whole(
    tmp_path: Path, database: Database, clock: FixedClock, status: RequestStatus
) -> None:
    assert (await load(tmp_path, database, clock, request_in(status))).problems == []
    (request,) = await rows(database, tables.ExtraSessionsRequest)
    assert request.status is status
    assert request.date_of_request == date(2026, 11, 22 if status is S.SUBMITTED else 20)
    assert (request.closed_at is None) == (status in OPEN)
    assert request.needs_clinical_review == (status in {S.AWAITING_DETAILS, S.CLINICAL_REVIEW, S.LAPSED})
    assert request.clinical_review_total == (None if request.confirmed_at is None else 6 + 3)
    assert {each.kind: state(each) for each in await rows(database, tables.Deadline)} == DEADLINES[status]
    assert [event.type for event in await rows(database, tables.Event) if event.request_id] == [EventType.IMPORTED]
    assert len(await rows(database, tables.SessionGrant)) == (status is S.APPROVED)
    assert len(await releases(database)) == (status is S.ORGANISATION_REVIEW)
    assert await rows(database, tables.Mail) == []


@pytest.mark.parametrize("status", RequestStatus)
async def test_only_what_the_organisation_had_been_shown_is_released(
    tmp_path: Path, database: Database, clock: FixedClock, status: RequestStatus
) -> None:
    await load(tmp_path, database, clock, request_in(status))
    (request,) = await rows(database, tables.ExtraSessionsRequest)
    shown = status in {S.INFORMATION_REQUESTED, S.APPROVED, S.DECLINED}
    assert request.released_at == (CONFIRMED if shown else None)
    assert request.released_on == (date(2026, 11, 20) if shown else None)
    assert request.organisation_version == (2 if shown else 0)
    assert request.decided_on == (date(2026, 11, 23) if status in {S.APPROVED, S.DECLINED} else None)


async def test_the_clinical_answers_are_sealed_for_this_request_alone(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    await load(tmp_path, database, clock, request_in(S.SUBMITTED))
    (request,) = await rows(database, tables.ExtraSessionsRequest)
    (case,) = [each for each in await rows(database, tables.AssistCase) if each.id == request.case_id]
    key = (await database.keys.opened([case.client_id])).newest(case.client_id)
    assert database.vault.unseal(key, clinical_place(request.id), request.clinical_sealed) == {
        "statement": "Settle what has been gained.",
        "kind": "PRIVATE",
        "detail": "A first appointment is booked.",
    }


async def test_what_awaits_the_organisation_is_released_by_the_usual_job(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    await load(tmp_path, database, clock, request_in(S.ORGANISATION_REVIEW))
    (job,) = await releases(database)
    assert job.run_at == clock.now()
    await release_request(ReleaseRequest(request_id=job.args["request_id"]), database=database, clock=clock)
    (request,) = await rows(database, tables.ExtraSessionsRequest)
    assert request.released_at == clock.now()
    assert [mail.kind for mail in await rows(database, tables.Mail)] == ["REVIEW_INVITATION"]


async def test_a_batch_that_is_still_to_come_is_waited_for(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    organisation = office.GOOD["organisations"][0] | {"release_rule": "BATCH"}
    monday_evening = datetime(2026, 11, 23, 8, tzinfo=UTC)
    clock.set(monday_evening)
    request = request_in(S.ORGANISATION_REVIEW, submitted_at="2026-11-23T15:00", confirmed_at="2026-11-23T15:10")
    others = office.GOOD["organisations"][1:]
    assert (await load(tmp_path, database, clock, request, organisations=[organisation, *others])).problems == []
    (job,) = await releases(database)
    assert job.run_at == datetime(2026, 11, 23, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "withheld"),
    [({"headcount": "29"}, Withheld.BELOW_HEADCOUNT), ({"delegation": "STAFF_INSTEAD"}, Withheld.DELEGATED)],
)
async def test_a_decision_of_an_organisation_that_must_not_know_stays_withheld(
    tmp_path: Path, database: Database, clock: FixedClock, change: dict[str, str], withheld: Withheld
) -> None:
    organisations = [office.GOOD["organisations"][0] | change, *office.GOOD["organisations"][1:]]
    await load(tmp_path, database, clock, request_in(S.APPROVED), organisations=organisations)
    (request,) = await rows(database, tables.ExtraSessionsRequest)
    assert (request.withheld, request.released_at, request.organisation_version) == (withheld, None, 0)


async def test_a_client_who_is_a_reviewer_is_never_released(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    clients = [office.GOOD["clients"][0] | {"phone": "0491 570 006"}, *office.GOOD["clients"][1:]]
    await load(tmp_path, database, clock, request_in(S.DECLINED), clients=clients)
    (request,) = await rows(database, tables.ExtraSessionsRequest)
    assert request.withheld is Withheld.ACCOUNT_MATCHES_CLIENT
    assert request.released_at is None


BAD: list[tuple[RequestStatus, dict[str, str], str, str]] = [
    *[
        (status, {name: ""}, name, f"may not be empty for {status}")
        for status, given in BY_STATUS.items()
        for name in FREE
        if name in given and (status, name) != (S.WITHDRAWN, "confirmed_at")
    ],
    (S.SUBMITTED, {"confirmed_at": "2026-11-22T10:05"}, "confirmed_at", "must be empty for SUBMITTED"),
    (S.ORGANISATION_REVIEW, {"sessions_granted": "1"}, "sessions_granted", "must be empty for"),
    (S.APPROVED, {"decline_reason": "BUDGET"}, "decline_reason", "must be empty for APPROVED"),
    (S.APPROVED, {"sessions_granted": "4"}, "sessions_granted", "no more than sessions_requested"),
    (S.APPROVED, {"decided_at": "2026-11-20T10:04"}, "decided_at", "not before confirmed_at"),
    (S.APPROVED, {"decided_at": "2026-11-24T10:00"}, "decided_at", "not in the future"),
    (S.SUBMITTED, {"submitted_at": "2026-11-20T10:00"}, "status", "not confirmed within 48 hours"),
    (S.SUBMITTED, {"submitted_at": "2026-10-04T02:30"}, "submitted_at", "an hour that the clocks there skip"),
    (S.SUBMITTED, {"sessions_requested": "0"}, "sessions_requested", "a whole number from 1"),
    (S.SUBMITTED, {"sessions_requested": "5"}, "sessions_requested", "the agreement's maximum_sessions"),
    (S.SUBMITTED, {"goal_statement": ""}, "goal_statement", "may not be empty"),
    (S.SUBMITTED, {"goal_statement": "x" * 2_001}, "goal_statement", "would be refused by the form"),
    (S.SUBMITTED, {"goal_statement": "a\u202eb"}, "goal_statement", "would be refused by the form"),
    (S.SUBMITTED, {"pathway_detail": "x" * 1_001}, "pathway_detail", "would be refused by the form"),
    (S.SUBMITTED, {"goal_category": "DEPRESSION"}, "goal_category", "expected one of RESTORE_FUNCTION"),
    (S.SUBMITTED, {"consultant": "con-2"}, "consultant", "one of the case's practice"),
    (S.SUBMITTED, {"appointment": "app-3"}, "appointment", "one of the same case"),
    (S.SUBMITTED, {"appointment": "app-9"}, "appointment", "names no appointment"),
    (S.SUBMITTED, {"case": "ASST-100002", "consultant": "con-2", "appointment": ""}, "status", "a closed case"),
]


async def test_a_bad_request_is_left_out_whole(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    elsewhere = {"external_id": "app-3", "case": "ASST-100002", "consultant": "con-2"}
    appointments = [*office.good()["appointments"], office.GOOD["appointments"][0] | elsewhere]
    requests = [
        request_in(status, external_id=f"bad-{number}") | change for number, (status, change, *_) in enumerate(BAD)
    ]
    notes = await load(tmp_path, database, clock, *requests, appointments=appointments)
    for line, (_, _, column, reason) in enumerate(BAD, start=2):
        told = [problem for problem in notes.problems if problem.line == line]
        assert [problem.column for problem in told if reason in problem.reason] == [column], (line, told)
    assert notes.tallies["requests.csv"].left_out == len(BAD)
    for table in (tables.ExtraSessionsRequest, tables.Deadline, tables.SessionGrant):
        assert await rows(database, table) == []
    assert {event.request_id for event in await rows(database, tables.Event)} == {None}
    assert await releases(database) == []


async def test_a_question_of_an_organisation_that_must_not_know_is_refused(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    organisations = [office.GOOD["organisations"][0] | {"headcount": ""}, *office.GOOD["organisations"][1:]]
    notes = await load(tmp_path, database, clock, request_in(S.INFORMATION_REQUESTED), organisations=organisations)
    assert [problem.column for problem in notes.problems] == ["status"]


async def test_a_case_has_one_open_request_whether_in_the_file_or_here(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    both = (request_in(S.ORGANISATION_REVIEW), request_in(S.SUBMITTED, external_id="req-2"))
    notes = await load(tmp_path, database, clock, *both)
    assert [str(problem) for problem in notes.problems] == ["requests.csv:3: case: has an open request already"]
    notes = await load(tmp_path, database, clock, both[1], request_in(S.APPROVED, external_id="req-3"))
    assert [str(problem) for problem in notes.problems] == ["requests.csv:2: case: has an open request already"]
    assert len(await rows(database, tables.ExtraSessionsRequest)) == 2


@pytest.mark.parametrize("mode", [Mode.FILES, Mode.BATCHES])
async def test_a_request_that_is_here_is_left_alone(
    tmp_path: Path, database: Database, clock: FixedClock, mode: Mode
) -> None:
    await load(tmp_path, database, clock, request_in(S.ORGANISATION_REVIEW))
    (job,) = await releases(database)
    await release_request(ReleaseRequest(request_id=job.args["request_id"]), database=database, clock=clock)
    before, notes = await office.contents(database), office.Notes()
    clock.advance(timedelta(days=30))
    office.write(tmp_path, {"requests": [request_in(S.DECLINED), request_in(S.SUBMITTED, external_id="req-2")]})
    await office.load(tmp_path, database, clock, mode=mode, notes=notes)
    assert await office.contents(database) == before
    assert (notes.tallies["requests.csv"].unchanged, notes.tallies["requests.csv"].left_out) == (1, 1)


async def test_a_case_that_closes_cancels_its_open_request(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    await load(tmp_path, database, clock, request_in(S.INFORMATION_REQUESTED))
    before = len(await rows(database, tables.Event))
    clock.advance(timedelta(hours=1))
    cases = office.good()["cases"]
    cases[0] |= {"status": "CLOSED", "closed_on": "2026-11-23"}
    assert (await office.load(office.write(tmp_path, {"cases": cases}), database, clock)).clean
    (request,) = await rows(database, tables.ExtraSessionsRequest)
    assert (request.status, request.closed_at) == (S.CANCELLED, clock.now())
    assert (request.version, request.organisation_version) == (2, 3)
    assert {state(each) for each in await rows(database, tables.Deadline)} == {"met", "cancelled"}
    then = [event.type for event in await rows(database, tables.Event)][before:]
    assert then == [EventType.CANCELLED, EventType.CASE_CLOSED]


async def test_closing_a_case_leaves_a_decided_request_as_it_is(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    await load(tmp_path, database, clock, request_in(S.APPROVED))
    before = (await office.contents(database))["extra_sessions_request"]
    cases = office.good()["cases"]
    cases[0] |= {"status": "CLOSED", "closed_on": "2026-11-23"}
    assert (await office.load(office.write(tmp_path, {"cases": cases}), database, clock)).clean
    assert (await office.contents(database))["extra_sessions_request"] == before
