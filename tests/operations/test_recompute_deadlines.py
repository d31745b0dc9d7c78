"""A calendar that changes: nothing moves by itself, and all that runs moves when it is recomputed, once."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from models import tables
from models.database import Database
from models.operations.recompute_deadlines import Moved, RecomputeDeadlines, recompute_deadlines
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, ReleaseRule, RequestStatus
from tests.builders import World, a_world, confirmed, new_terms, released, submitted
from tests.clock import FixedClock
from tests.operations.acting import approve, confirm, withdraw
from tests.operations.clinical import BEYOND, in_review
from tests.operations.ledger import changes_nothing, deadlines, events, rows, the_request
from tests.operations.questioning import ask
from tests.operations.timing import local, look, mails, run_until

SECOND = timedelta(seconds=1)
APRIL = local(date(2026, 4, 1), 11, 30)
DUE = local(date(2026, 4, 14), 17)
LATER = local(date(2026, 4, 15), 17)
RELAY = local(date(2026, 4, 16), 17)
CLOSED = ["2026-04-14"]
"""A day on which the organisation has decided to be closed: the due date's own."""
K = DeadlineKind


@pytest.fixture
def clock() -> FixedClock:
    clock = FixedClock()
    clock.set(APRIL)
    return clock


async def recompute(world: World, *, apply: bool = True) -> list[tuple[DeadlineKind, Any, Any]]:
    found = await recompute_deadlines(RecomputeDeadlines(apply=apply), database=world.database, clock=world.clock)
    return [(each.kind, each.was, each.due_at) for each in found]


async def moved_events(world: World) -> list[tuple[bool, date | None]]:
    found = [row for row in await rows(world.database, tables.Event, "seq") if row.type is EventType.DUE_DATE_MOVED]
    return [(row.organisation_sees, row.occurred_on) for row in found]


async def test_a_calendar_that_changed_moves_nothing_by_itself(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    before = await deadlines(world)
    await new_terms(world, added_dates=CLOSED, due_days=3, maximum_sessions=1, automatic_approval=4)
    await run_until(world, DUE)
    row = await the_request(world, request_id)
    assert (row.status, row.decision_due_at) == (RequestStatus.ORGANISATION_REVIEW, DUE)
    assert {kind: due.due_at for kind, due in (await deadlines(world)).items()} == {
        kind: due.due_at for kind, due in before.items()
    }
    assert len(await mails(world, MailKind.REVIEW_REMINDER)) == 6
    await run_until(world, DUE + SECOND)
    assert (await events(world)).count(EventType.ESCALATED) == 1


async def test_a_due_day_that_became_a_holiday_moves_to_the_next_business_day(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    before = await the_request(world, request_id)
    await new_terms(world, added_dates=CLOSED, due_days=3, maximum_sessions=1)
    clock.set(local(date(2026, 4, 2), 12))
    assert await recompute(world) == [(K.DECISION, DUE, LATER), (K.RELAY, LATER, RELAY)]
    row = await the_request(world, request_id)
    assert (row.decision_due_at, row.agreement_id) == (LATER, before.agreement_id)
    assert row.calendar_agreement_id not in {None, row.agreement_id}
    assert (row.version, row.organisation_version) == (before.version + 1, before.organisation_version + 1)
    assert await moved_events(world) == [(True, date(2026, 4, 2))]
    due = (await deadlines(world))[K.DECISION]
    assert (due.counted_from, due.counted_days, due.at_risk_from) == (
        date(2026, 4, 1),
        7,
        local(date(2026, 4, 10), 9),
    )
    assert len((await deadlines(world))[K.CONFIRMATION].calendar_version.split("/")) == 3


async def test_the_moved_deadline_is_watched_by_its_new_moments_alone(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, local(date(2026, 4, 8), 10))
    await new_terms(world, added_dates=CLOSED)
    await recompute(world)
    await run_until(world, LATER)
    reminders = [mail.created_at for mail in await mails(world, MailKind.REVIEW_REMINDER)]
    assert reminders[::2] == [local(date(2026, 4, day), 9) for day in (8, 10, 13)], "the 8th is four days before again"
    assert len(reminders) == 6
    assert await mails(world, MailKind.OVERDUE_STAFF) == []
    await run_until(world, LATER + timedelta(days=5))
    assert len(await mails(world, MailKind.OVERDUE_STAFF)) == 1


async def test_no_reminder_is_sent_twice(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, local(date(2026, 4, 8), 9))
    before = await mails(world, MailKind.REVIEW_REMINDER)
    await new_terms(world, added_dates=["2026-04-09"], removed_dates=["2026-04-06"])
    assert await recompute(world) == []
    clock.set(local(date(2026, 4, 8), 8))
    due = (await deadlines(world))[K.DECISION]
    await look(world, due.id)
    await run_until(world, local(date(2026, 4, 8), 12))
    assert await mails(world, MailKind.REVIEW_REMINDER) == before


async def test_a_second_run_moves_nothing_and_writes_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await new_terms(world, added_dates=CLOSED)
    assert await recompute(world)
    async with changes_nothing(database):
        assert await recompute(world) == []


async def test_a_dry_run_lists_the_same_and_changes_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await new_terms(world, added_dates=CLOSED)
    async with changes_nothing(database):
        told = await recompute_deadlines(RecomputeDeadlines(apply=False), database=database, clock=clock)
    reference = (await the_request(world, request_id)).reference
    assert told[0] == Moved(reference, K.DECISION, DUE, LATER, "Australia/Melbourne")
    assert await recompute_deadlines(RecomputeDeadlines(apply=True), database=database, clock=clock) == told


async def test_where_no_calendar_has_changed_nothing_is_touched(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await new_terms(world, due_days=3, maximum_sessions=1)
    async with changes_nothing(database):
        assert await recompute(world) == []


async def test_an_older_package_s_due_date_is_counted_again(database: Database, clock: FixedClock) -> None:
    """As if the package had not known Easter Monday: due a day earlier, by another version."""
    world = await a_world(database, clock)
    request_id = await released(world)
    earlier = local(date(2026, 4, 13), 17)
    async with database.transaction() as session:
        counted = {"calendar_version": "holidays-0.1/AU-VIC/e3b0c44298fc", "due_at": earlier}
        await session.execute(update(tables.Deadline).where(tables.Deadline.kind == K.DECISION).values(counted))
    assert await recompute(world) == [(K.DECISION, earlier, DUE)]
    assert (await the_request(world, request_id)).calendar_agreement_id is None, "it was its own agreement's all along"
    assert await recompute(world) == []


async def test_another_package_that_moves_nothing_is_noted_and_tells_nobody(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    before = await the_request(world, request_id)
    version = (await deadlines(world))[K.DECISION].calendar_version
    async with database.transaction() as session:
        await session.execute(update(tables.Deadline).values(calendar_version="holidays-0.1/AU-VIC/e3b0c44298fc"))
    assert await recompute(world) == []
    assert await the_request(world, request_id) == before
    assert await moved_events(world) == []
    assert (await deadlines(world))[K.DECISION].calendar_version == version


async def test_what_is_owed_by_then_is_still_owed_after_a_recount_that_moves_nothing(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, appointments=BEYOND)
    request_id = await confirmed(world)
    async with database.transaction() as session:
        await session.execute(update(tables.Deadline).values(calendar_version="holidays-0.1/AU-VIC/e3b0c44298fc"))
    clock.set(local(date(2026, 4, 10), 18))
    assert await recompute(world) == []
    await run_until(world, clock.now())
    assert (await the_request(world, request_id)).status is RequestStatus.LAPSED


async def test_before_the_release_the_organisation_hears_nothing_of_a_move(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, release_rule=ReleaseRule.BATCH)
    request_id = await confirmed(world)
    await new_terms(world, added_dates=CLOSED)
    assert len(await recompute(world)) == 2
    assert await moved_events(world) == [(False, None)]
    assert (await the_request(world, request_id)).organisation_version == 0


@pytest.mark.parametrize("answered", [False, True])
async def test_deadlines_of_a_clinical_review_move_too_and_what_follows_goes_by_the_same_calendar(
    database: Database, clock: FixedClock, *, answered: bool
) -> None:
    world = await a_world(database, clock, appointments=BEYOND)
    request_id = await (in_review(world) if answered else confirmed(world))
    version = (await the_request(world, request_id)).version
    await new_terms(world, added_dates=["2026-04-10"])
    due, later = local(date(2026, 4, 10), 17), local(date(2026, 4, 13), 17)
    assert await recompute(world) == [(K.CLINICAL_REVIEW if answered else K.DETAILS, due, later)]
    assert await moved_events(world) == [(False, None)]
    row = await the_request(world, request_id)
    assert (row.version, row.decision_due_at) == (version + 1, None)
    await run_until(world, later)
    assert (await the_request(world, request_id)).status is row.status
    await run_until(world, later + SECOND)
    assert (await events(world))[-1] is (EventType.ESCALATED if answered else EventType.LAPSED)


async def test_a_question_s_deadline_moves_and_what_is_paused_moves_and_stays_paused(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, local(date(2026, 4, 9), 10))
    await ask(world, request_id)
    before = await deadlines(world)
    await new_terms(world, added_dates=CLOSED)
    answer, answer_later = local(date(2026, 4, 16), 17), local(date(2026, 4, 17), 17)
    assert await recompute(world) == [
        (K.DECISION, DUE, LATER),
        (K.RELAY, LATER, RELAY),
        (K.ANSWER, answer, answer_later),
    ]
    after = await deadlines(world)
    for kind in (K.DECISION, K.RELAY):
        assert (after[kind].paused_at, before[kind].paused_at) == (local(date(2026, 4, 9), 10),) * 2
    assert await moved_events(world) == [(True, date(2026, 4, 9))]
    await run_until(world, answer_later + SECOND)
    row = await the_request(world, request_id)
    assert row.decision_due_at == local(date(2026, 4, 22), 17), "three business days left, by the new calendar too"
    assert EventType.ESCALATED not in await events(world)


async def test_the_organisation_does_not_see_that_a_question_s_deadline_moved(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await run_until(world, local(date(2026, 4, 9), 10))
    await ask(world, request_id)
    before = await the_request(world, request_id)
    await new_terms(world, added_dates=["2026-04-16"])
    assert await recompute(world) == [(K.ANSWER, local(date(2026, 4, 16), 17), local(date(2026, 4, 17), 17))]
    row = await the_request(world, request_id)
    assert (row.version, row.organisation_version) == (before.version + 1, before.organisation_version)
    assert await moved_events(world) == [(False, None)]


async def test_the_relay_of_a_decided_request_is_counted_from_the_day_it_was(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    before = await the_request(world, request_id)
    await new_terms(world, added_dates=[*CLOSED, "2026-04-15"])
    assert await recompute(world) == [(K.RELAY, LATER, RELAY)]
    row = await the_request(world, request_id)
    assert (row.decision_due_at, row.organisation_version) == (DUE, before.organisation_version)
    assert await moved_events(world) == [(False, None)]
    assert row.calendar_agreement_id is None, "as it is of one whose outcome was relayed"
    async with changes_nothing(database):
        assert await recompute(world) == []


async def test_what_a_recount_would_have_made_late_already_stays(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, added_dates=["2026-04-10"], appointments=BEYOND)
    request_id = await confirmed(world)
    due = local(date(2026, 4, 13), 17)
    await new_terms(world, added_dates=[])
    await run_until(world, local(date(2026, 4, 10), 17, 0, 1))
    assert await recompute(world) == [], "nobody is late by a day that they were never told"
    await run_until(world, due)
    assert (await the_request(world, request_id)).status is RequestStatus.AWAITING_DETAILS
    await run_until(world, due + SECOND)
    assert (await the_request(world, request_id)).status is RequestStatus.LAPSED


async def test_what_was_late_and_is_due_again_is_watched_anew(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await released(world)
    await run_until(world, local(date(2026, 4, 15), 10))
    assert (await events(world)).count(EventType.ESCALATED) == 1
    await new_terms(world, added_dates=CLOSED)
    assert (await recompute(world))[0] == (K.DECISION, DUE, LATER)
    await run_until(world, LATER)
    assert (await events(world)).count(EventType.ESCALATED) == 1
    await run_until(world, LATER + SECOND)
    assert (await events(world)).count(EventType.ESCALATED) == 2


async def test_what_is_not_confirmed_yet_will_be_counted_by_the_present_calendar(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    request_id = await submitted(world)
    before = await deadlines(world)
    await new_terms(world, added_dates=CLOSED, due_days=3)
    assert await recompute(world) == []
    assert await deadlines(world) == before
    await confirm(world, request_id)
    assert (await the_request(world, request_id)).decision_due_at == LATER, "seven days still"


async def test_another_region_and_another_zone_count_from_then_on(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await new_terms(world, region="AU-WA", time_zone="Australia/Perth")
    due = local(date(2026, 4, 14), 17, zone="Australia/Perth")
    assert (await recompute(world))[0] == (K.DECISION, DUE, due)
    row = (await deadlines(world))[K.DECISION]
    assert (row.region, row.time_zone, row.due_at) == ("AU-WA", "Australia/Perth", due)
    assert (await the_request(world, request_id)).decision_due_at == due
    await new_terms(world, region="AU-WA", time_zone="Australia/Melbourne")
    assert (await recompute(world))[0] == (K.DECISION, due, DUE), "the zone alone"


async def test_it_tells_how_far_it_is(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    other = await a_world(database, clock)
    for each in (world, other):
        await released(each)
        await new_terms(each, added_dates=CLOSED)
    told: list[tuple[int, int]] = []
    command = RecomputeDeadlines(apply=True)
    await recompute_deadlines(
        command, database=database, clock=clock, advanced=lambda done, of: told.append((done, of))
    )
    assert told == [(1, 2), (2, 2)]


async def test_two_runs_at_once_move_each_deadline_once(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    before = await the_request(world, request_id)
    await new_terms(world, added_dates=CLOSED)
    found = await asyncio.gather(*(recompute(world) for _ in range(3)))
    assert [each for each in found if each] == [[(K.DECISION, DUE, LATER), (K.RELAY, LATER, RELAY)]]
    assert await moved_events(world) == [(True, date(2026, 4, 1))]
    assert (await the_request(world, request_id)).version == before.version + 1


async def test_a_request_that_is_closed_for_good_is_no_longer_counted(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await withdraw(world, await released(world))
    await new_terms(world, added_dates=CLOSED)
    async with changes_nothing(database):
        assert await recompute(world) == []
