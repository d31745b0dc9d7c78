"""What the clock does about each kind of deadline when nobody else does anything."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models import tables
from models.database import Database
from models.rules.vocabulary import (
    DeadlineKind,
    EventType,
    MailKind,
    ReleaseRule,
    RequestStatus,
    StaffTaskKind,
    StaffTaskState,
    Withheld,
)
from tests.builders import World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, release, revise
from tests.operations.clinical import BEYOND, in_review
from tests.operations.ledger import deadlines, events, rows, state_of, the_request
from tests.operations.timing import MELBOURNE, local, look, mails, promised, run_due, run_until

SECOND = timedelta(seconds=1)
APRIL = local(date(2026, 4, 1), 11, 30)
"""A Wednesday, day 0 of a request that is due on Tuesday the 14th; Easter and the clocks' change lie between."""
DUE = local(date(2026, 4, 14), 17)
REMINDED = [local(date(2026, 4, day), 9) for day in (8, 10, 13)]


@pytest.fixture
def clock() -> FixedClock:
    clock = FixedClock()
    clock.set(APRIL)
    return clock


async def statuses(world: World) -> list[RequestStatus]:
    return [row.status for row in await rows(world.database, tables.ExtraSessionsRequest)]


# The confirm


async def test_what_is_not_confirmed_within_48_hours_of_its_submission_expires(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    await run_until(world, APRIL + timedelta(hours=48))
    assert await statuses(world) == [RequestStatus.SUBMITTED], "exactly 48 hours are in time"
    await run_until(world, APRIL + timedelta(hours=48) + SECOND)
    row = await the_request(world, request_id)
    assert (row.status, row.closed_at, row.version) == (RequestStatus.EXPIRED, clock.now(), 2)
    assert await events(world) == [EventType.SUBMITTED, EventType.EXPIRED]
    assert len(await mails(world, MailKind.EXPIRED)) == 1
    assert state_of((await deadlines(world))[DeadlineKind.CONFIRMATION]) == (None, clock.now())
    assert await promised(world) == []


async def test_the_48_hours_are_hours_and_not_days_of_a_calendar(database: Database, clock: FixedClock) -> None:
    before_the_change = local(date(2026, 4, 4), 12)
    clock.set(before_the_change)
    world = await a_world(database, clock)
    await submitted(world)
    await run_until(world, local(date(2026, 4, 6), 11))
    assert await statuses(world) == [RequestStatus.SUBMITTED]
    await run_until(world, local(date(2026, 4, 6), 11, 0, 1))
    assert await statuses(world) == [RequestStatus.EXPIRED]


async def test_a_revision_gives_another_48_hours(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    await run_until(world, APRIL + timedelta(hours=40))
    await revise(world, request_id, sessions_requested=2)
    await run_until(world, APRIL + timedelta(hours=88))
    assert await statuses(world) == [RequestStatus.SUBMITTED], "the first look found it moved"
    await run_until(world, APRIL + timedelta(hours=88) + SECOND)
    assert await statuses(world) == [RequestStatus.EXPIRED]
    assert len(await mails(world, MailKind.EXPIRED)) == 1


# Further details


async def test_unanswered_details_bring_a_reminder_on_day_three_and_lapse_after_day_five(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, appointments=BEYOND)
    request_id = await confirmed(world)
    await run_until(world, local(date(2026, 4, 8), 8, 59, 59))
    assert await mails(world, MailKind.DETAILS_REMINDER) == []
    await run_until(world, local(date(2026, 4, 10), 17))
    (reminder,) = await mails(world, MailKind.DETAILS_REMINDER)
    assert reminder.created_at == local(date(2026, 4, 8), 9)
    assert await statuses(world) == [RequestStatus.AWAITING_DETAILS], "exactly 17:00:00 is in time"
    await run_until(world, local(date(2026, 4, 10), 17, 0, 1))
    assert (await the_request(world, request_id)).status is RequestStatus.LAPSED
    assert (await events(world))[-1] is EventType.LAPSED
    assert len(await mails(world, MailKind.LAPSED)) == 1
    assert await mails(world, MailKind.REVIEW_ENDED) == [], "the organisation never knew of it"
    assert await promised(world) == []


async def test_a_clinical_review_that_is_late_is_told_to_each_of_the_staff_and_decides_nothing(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, appointments=BEYOND)
    await in_review(world)
    await run_until(world, local(date(2026, 4, 10), 17))
    assert EventType.ESCALATED not in await events(world)
    await run_until(world, local(date(2026, 4, 20), 12))
    (mail,) = await mails(world, MailKind.OVERDUE_STAFF)
    assert (mail.account_id, mail.created_at) == (world.staff.account_id, local(date(2026, 4, 10), 17, 0, 1))
    assert (await events(world)).count(EventType.ESCALATED) == 1
    assert await statuses(world) == [RequestStatus.CLINICAL_REVIEW]


# The decision


async def test_the_reviewers_are_reminded_four_two_and_one_business_days_before(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, DUE)
    reminders = await mails(world, MailKind.REVIEW_REMINDER)
    assert [mail.created_at for mail in reminders] == [moment for moment in REMINDED for _ in range(2)]
    reviewers = [world.reviewer.account_id, world.second_reviewer.account_id]
    assert Counter(mail.account_id for mail in reminders) == dict.fromkeys(reviewers, 3)
    assert EventType.ESCALATED not in await events(world), "exactly 17:00:00 is in time"


async def test_a_decision_is_at_risk_from_the_second_reminder_on(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    due = (await deadlines(world))[DeadlineKind.DECISION]
    assert (due.at_risk_from, due.due_at) == (local(date(2026, 4, 10), 9), DUE)
    assert (due.counted_from, due.counted_days) == (date(2026, 4, 1), 7)


@pytest.mark.parametrize("headcount", [5, None])
async def test_nobody_is_reminded_of_what_was_never_released(
    database: Database, clock: FixedClock, headcount: int | None
) -> None:
    world = await a_world(database, clock, backup_reviewer="backup@employer.example", headcount=headcount)
    request_id = await released(world)
    await run_until(world, DUE + timedelta(days=1))
    assert (await the_request(world, request_id)).withheld is Withheld.BELOW_HEADCOUNT
    assert await mails(world, MailKind.REVIEW_REMINDER) == []
    assert await mails(world, MailKind.OVERDUE_BACKUP) == [], "nor is their backup told that it is late"
    assert len(await mails(world, MailKind.OVERDUE_STAFF)) == 1
    assert (await events(world)).count(EventType.ESCALATED) == 1


@pytest.mark.parametrize(("due_days", "reminders"), [(2, 0), (3, 1), (4, 2)])
async def test_nobody_is_reminded_on_the_morning_of_the_release(
    database: Database, clock: FixedClock, due_days: int, reminders: int
) -> None:
    world = await a_world(database, clock, due_days=due_days, release_rule=ReleaseRule.BATCH)
    await confirmed(world)
    await run_until(world, DUE)
    released_on = [row.released_on for row in await rows(database, tables.ExtraSessionsRequest)]
    assert released_on == [date(2026, 4, 2)]
    assert len(await mails(world, MailKind.REVIEW_REMINDER)) == 2 * reminders


async def test_a_reminder_of_the_release_s_own_morning_is_not_made_up_for_the_next_day(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, due_days=3, release_rule=ReleaseRule.BATCH)
    request_id = await confirmed(world)
    (due,) = [row for row in await rows(database, tables.Deadline) if row.kind is DeadlineKind.DECISION]
    clock.set(local(date(2026, 4, 2), 9))
    await release(world, request_id)
    clock.set(local(date(2026, 4, 3), 0, 30))
    await look(world, due.id)
    assert await mails(world, MailKind.REVIEW_REMINDER) == []


async def test_a_late_decision_is_told_once_to_the_backup_reviewer_and_to_each_of_the_staff(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, backup_reviewer="backup@employer.example")
    request_id = await released(world)
    await run_until(world, DUE + SECOND)
    (backup,) = await mails(world, MailKind.OVERDUE_BACKUP)
    (staff,) = await mails(world, MailKind.OVERDUE_STAFF)
    assert (backup.account_id, staff.account_id) == (None, world.staff.account_id)
    assert backup.created_at == staff.created_at == DUE + SECOND
    before = await the_request(world, request_id)
    assert (before.status, before.organisation_version) == (RequestStatus.ORGANISATION_REVIEW, 1)
    await run_until(world, DUE + timedelta(days=30))
    assert (await events(world)).count(EventType.ESCALATED) == 1
    assert len(await mails(world, MailKind.OVERDUE_STAFF)) == len(await mails(world, MailKind.OVERDUE_BACKUP)) == 1
    assert await the_request(world, request_id) == before, "nothing is decided by the clock"


async def test_without_a_backup_reviewer_the_staff_alone_hear_of_it(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, DUE + SECOND)
    assert await mails(world, MailKind.OVERDUE_BACKUP) == []
    assert len(await mails(world, MailKind.OVERDUE_STAFF)) == 1


@pytest.mark.parametrize(
    ("day0", "due"),
    [
        (date(2026, 4, 1), datetime(2026, 4, 14, 7, 0, 1, tzinfo=UTC)),
        (date(2026, 10, 2), datetime(2026, 10, 13, 6, 0, 1, tzinfo=UTC)),
    ],
)
async def test_five_o_clock_is_the_organisation_s_own_whatever_its_clocks_did_meanwhile(
    database: Database, clock: FixedClock, day0: date, due: datetime
) -> None:
    clock.set(local(day0, 11))
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, due - SECOND)
    assert await mails(world, MailKind.OVERDUE_STAFF) == []
    await run_until(world, due)
    assert [mail.created_at for mail in await mails(world, MailKind.OVERDUE_STAFF)] == [due]
    mornings = {
        mail.created_at.astimezone(ZoneInfo(MELBOURNE)).hour for mail in await mails(world, MailKind.REVIEW_REMINDER)
    }
    assert mornings == {9}


# The relay

OUTCOME = (MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT)


async def tasks(world: World) -> list[tuple[StaffTaskKind, StaffTaskState]]:
    return [(row.kind, row.state) for row in await rows(world.database, tables.StaffTask)]


async def test_an_outcome_that_reaches_nobody_becomes_a_task_after_the_relay_s_due_day(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    relay_due = local(date(2026, 4, 15), 17)
    await run_until(world, relay_due, failing=OUTCOME)
    assert await tasks(world) == []
    await run_until(world, relay_due + timedelta(days=20), failing=OUTCOME)
    assert await tasks(world) == [(StaffTaskKind.RELAY, StaffTaskState.OPEN)]
    assert (await events(world)).count(EventType.RELAY_STUCK) == 1
    assert len(await mails(world, MailKind.RELAY_STUCK)) == 1


async def test_a_task_that_is_open_already_is_not_opened_again(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await approve(world, await released(world))
    due = (await deadlines(world))[DeadlineKind.RELAY]
    async with database.transaction() as session:
        task = {"kind": StaffTaskKind.RELAY, "state": StaffTaskState.OPEN, "created_at": clock.now()}
        session.add(tables.StaffTask(id="task_1", request_id=due.request_id, **task))
    clock.set(due.due_at + SECOND)
    await look(world, due.id)
    assert len(await tasks(world)) == 1
    assert EventType.RELAY_STUCK not in await events(world)
    assert await mails(world, MailKind.RELAY_STUCK) == []


async def test_there_is_nothing_to_relay_while_a_late_decision_is_still_to_come(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, local(date(2026, 4, 17), 12))
    assert await tasks(world) == [], "no outcome, nothing that staff could pass on"
    relay = (await deadlines(world))[DeadlineKind.RELAY]
    assert await promised(world, deadline=relay.id) == [local(date(2026, 4, 17), 17, 0, 1)], "but it is looked at"
    await approve(world, request_id)
    await run_until(world, local(date(2026, 4, 17), 17), failing=OUTCOME)
    assert await tasks(world) == []
    await run_until(world, local(date(2026, 4, 17), 17, 0, 1), failing=OUTCOME)
    assert await tasks(world) == [(StaffTaskKind.RELAY, StaffTaskState.OPEN)]
    assert (await events(world)).count(EventType.RELAY_STUCK) == 1


async def test_a_late_decision_that_reaches_both_parties_leaves_no_task(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, local(date(2026, 4, 17), 12))
    await approve(world, request_id)
    await run_until(world, local(date(2026, 4, 30), 12))
    assert await tasks(world) == []
    assert (await events(world))[-1] is EventType.OUTCOME_RELAYED
    assert await promised(world) == []


async def test_a_worker_at_work_leaves_nothing_due(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, DUE)
    assert await run_due(world) == 0
