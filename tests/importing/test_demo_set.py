"""The demo set loads without a report on any day, and holds what the demo needs."""

import csv
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from models import tables
from models.database import Database
from models.demo_set import write_demo_set
from models.operations.release_request import ReleaseRequest, release_request
from models.operations.watch_deadline import WatchDeadline, watch_deadline
from models.queries.tallies import load_tallies
from models.rules.lifecycle import OPEN
from models.rules.vocabulary import DeadlineKind, MailKind, RequestStatus
from tests.clock import FixedClock
from tests.importing import office
from tests.operations.ledger import rows

MONDAY = date(2026, 11, 23)
A_WEEK = [MONDAY + timedelta(days=ahead) for ahead in range(7)]
Rows = dict[str, list[dict[str, str]]]


def written(folder: Path, today: date) -> Rows:
    folder.mkdir(exist_ok=True)
    write_demo_set(folder, today=today)
    files = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            files[path.stem] = list(csv.DictReader(file))
    return files


def test_the_same_day_has_the_same_set(tmp_path: Path) -> None:
    assert written(tmp_path / "one", MONDAY) == written(tmp_path / "two", MONDAY)


def test_it_has_the_promised_size(tmp_path: Path) -> None:
    files = written(tmp_path, MONDAY)
    sizes = {name: len(rows) for name, rows in files.items()}
    assert (sizes["practices"], sizes["organisations"], sizes["clients"]) == (4, 6, 200)
    assert (sizes["consultants"], sizes["cases"], sizes["appointments"]) == (10, 220, 1_500)
    assert {row["status"] for row in files["requests"]} == set(RequestStatus)
    assert Counter(row["release_rule"] for row in files["organisations"]) == {"AT_ONCE": 5, "BATCH": 1}
    assert len([row for row in files["organisations"] if int(row["headcount"]) < 30]) == 1
    assert len({row["region"] for row in files["organisations"]}) == 6
    assert len({row["time_zone"] for row in files["practices"]}) == 4
    assert Counter(Counter(row["client"] for row in files["cases"]).values()) == {1: 180, 2: 20}
    assert [row for row in files["clients"] if not row["email"]]
    assert [row for row in files["clients"] if row["do_not_email"] == "yes"]


def test_everybody_is_invented_and_out_of_reach(tmp_path: Path) -> None:
    files = written(tmp_path, MONDAY)
    addresses = {row["email"] for name in ("accounts", "clients", "consultants") for row in files[name]} - {""}
    addresses |= {row["backup_reviewer"] for row in files["organisations"]}
    assert not [each for each in addresses if not re.search(r"@(example\.(com|net|org)|[a-z]+\.example)$", each)]
    phones = {row["phone"] for row in files["clients"]}
    assert not [each for each in phones if not re.fullmatch(r"0491 570 \d{3}|\(02\) 5550 \d{4}|04 555 \d{4}", each)]


def test_each_organisation_has_two_reviewers_and_each_practice_a_manager(tmp_path: Path) -> None:
    accounts = written(tmp_path, MONDAY)["accounts"]
    reviewers = Counter(row["organisation"] for row in accounts if row["role"] == "ORG_REVIEWER")
    assert set(reviewers.values()) == {2}
    assert len(reviewers) == 6
    assert len({row["practice"] for row in accounts if row["role"] == "PRACTICE_MANAGER"}) == 4
    named = {row["external_id"]: row["role"] for row in accounts}
    assert named["consultant"] == "CONSULTANT"
    assert named["manager"] == "PRACTICE_MANAGER"
    assert named["reviewer"] == "ORG_REVIEWER"
    assert named["clinical"] == "CLINICAL_REVIEWER"
    assert named["staff"] == "PROVIDER_STAFF"
    assert named["integrator"] == "INTEGRATOR"


@pytest.mark.parametrize("today", A_WEEK)
def test_no_consultant_is_in_two_places_and_each_has_work_today(tmp_path: Path, today: date) -> None:
    calendars: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in written(tmp_path, today)["appointments"]:
        starts, ends = (datetime.fromisoformat(row[name]) for name in ("starts_at", "ends_at"))
        calendars[row["consultant"]].append((starts, ends))
        assert time(9) <= starts.time()
        assert ends.time() <= time(17)
        assert (row["status"] == "SCHEDULED") == (starts.date() >= today)
    assert len(calendars) == 10
    for calendar in calendars.values():
        calendar.sort()
        assert all(one[1] <= other[0] for one, other in pairwise(calendar))
        assert today.weekday() > 4 or any(starts.date() == today for starts, _ in calendar)
        weeks = {(starts.date() - today).days // 7 for starts, _ in calendar}
        assert min(weeks) < -4
        assert max(weeks) >= 0


@pytest.mark.parametrize("today", A_WEEK)
@pytest.mark.parametrize("at", [time(0, 1), time(23, 58)])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_it_loads_without_a_report_at_any_hour_of_any_weekday(
    tmp_path: Path, database: Database, clock: FixedClock, today: date, at: time
) -> None:
    clock.set(datetime.combine(today, at, tzinfo=UTC))
    write_demo_set(tmp_path, today=today)
    notes = office.Notes()
    await office.load(tmp_path, database, clock, notes=notes)
    assert notes.problems == []


@pytest.mark.parametrize("today", [MONDAY, MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)])
async def test_the_consultant_can_show_the_whole_way_several_times(
    tmp_path: Path, database: Database, clock: FixedClock, today: date
) -> None:
    clock.set(datetime.combine(today, time(0, 30), tzinfo=UTC))
    write_demo_set(tmp_path, today=today)
    assert (await office.load(tmp_path, database, clock)).clean
    rooms = await _rooms(database, today)
    assert len([room for room in rooms if room >= 4]) >= 5
    assert len([room for room in rooms if room <= 0]) >= 1


@pytest.mark.parametrize("today", [date(2026, 11, 25), date(2027, 1, 5), date(2026, 4, 7), date(2026, 11, 28)])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_decision_of_the_reviewers_organisation_is_overdue_and_escalated_at_once(
    tmp_path: Path, database: Database, clock: FixedClock, today: date
) -> None:
    """Also after the holidays of Christmas and of Easter, when business days are few."""
    clock.set(datetime.combine(today, time(0, 30), tzinfo=UTC))
    write_demo_set(tmp_path, today=today)
    assert (await office.load(tmp_path, database, clock)).clean
    request, organisation = tables.ExtraSessionsRequest, _of_account(tables.Account.organisation_id, "reviewer")
    overdue = select(tables.Deadline).join(request, request.id == tables.Deadline.request_id)
    overdue = overdue.where(
        request.organisation_id == organisation,
        request.status == RequestStatus.ORGANISATION_REVIEW,
        tables.Deadline.kind == DeadlineKind.DECISION,
        tables.Deadline.due_at < clock.now(),
    )
    async with database.transaction() as session:
        (decision,) = (await session.execute(overdue)).scalars()
    await watch_deadline(WatchDeadline(deadline_id=decision.id), database=database, clock=clock)
    await release_request(ReleaseRequest(request_id=decision.request_id), database=database, clock=clock)
    owed = [mail for mail in await rows(database, tables.Mail) if mail.request_id == decision.request_id]
    assert {MailKind.OVERDUE_BACKUP, MailKind.OVERDUE_STAFF} <= {mail.kind for mail in owed}


async def _rooms(database: Database, today: date) -> list[int]:
    """Return how many sessions each case of the consultant and the reviewer could be asked for in a standard request.

    Of open cases with a session still to come today or tomorrow, a client to write to, and no open request; a case
    that would go to clinical review counts with any session of its own.
    """
    appointment, case, agreement = tables.Appointment, tables.AssistCase, tables.Agreement
    soon = [(today + timedelta(days=ahead)).isoformat() for ahead in (0, 1)]
    taken = select(tables.ExtraSessionsRequest.case_id).where(tables.ExtraSessionsRequest.status.in_(OPEN))
    statement = (
        select(case.id, case.entitled_sessions, agreement.clinical_review_threshold, appointment.starts_at)
        .join(appointment, appointment.case_id == case.id)
        .join(agreement, (agreement.organisation_id == case.organisation_id) & agreement.is_current.is_(True))
        .where(
            appointment.consultant_id == _of_account(tables.Account.consultant_id, "consultant"),
            case.organisation_id == _of_account(tables.Account.organisation_id, "reviewer"),
            appointment.status == "SCHEDULED",
            case.status == "OPEN",
            case.id.not_in(taken),
        )
    )
    async with database.snapshot() as connection:
        found = (await connection.execute(statement)).all()
        tallies = await load_tallies(connection, {row.id: row.entitled_sessions for row in found})
    rooms = {}
    for row in found:
        room = row.clinical_review_threshold - tallies[row.id].clinical_review_total(0)
        local = row.starts_at.astimezone(ZoneInfo("Australia/Melbourne")).date().isoformat()
        if local in soon or room <= 0:
            rooms[row.id] = room
    return list(rooms.values())


def _of_account(column: Any, name: str) -> Any:
    return select(column).where(tables.Account.external_id == name).scalar_subquery()
