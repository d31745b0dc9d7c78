"""Each act of the clock exactly once, or not at all: repeated, stale, late and early looks, and clocks that jump."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from models import job_queue, tables
from models.actor import SYSTEM
from models.database import Database
from models.deadlines import meet_deadline
from models.locks import lock_request
from models.operations.resuming import give_up_answer
from models.operations.watch_deadline import WatchDeadline, watch_deadline
from models.queries.agreements import terms_of
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, RequestStatus
from models.tables.job import JobState
from tests.builders import FOUR_OF_SIX, World, a_world, confirmed, released, submitted
from tests.clock import FixedClock
from tests.jobs.workshop import until
from tests.operations.acting import approve, confirm, revise, withdraw
from tests.operations.clinical import BEYOND, in_review
from tests.operations.ledger import changes_nothing, deadlines, log, rows, somebody_waits, the_request
from tests.operations.questioning import ask
from tests.operations.timing import local, look, mails, promised, run_due, run_until

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
APRIL = local(date(2026, 4, 1), 11, 30)
DUE = local(date(2026, 4, 14), 17)
FIRST, SECOND_ONE, LAST = (local(date(2026, 4, day), 9) for day in (8, 10, 13))

Start = Callable[[World], Awaitable[str]]
ACTS = pytest.mark.parametrize(
    ("start", "kind", "told"),
    [
        (submitted, DeadlineKind.CONFIRMATION, MailKind.EXPIRED),
        (confirmed, DeadlineKind.DETAILS, MailKind.LAPSED),
        (in_review, DeadlineKind.CLINICAL_REVIEW, MailKind.OVERDUE_STAFF),
        (released, DeadlineKind.DECISION, MailKind.OVERDUE_STAFF),
    ],
    ids=lambda value: value.value if isinstance(value, DeadlineKind) else "",
)


@pytest.fixture
def clock() -> FixedClock:
    clock = FixedClock()
    clock.set(APRIL)
    return clock


async def a_world_for(kind: DeadlineKind, database: Database, clock: FixedClock) -> World:
    clinical = {DeadlineKind.DETAILS, DeadlineKind.CLINICAL_REVIEW}
    return await a_world(database, clock, appointments=BEYOND if kind in clinical else FOUR_OF_SIX)


@ACTS
async def test_a_look_that_is_repeated_does_nothing_more(
    database: Database, clock: FixedClock, start: Start, kind: DeadlineKind, told: MailKind
) -> None:
    world = await a_world_for(kind, database, clock)
    await start(world)
    due = (await deadlines(world))[kind]
    clock.set(due.due_at + SECOND)
    await look(world, due.id)
    assert len(await mails(world, told)) == 1
    clock.advance(HOUR)
    async with changes_nothing(database):
        await look(world, due.id)


@ACTS
async def test_looks_at_the_same_moment_act_once(
    database: Database, clock: FixedClock, start: Start, kind: DeadlineKind, told: MailKind
) -> None:
    world = await a_world_for(kind, database, clock)
    await start(world)
    due = (await deadlines(world))[kind]
    clock.set(due.due_at + SECOND)
    await asyncio.gather(*(look(world, due.id) for _ in range(5)))
    assert len(await mails(world, told)) == 1


@ACTS
async def test_nothing_is_done_a_microsecond_too_early(
    database: Database, clock: FixedClock, start: Start, kind: DeadlineKind, told: MailKind
) -> None:
    world = await a_world_for(kind, database, clock)
    await start(world)
    due = (await deadlines(world))[kind]
    clock.set(due.due_at + SECOND - timedelta(microseconds=1))
    await look(world, due.id)
    assert await mails(world, told) == []


async def test_a_job_whose_lease_was_lost_acts_with_nobody(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await submitted(world)
    due = (await deadlines(world))[DeadlineKind.CONFIRMATION]
    clock.set(due.due_at + SECOND)
    slow = await job_queue.claim(database, queue="default", at=clock.now())
    clock.advance(job_queue.LEASE)
    await run_due(world)  # which finds the lease at its end, and the job to be tried a little later
    await run_until(world, clock.now() + HOUR)
    assert len(await mails(world, MailKind.EXPIRED)) == 1
    async with changes_nothing(database):
        with pytest.raises(job_queue.LeaseLost):
            await watch_deadline(WatchDeadline(deadline_id=due.id), database=database, clock=clock, claim=slow)


# What has changed by the time of the look


async def test_a_look_at_what_was_met_cancelled_or_paused_does_nothing(database: Database, clock: FixedClock) -> None:
    async def met(world: World) -> DeadlineKind:
        await confirm(world, await submitted(world))
        return DeadlineKind.CONFIRMATION

    async def decided(world: World) -> DeadlineKind:
        await approve(world, await released(world))
        return DeadlineKind.DECISION

    async def cancelled(world: World) -> DeadlineKind:
        await withdraw(world, await released(world))
        return DeadlineKind.DECISION

    async def paused(world: World) -> DeadlineKind:
        await ask(world, await released(world))
        return DeadlineKind.DECISION

    for story in (met, decided, cancelled, paused):
        clock.set(APRIL)
        world = await a_world(database, clock)
        before = {row.id for row in await rows(database, tables.Deadline)}
        kind = await story(world)
        (due,) = [row for row in await rows(database, tables.Deadline) if row.kind is kind and row.id not in before]
        clock.set(due.due_at + DAY)
        async with changes_nothing(database):
            await look(world, due.id)


async def test_the_look_at_an_old_due_moment_leaves_the_new_one_alone_and_watched_once(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    for _ in range(3):
        clock.advance(HOUR)
        await revise(world, request_id, sessions_requested=2)
    due = (await deadlines(world))[DeadlineKind.CONFIRMATION]
    assert len(await promised(world, deadline=due.id)) == 4
    clock.set(due.due_at)
    assert await run_due(world) == 3
    assert await promised(world, deadline=due.id) == [due.due_at + SECOND]
    assert (await the_request(world, request_id)).status is RequestStatus.SUBMITTED


async def test_looks_that_came_to_be_twice_become_one_again(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    due = (await deadlines(world))[DeadlineKind.DECISION]
    async with database.transaction() as session:
        for number in range(3):
            session.add(a_look(due.id, at=FIRST, number=number))
    clock.set(FIRST)
    await run_due(world)
    assert await promised(world, deadline=due.id) == [SECOND_ONE]
    assert len(await mails(world, MailKind.REVIEW_REMINDER)) == 2


def a_look(deadline_id: str, *, at: object, number: int) -> tables.Job:
    return tables.Job(
        id=f"job_{number}",
        queue="default",
        actor="watch_deadline",
        args={"deadline_id": deadline_id},
        priority=1,
        state=JobState.READY,
        run_at=at,
        attempts=0,
        max_attempts=12,
        created_at=at,
    )


# A worker that was away


async def test_a_worker_that_was_away_sends_the_latest_reminder_alone_and_it_bears_its_own_moment(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await released(world)
    clock.set(SECOND_ONE + 3 * HOUR)
    await run_due(world)
    assert {mail.created_at for mail in await mails(world, MailKind.REVIEW_REMINDER)} == {SECOND_ONE}
    await run_until(world, DUE + SECOND)
    assert len(await mails(world, MailKind.REVIEW_REMINDER)) == 4
    assert len(await mails(world, MailKind.OVERDUE_STAFF)) == 1


async def test_a_worker_that_was_away_until_it_was_late_says_so_and_reminds_nobody(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, backup_reviewer="backup@employer.example")
    await released(world)
    clock.set(DUE + 5 * DAY)
    await run_due(world)
    assert await mails(world, MailKind.REVIEW_REMINDER) == []
    (backup,) = await mails(world, MailKind.OVERDUE_BACKUP)
    (staff,) = await mails(world, MailKind.OVERDUE_STAFF)
    assert backup.created_at == staff.created_at == DUE + SECOND
    (event,) = [row for row in await log(world) if row.type is EventType.ESCALATED]
    assert event.occurred_at == clock.now(), "the log says when it was done"


async def test_details_that_lapsed_while_the_worker_was_away_bring_no_reminder(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, appointments=BEYOND)
    request_id = await confirmed(world)
    clock.advance(30 * DAY)
    await run_due(world)
    assert (await the_request(world, request_id)).status is RequestStatus.LAPSED
    assert await mails(world, MailKind.DETAILS_REMINDER) == []


# Clocks that jump


@pytest.mark.parametrize("back", [SECOND, HOUR, DAY, 10 * DAY], ids=str)
async def test_a_job_whose_clock_was_put_back_after_the_claim_is_not_the_last_look(
    database: Database, clock: FixedClock, back: timedelta
) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, FIRST - HOUR)
    due = (await deadlines(world))[DeadlineKind.DECISION]
    clock.set(FIRST)
    claim = await job_queue.claim(database, queue="default", at=clock.now())
    clock.advance(-back)
    await watch_deadline(WatchDeadline(deadline_id=due.id), database=database, clock=clock, claim=claim)
    assert await mails(world, MailKind.REVIEW_REMINDER) == []
    assert await promised(world, deadline=due.id) == [FIRST]
    await run_until(world, DUE + SECOND)
    assert len(await mails(world, MailKind.REVIEW_REMINDER)) == 6
    assert len(await mails(world, MailKind.OVERDUE_STAFF)) == 1


@pytest.mark.parametrize("back", [HOUR, DAY, 10 * DAY], ids=str)
async def test_what_was_done_is_not_done_again_when_the_clock_goes_back(
    database: Database, clock: FixedClock, back: timedelta
) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, FIRST)
    assert len(await mails(world, MailKind.REVIEW_REMINDER)) == 2
    clock.advance(-back)
    due = (await deadlines(world))[DeadlineKind.DECISION]
    await look(world, due.id)
    assert await promised(world, deadline=due.id) == [SECOND_ONE]
    await run_until(world, FIRST + HOUR)
    assert len(await mails(world, MailKind.REVIEW_REMINDER)) == 2
    await run_until(world, DUE + DAY)
    assert len(await mails(world, MailKind.REVIEW_REMINDER)) == 6
    assert len(await mails(world, MailKind.OVERDUE_STAFF)) == 1


@pytest.mark.parametrize("jump", [HOUR, DAY], ids=str)
async def test_a_clock_that_runs_ahead_and_is_put_right_breaks_nothing(
    database: Database, clock: FixedClock, jump: timedelta
) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, LAST - jump / 2)
    clock.advance(jump)
    await run_due(world)
    clock.advance(-jump)
    await run_until(world, DUE + SECOND)
    assert [mail.created_at for mail in await mails(world, MailKind.REVIEW_REMINDER)][::2] == [FIRST, SECOND_ONE, LAST]
    assert len(await mails(world, MailKind.OVERDUE_STAFF)) == 1


async def test_a_review_that_goes_on_by_a_clock_that_was_put_back_repeats_no_reminder(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, FIRST + HOUR)
    await ask(world, request_id)
    clock.set(FIRST - HOUR)
    async with database.transaction() as session:
        request = await lock_request(session, request_id, SYSTEM, now=clock.now())
        await give_up_answer(session, request, await terms_of(session, request), now=clock.now())
    assert (await the_request(world, request_id)).decision_due_at == DUE
    await run_until(world, DUE + SECOND)
    reminders = [mail.created_at for mail in await mails(world, MailKind.REVIEW_REMINDER)]
    assert reminders[::2] == [FIRST, SECOND_ONE, LAST]
    assert len(reminders) == 6


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_deadline_that_is_met_while_a_look_waits_for_the_request_is_left_alone(
    database: Database, clock: FixedClock
) -> None:
    """On SQLite nobody can come between: the look holds the write lock from its start."""
    world = await a_world(database, clock)
    request_id = await submitted(world)
    deadline = (await deadlines(world))[DeadlineKind.CONFIRMATION]
    clock.set(deadline.due_at + SECOND)
    async with database.transaction() as confirming:
        await lock_request(confirming, request_id, SYSTEM, now=clock.now())
        looking = asyncio.create_task(look(world, deadline.id))
        await until(lambda: somebody_waits(database))
        await meet_deadline(confirming, request_id, DeadlineKind.CONFIRMATION, clock.now())
    await looking
    assert (await the_request(world, request_id)).status is RequestStatus.SUBMITTED
    assert await mails(world, MailKind.EXPIRED) == []
