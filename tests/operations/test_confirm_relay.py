"""Staff confirm by hand that an outcome has reached both parties, where an e-mail could not."""

from datetime import timedelta

from models.database import Database
from models.rules.refusals import (
    AlreadyRelayed,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    NotOpen,
    StaleVersion,
)
from models.rules.vocabulary import (
    DeadlineKind,
    EventType,
    MailKind,
    RequestStatus,
    Role,
    StaffTaskKind,
    StaffTaskState,
)
from tests.builders import a_world, released
from tests.clock import FixedClock
from tests.operations.acting import approve, record_mail, withdraw
from tests.operations.ledger import changes_nothing, deadlines, events, refused, state_of, the_mail
from tests.operations.questioning import look_at, tasks, tell_by_hand, the_task
from tests.rows import building


async def test_a_confirmed_relay_meets_its_deadline_and_ends_its_task(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    await record_mail(world, (await the_mail(world, MailKind.OUTCOME_CLIENT)).id, accepted=False)
    clock.advance(timedelta(hours=1))
    view = await tell_by_hand(world, request_id, expected_version=4)
    assert (view.status, view.version) == (RequestStatus.APPROVED, 4)
    assert state_of((await deadlines(world))[DeadlineKind.RELAY]) == (clock.now(), None)
    task = await the_task(world, StaffTaskKind.RELAY)
    assert (task.state, task.ended_at, task.ended_by) == (StaffTaskState.DONE, clock.now(), world.staff.account_id)
    assert (await events(world))[-1] is EventType.OUTCOME_RELAYED


async def test_a_mail_that_goes_out_after_that_changes_nothing_more(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    await tell_by_hand(world, request_id)
    before = await events(world)
    await record_mail(world, (await the_mail(world, MailKind.OUTCOME_CONSULTANT)).id, accepted=True)
    await record_mail(world, (await the_mail(world, MailKind.OUTCOME_CLIENT)).id, accepted=False)
    assert (await events(world), await tasks(world)) == (before, [])


async def test_what_is_relayed_is_not_confirmed_again(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    for kind in (MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT):
        await record_mail(world, (await the_mail(world, kind)).id, accepted=True)
    async with refused(world, AlreadyRelayed):
        await tell_by_hand(world, request_id)


async def test_a_relay_that_is_stuck_becomes_a_task_once(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    due_at = (await deadlines(world))[DeadlineKind.RELAY].due_at
    clock.set(due_at)
    async with changes_nothing(database):
        await look_at(world, DeadlineKind.RELAY)
    clock.set(due_at + timedelta(seconds=1))
    await look_at(world, DeadlineKind.RELAY)
    assert (await events(world))[-1] is EventType.RELAY_STUCK
    async with changes_nothing(database):
        await look_at(world, DeadlineKind.RELAY)
    await tell_by_hand(world, request_id)
    assert (await the_task(world, StaffTaskKind.RELAY)).state is StaffTaskState.DONE


async def test_a_relay_that_is_a_task_already_is_not_stuck_as_well(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await approve(world, await released(world))
    await record_mail(world, (await the_mail(world, MailKind.OUTCOME_CLIENT)).id, accepted=False)
    before = await events(world)
    clock.set((await deadlines(world))[DeadlineKind.RELAY].due_at + timedelta(seconds=1))
    await look_at(world, DeadlineKind.RELAY)
    assert (await events(world), len(await tasks(world))) == (before, 1)


async def test_without_an_outcome_there_is_nothing_to_relay(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    async with refused(world, NotOpen) as raised:
        await tell_by_hand(world, request_id)
    assert "ORGANISATION_REVIEW" in raised.value.message
    await withdraw(world, request_id)
    async with refused(world, NotOpen):
        await tell_by_hand(world, request_id)


async def test_only_staff_confirm(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    for actor in world.everybody:
        if actor.role is not Role.PROVIDER_STAFF:
            async with refused(world, NotAllowed):
                await tell_by_hand(world, request_id, by=actor)
    async with refused(world, NotFound):
        await tell_by_hand(world, "req_AAAAAAAAAAAAAAAAAAAAAA")
    async with refused(world, StaleVersion):
        await tell_by_hand(world, request_id, expected_version=1)


async def test_a_repeated_confirmation_is_made_once(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    await tell_by_hand(world, request_id, idempotency_key="once")
    async with changes_nothing(database):
        await tell_by_hand(world, request_id, idempotency_key="once")
    async with refused(world, IdempotencyKeyReused):
        await tell_by_hand(world, request_id, idempotency_key="once", expected_version=4)


async def test_an_outcome_of_the_earlier_system_counts_as_relayed(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        request = await build.request(world.case, world.consultant, status=RequestStatus.DECLINED)
    async with refused(world, AlreadyRelayed):
        await tell_by_hand(world, request.id)
