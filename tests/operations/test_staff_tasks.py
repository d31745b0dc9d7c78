"""What waits for staff: opened once, told to each of them, and off their list when it is done."""

from datetime import timedelta

from models.database import Database
from models.operations.record_mail import MailOutcome
from models.rules.refusals import ClosesByItself, IdempotencyKeyReused, NotAllowed, NotFound, TaskEnded
from models.rules.vocabulary import Delegation, MailKind, Role, StaffTaskKind, StaffTaskState
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.operations.acting import approve, withdraw
from tests.operations.ledger import changes_nothing, refused
from tests.operations.questioning import complete, drafted, mails, tasks, the_task
from tests.operations.test_record_mail import note
from tests.rows import building


async def test_each_of_the_staff_is_told_of_a_task(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, headcount=3)
    async with building(database, clock) as build:
        colleague = await build.account(Role.PROVIDER_STAFF)
        await build.account(Role.PROVIDER_STAFF, disabled=True)
    await released(world)
    told = sorted([str(world.staff.account_id), str(colleague.account_id)])
    assert await mails(world, MailKind.DECISION_NEEDED) == told


async def test_a_decision_that_is_staffs_is_done_by_deciding_or_called_off_with_its_request(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock, delegation=Delegation.STAFF_INSTEAD)
    await approve(world, await released(world), by=world.staff)
    await withdraw(world, await released(world))
    done, called_off = await tasks(world)
    assert (done.state, done.ended_by) == (StaffTaskState.DONE, world.staff.account_id)
    assert (called_off.state, called_off.ended_by) == (StaffTaskState.CANCELLED, world.consultant.account_id)


async def test_a_bounced_address_is_completed_by_hand(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    task_id = await bounced(world)
    clock.advance(timedelta(hours=1))
    view = await complete(world, task_id)
    assert (view.id, view.state, view.ended_at, view.due_at) == (task_id, StaffTaskState.DONE, clock.now(), None)
    (task,) = await tasks(world)
    assert (task.state, task.ended_at, task.ended_by) == (StaffTaskState.DONE, clock.now(), world.staff.account_id)
    async with refused(world, TaskEnded):
        await complete(world, task_id)


async def test_another_address_that_bounces_after_that_is_another_task(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await complete(world, await bounced(world))
    request_id = (await tasks(world))[0].request_id
    await approve(world, request_id)
    clock.advance(timedelta(hours=1))
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.REJECTED)
    states = [each.state for each in await tasks(world) if each.kind is StaffTaskKind.BOUNCED_ADDRESS]
    assert states == [StaffTaskState.DONE, StaffTaskState.OPEN]


async def test_every_other_task_closes_by_itself(database: Database, clock: FixedClock) -> None:
    answering = await a_world(database, clock)
    await drafted(answering)
    deciding = await a_world(database, clock, headcount=3)
    await released(deciding)
    relaying = await a_world(database, clock)
    await approve(relaying, await released(relaying))
    await note(relaying, MailKind.OUTCOME_CLIENT, MailOutcome.SUPPRESSED)
    for world, kind, told in (
        (answering, StaffTaskKind.ANSWER_TO_RELEASE, "release the answer"),
        (deciding, StaffTaskKind.DECISION, "approve or decline"),
        (relaying, StaffTaskKind.RELAY, "confirm that"),
    ):
        async with refused(world, ClosesByItself) as raised:
            await complete(world, (await the_task(world, kind)).id)
        assert told in raised.value.message


async def test_only_staff_complete_a_task(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    task_id = await bounced(world)
    for actor in world.everybody:
        if actor.role is not Role.PROVIDER_STAFF:
            async with refused(world, NotAllowed):
                await complete(world, task_id, by=actor)
    for unknown in ("task_AAAAAAAAAAAAAAAAAAAAAA", "", "task\x00"):
        async with refused(world, NotFound) as raised:
            await complete(world, unknown)
        assert raised.value.path == ("taskId",)


async def test_a_repeated_completion_is_made_once(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    task_id = await bounced(world)
    first = await complete(world, task_id, idempotency_key="once")
    clock.advance(timedelta(hours=1))
    async with changes_nothing(database):
        again = await complete(world, task_id, idempotency_key="once")
    assert (first.id, first.ended_at) == (again.id, again.ended_at)
    assert first.request is not None
    await approve(world, first.request.id)
    await note(world, MailKind.OUTCOME_CONSULTANT, MailOutcome.REJECTED)
    (other,) = [each.id for each in await tasks(world) if each.id != task_id and each.kind is first.kind]
    async with refused(world, IdempotencyKeyReused):
        await complete(world, other, idempotency_key="once")


async def bounced(world: World) -> str:
    """Have the mail about a received request bounce, and return the task's id."""
    await released(world)
    await note(world, MailKind.RECEIVED, MailOutcome.REJECTED)
    return str((await the_task(world, StaffTaskKind.BOUNCED_ADDRESS)).id)
