"""Requests of each state in a database of version 0004: what the migration gives them to live on, and its way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.engine import Row

from models import job_queue
from models.clock import SystemClock
from models.database import Database
from models.keyring import Keyring
from models.migrations.run import downgrade, sync_url, upgrade
from models.operations.watch_deadline import WatchDeadline, watch_deadline
from models.rules.business_days import BusinessCalendar, due_after
from models.tables import Deadline, ExtraSessionsRequest, FurtherDetails, Job, OrganisationQuestion, StaffTask

MELBOURNE = BusinessCalendar("AU-VIC", "Australia/Melbourne")
NOW = SystemClock().now().replace(microsecond=0)
CONFIRMED = datetime(2026, 4, 1, 22, 30, tzinfo=UTC)
"""In Melbourne that is the morning of the 2nd."""
PAUSED = datetime(2026, 4, 7, 23, 0, tzinfo=UTC)
DAY0 = MELBOURNE.local_day(CONFIRMED)
DECISION_DUE = due_after(MELBOURNE, DAY0, 7).at
ANSWER_DUE = due_after(MELBOURNE, MELBOURNE.local_day(PAUSED), 5).at
AHEAD = NOW + timedelta(days=30)

STATES: dict[str, dict[str, datetime]] = {
    "SUBMITTED": {"CONFIRMATION": AHEAD},
    "AWAITING_DETAILS": {"DETAILS": due_after(MELBOURNE, DAY0, 5).at},
    "CLINICAL_REVIEW": {"CLINICAL_REVIEW": due_after(MELBOURNE, DAY0, 5).at},
    "ORGANISATION_REVIEW": {"DECISION": DECISION_DUE, "RELAY": due_after(MELBOURNE, DAY0, 8).at},
    "INFORMATION_REQUESTED": {
        "DECISION": DECISION_DUE,
        "RELAY": due_after(MELBOURNE, DAY0, 8).at,
        "ANSWER": ANSWER_DUE,
    },
    "APPROVED": {"DECISION": DECISION_DUE, "RELAY": AHEAD},
    "DECLINED": {"DECISION": DECISION_DUE},
    "WITHDRAWN": {"DECISION": DECISION_DUE},
}
ENDED = {
    ("APPROVED", "DECISION"): "met_at",
    ("DECLINED", "DECISION"): "met_at",
    ("WITHDRAWN", "DECISION"): "cancelled_at",
}
OLD_ACTORS = ("review_invitation", "outcome_email_consultant", "outcome_email_client", "received_email")
NEW_ACTORS = ("review_invitation_email", "outcome_consultant_email", "outcome_client_email", "received_email")


@pytest.fixture
def old_url(empty_database_url: str) -> str:
    """A database of version 0004 with all of it."""
    upgrade(empty_database_url, "0004")
    with connected(empty_database_url) as connection:
        furnish(connection)
        for state, deadlines in STATES.items():
            add_request(connection, state, deadlines)
        for actor in OLD_ACTORS:
            add_job(connection, actor)
    return empty_database_url


def furnish(connection: Connection) -> None:
    put(connection, "organisation", id="org_1", external_id="ORG-1", name="Employer", headcount=5)
    put(
        connection, "agreement", id="agr_1", organisation_id="org_1", revision=1, is_current=True, entitled_sessions=6,
        maximum_sessions=4, clinical_review_threshold=12, due_days=7, region="AU-VIC", time_zone="Australia/Melbourne",
        added_dates="[]", removed_dates="[]", release_rule="BATCH", smallest_headcount=30, delegation="NONE",
        automatic_approval=0,
    )  # fmt: skip
    put(connection, "practice", id="prac_1", external_id="P-1", name="Practice", suburb="S", time_zone="UTC")
    put(
        connection, "consultant", id="con_1", external_id="C-1", practice_id="prac_1", name="C",
        email="c@practice.example", time_zone="UTC",
    )  # fmt: skip
    for role in ("PROVIDER_STAFF", "ORG_REVIEWER"):
        put(
            connection, "account", id=f"acc_{role}", external_id=role, name=role, email=f"{role}@x.example".lower(),
            role=role, time_zone="UTC", created_at=CONFIRMED,
        )  # fmt: skip
    put(connection, "client", id="cli_1", external_index=b"1", do_not_email=False, created_at=CONFIRMED)


def add_request(connection: Connection, state: str, deadlines: dict[str, datetime]) -> None:
    put(
        connection, "assist_case", id=f"case_{state}", number=f"ASST-{state}", client_id="cli_1",
        organisation_id="org_1", practice_id="prac_1", status="OPEN", entitled_sessions=6, opened_on="2026-01-01",
    )  # fmt: skip
    facts: dict[str, Any] = {
        "confirmed_at": None if state == "SUBMITTED" else CONFIRMED,
        "decision_due_at": deadlines.get("DECISION"),
        "withheld": "BELOW_HEADCOUNT" if state == "ORGANISATION_REVIEW" else None,
        "decided_by": {"APPROVED": "acc_PROVIDER_STAFF", "DECLINED": "acc_ORG_REVIEWER"}.get(state),
    }
    put(
        connection, "extra_sessions_request", id=f"req_{state}", reference=f"R-{state}", version=1, status=state,
        organisation_id="org_1", agreement_id="agr_1", sessions_released=3, entitled_sessions=6,
        goal_category="OTHER", onward_plan=False, organisation_version=0, case_id=f"case_{state}",
        consultant_id="con_1", requestor="CONSULTANT", sessions_requested=3, date_of_request="2026-04-01",
        submitted_at=CONFIRMED - timedelta(hours=1), needs_clinical_review=False, account_matches_client=False,
        key_version=1, **facts,
    )  # fmt: skip
    for kind, due_at in deadlines.items():
        paused = state == "INFORMATION_REQUESTED" and kind != "ANSWER"
        ended = {ENDED[state, kind]: due_at} if (state, kind) in ENDED else {}
        put(
            connection, "deadline", id=f"due_{state}_{kind}", request_id=f"req_{state}", kind=kind, due_at=due_at,
            at_risk_from=due_at, time_zone="Australia/Melbourne", region="AU-VIC",
            calendar_version=MELBOURNE.version, paused_at=PAUSED if paused else None, **ended,
        )  # fmt: skip


def add_job(connection: Connection, actor: str) -> None:
    put(
        connection, "job", id=f"job_{actor}", queue="default", actor=actor, args='{"mail_id":"mail_1"}', priority=0,
        state="READY", run_at=NOW + timedelta(days=90), attempts=0, max_attempts=12, created_at=NOW,
    )  # fmt: skip


def put(connection: Connection, table: str, **values: Any) -> None:
    sqlite = connection.dialect.name == "sqlite"
    written = {name: _written(value, sqlite=sqlite) for name, value in values.items()}
    names, places = ", ".join(written), ", ".join(f":{name}" for name in written)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), written)  # noqa: S608 - all of it stands above


def _written(value: Any, *, sqlite: bool) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return int(value) if isinstance(value, bool) and sqlite else value


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def found(url: str, table: Any) -> list[Row[Any]]:
    with connected(url) as connection:
        return list(connection.execute(select(*table.__table__.columns)).all())


def by_id(url: str, table: Any) -> dict[str, Row[Any]]:
    return {row.id: row for row in found(url, table)}


def test_deadlines_learn_what_they_were_counted_from(old_url: str) -> None:
    upgrade(old_url)
    counted = {row.id: (row.counted_from, row.counted_days) for row in found(old_url, Deadline)}
    assert counted["due_SUBMITTED_CONFIRMATION"] == (None, None)
    assert counted["due_INFORMATION_REQUESTED_ANSWER"] == (MELBOURNE.local_day(PAUSED), 5)
    relay = (MELBOURNE.local_day(DECISION_DUE), 1)
    for state, deadlines in STATES.items():
        for kind in set(deadlines) - {"CONFIRMATION", "ANSWER"}:
            expected = {"DECISION": (DAY0, 7), "RELAY": relay}.get(kind, (DAY0, 5))
            assert counted[f"due_{state}_{kind}"] == expected


def test_counting_again_from_there_gives_the_due_moment_that_is_stored(old_url: str) -> None:
    upgrade(old_url)
    rows = [row for row in found(old_url, Deadline) if row.counted_from is not None and row.due_at != AHEAD]
    assert len(rows) == 10
    for row in rows:
        assert due_after(MELBOURNE, row.counted_from, row.counted_days).at == row.due_at, row.id


def test_requests_learn_their_day_0_and_whose_decision_it_was(old_url: str) -> None:
    upgrade(old_url)
    rows = by_id(old_url, ExtraSessionsRequest)
    in_review = {id_.removeprefix("req_") for id_, row in rows.items() if row.review_from == DAY0}
    assert in_review == {state for state, deadlines in STATES.items() if "DECISION" in deadlines}
    assert {id_: row.decided_as for id_, row in rows.items() if row.decided_as} == {
        "req_APPROVED": "PROVIDER",
        "req_DECLINED": "ORGANISATION",
    }


def test_what_waits_for_somebody_has_its_question_its_details_or_its_task(old_url: str) -> None:
    upgrade(old_url)
    details = {row.request_id: row for row in found(old_url, FurtherDetails)}
    assert set(details) == {"req_AWAITING_DETAILS", "req_CLINICAL_REVIEW"}
    assert {(row.round, row.asked_at, len(row.questions)) for row in details.values()} == {(1, CONFIRMED, 5)}
    (question,) = found(old_url, OrganisationQuestion)
    assert (question.request_id, question.number, question.state) == ("req_INFORMATION_REQUESTED", 1, "ASKED")
    assert (question.asked_at, question.asked_on) == (PAUSED, MELBOURNE.local_day(PAUSED)), "when its clock was stopped"
    (task,) = found(old_url, StaffTask)
    assert (task.request_id, task.kind, task.state) == ("req_ORGANISATION_REVIEW", "DECISION", "OPEN")


def test_every_deadline_that_runs_is_looked_at_once_and_no_other(old_url: str) -> None:
    upgrade(old_url)
    looks = [row.args["deadline_id"] for row in found(old_url, Job) if row.actor == "watch_deadline"]
    running = [row.id for row in found(old_url, Deadline) if row.met_at is None and row.cancelled_at is None]
    assert sorted(looks) == sorted(running)
    assert {row.actor for row in found(old_url, Job)} == {*NEW_ACTORS, "watch_deadline"}


async def test_the_first_look_acts_on_what_was_missed_and_promises_another_where_more_is_to_come(
    old_url: str, keyring: Keyring
) -> None:
    upgrade(old_url)
    database, clock = Database.open(old_url, keyring), SystemClock()
    try:
        while claim := await job_queue.claim(database, queue="default", at=clock.now()):
            if claim.actor == "watch_deadline":
                await watch_deadline(WatchDeadline(**claim.args), database=database, clock=clock, claim=claim)
            else:
                await job_queue.acknowledge(database, claim, at=clock.now())
    finally:
        await database.close()
    statuses = {id_: row.status for id_, row in by_id(old_url, ExtraSessionsRequest).items()}
    assert statuses["req_AWAITING_DETAILS"] == "LAPSED"
    assert statuses["req_INFORMATION_REQUESTED"] == "ORGANISATION_REVIEW"
    assert statuses["req_SUBMITTED"] == "SUBMITTED"
    waiting = {
        row.args["deadline_id"] for row in found(old_url, Job) if row.actor == "watch_deadline" and row.state == "READY"
    }
    assert {"due_SUBMITTED_CONFIRMATION", "due_APPROVED_RELAY"} <= waiting
    assert not {"due_AWAITING_DETAILS_DETAILS", "due_DECLINED_DECISION"} & waiting


def test_the_way_back_leaves_what_the_older_version_knows(old_url: str) -> None:
    upgrade(old_url)
    downgrade(old_url, "0004")
    with connected(old_url) as connection:
        actors = set(connection.execute(text("SELECT actor FROM job")).scalars())
        requests = set(connection.execute(text("SELECT status FROM extra_sessions_request")).scalars())
        deadlines = set(connection.execute(text("SELECT id FROM deadline")).scalars())
        arguments = connection.execute(text("SELECT args FROM job WHERE actor = 'received_email'")).scalar_one()
    assert actors == set(OLD_ACTORS)
    assert requests == set(STATES)
    assert deadlines == {f"due_{state}_{kind}" for state, kinds in STATES.items() for kind in kinds}
    assert (orjson.loads(arguments) if isinstance(arguments, str) else arguments) == {"mail_id": "mail_1"}
    upgrade(old_url)
    assert len(found(old_url, Deadline)) == len(deadlines)
