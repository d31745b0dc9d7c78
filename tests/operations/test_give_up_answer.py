"""A question that nobody answers: the clock gives up waiting, and the organisation's own clock runs on."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from models import tables
from models.database import Database
from models.rules.vocabulary import (
    DeadlineKind,
    EventType,
    MailKind,
    QuestionState,
    RequestStatus,
    StaffTaskKind,
    StaffTaskState,
    Withheld,
)
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.operations.acting import approve
from tests.operations.ledger import deadlines, events, rows, state_of, the_request
from tests.operations.questioning import ask
from tests.operations.timing import local, mails, run_until

SECOND = timedelta(seconds=1)
ASKED = local(date(2026, 4, 9), 10)
GIVEN_UP = local(date(2026, 4, 16), 17)
"""Five business days after the question."""
NEW_DUE = local(date(2026, 4, 21), 17)
"""Three business days were left when it was asked."""


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    """A released request that was due on 14 April, with a question since the 9th."""
    clock.set(local(date(2026, 4, 1), 11, 30))
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, ASKED)
    await ask(world, request_id)
    return world


async def the_id(world: World) -> str:
    (row,) = await rows(world.database, tables.ExtraSessionsRequest)
    return str(row.id)


async def test_while_it_waits_the_decision_s_clock_does_nothing(world: World) -> None:
    before = len(await mails(world, MailKind.REVIEW_REMINDER))
    await run_until(world, GIVEN_UP)
    row = await the_request(world, await the_id(world))
    assert row.status is RequestStatus.INFORMATION_REQUESTED, "exactly 17:00:00 is in time"
    assert len(await mails(world, MailKind.REVIEW_REMINDER)) == before
    assert EventType.ESCALATED not in await events(world)


async def test_unanswered_after_five_business_days_the_review_goes_on(world: World) -> None:
    before = await the_request(world, await the_id(world))
    await run_until(world, GIVEN_UP + SECOND)
    row = await the_request(world, before.id)
    assert (row.status, row.decision_due_at) == (RequestStatus.ORGANISATION_REVIEW, NEW_DUE)
    assert (row.version, row.organisation_version) == (before.version + 1, before.organisation_version + 1)
    (question,) = await rows(world.database, tables.OrganisationQuestion)
    assert (question.state, question.ended_on, question.answer) == (QuestionState.UNANSWERED, date(2026, 4, 16), None)
    assert (await events(world))[-1] is EventType.QUESTION_UNANSWERED
    (event,) = [row for row in await rows(world.database, tables.Event) if row.type is EventType.QUESTION_UNANSWERED]
    assert (event.organisation_sees, event.occurred_on) == (True, date(2026, 4, 16))
    told = {mail.account_id for mail in await mails(world, MailKind.REVIEW_RESUMED)}
    assert told == {world.reviewer.account_id, world.second_reviewer.account_id}


async def test_the_clocks_run_on_from_what_was_left(world: World) -> None:
    await run_until(world, GIVEN_UP + SECOND)
    due = await deadlines(world)
    decision, relay = due[DeadlineKind.DECISION], due[DeadlineKind.RELAY]
    assert (decision.due_at, decision.paused_at) == (NEW_DUE, None)
    assert (decision.counted_from, decision.counted_days) == (date(2026, 4, 16), 3)
    assert (relay.due_at, relay.paused_at) == (local(date(2026, 4, 22), 17), None)
    assert state_of(due[DeadlineKind.ANSWER]) == (None, GIVEN_UP + SECOND)
    before = len(await mails(world, MailKind.REVIEW_REMINDER))
    await run_until(world, NEW_DUE + SECOND)
    reminders = [mail.created_at for mail in await mails(world, MailKind.REVIEW_REMINDER)][before:]
    assert reminders == [local(date(2026, 4, day), 9) for day in (17, 17, 20, 20)]
    assert (await events(world)).count(EventType.ESCALATED) == 1


async def test_a_draft_that_was_not_released_is_off_the_staff_s_list(world: World) -> None:
    async with world.database.transaction() as session:
        task = {"kind": StaffTaskKind.ANSWER_TO_RELEASE, "state": StaffTaskState.OPEN}
        session.add(tables.StaffTask(id="task_1", request_id=await the_id(world), created_at=world.clock.now(), **task))
    await run_until(world, GIVEN_UP + SECOND)
    (row,) = await rows(world.database, tables.StaffTask)
    assert (row.state, row.ended_at, row.ended_by) == (StaffTaskState.CANCELLED, GIVEN_UP + SECOND, None)


async def test_it_can_be_decided_afterwards(world: World) -> None:
    await run_until(world, GIVEN_UP + SECOND)
    await approve(world, await the_id(world))
    assert (await the_request(world, await the_id(world))).status is RequestStatus.APPROVED


async def test_what_was_never_released_goes_to_the_staff_and_no_reviewer_hears_of_it(
    database: Database, clock: FixedClock
) -> None:
    """The earlier system had such a question; here it is withheld, and reviewers do not know of it."""
    clock.set(local(date(2026, 4, 1), 11, 30))
    world = await a_world(database, clock)
    request_id = await released(world)
    await ask(world, request_id)
    withheld = {"withheld": Withheld.BELOW_HEADCOUNT, "released_at": None, "released_on": None}
    async with database.transaction() as session:
        await session.execute(update(tables.ExtraSessionsRequest).values(organisation_version=0, **withheld))
    await run_until(world, local(date(2026, 4, 10), 17, 0, 1))
    row = await the_request(world, request_id)
    assert (row.status, row.withheld) == (RequestStatus.ORGANISATION_REVIEW, Withheld.BELOW_HEADCOUNT)
    assert await mails(world, MailKind.REVIEW_RESUMED) == []
    assert [task.kind for task in await rows(database, tables.StaffTask)] == [StaffTaskKind.DECISION]
    (event,) = [row for row in await rows(database, tables.Event) if row.type is EventType.QUESTION_UNANSWERED]
    assert not event.organisation_sees
