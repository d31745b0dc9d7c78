"""The staff's list of what waits for them: oldest first, each with what is due, and to nobody else is it there."""

from datetime import timedelta

import pytest

from models.actor import Actor
from models.database import Database
from models.operations.record_mail import MailOutcome
from models.queries.nodes import read_nodes
from models.queries.staff_tasks import StaffTaskFilter, read_staff_tasks
from models.rules.refusals import Forbidden, Malformed
from models.rules.vocabulary import DeadlineKind, MailKind, Role, StaffTaskKind, StaffTaskState
from models.views.connection import Connection
from models.views.task import StaffTaskView
from models.views.want import Page, asking
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.operations.acting import approve
from tests.operations.questioning import ask, complete, draft, drafted, hand_over, look_at, running, tasks, the_task
from tests.operations.test_record_mail import note
from tests.queries.asked import REQUEST, a_list_of, listening, read
from tests.rows import building

TASK = asking("id", "kind", "state", "created_at", "due_at", "ended_at", request=asking("id", "reference"))
K, S = StaffTaskKind, StaffTaskState
EVERY_STATE = tuple(S)


async def test_what_is_open_comes_oldest_first_with_what_is_due(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, headcount=3)
    first = await released(world)
    clock.advance(timedelta(minutes=1))
    second = await on_another_case(world)
    page = await listed(world)
    assert [(each.kind, each.state, each.request and each.request.id) for each in page.nodes] == [
        (K.DECISION, S.OPEN, first),
        (K.DECISION, S.OPEN, second),
    ]
    assert page.nodes[1].created_at == clock.now()
    assert {each.due_at for each in page.nodes} == {(await running(world))[DeadlineKind.DECISION].due_at}
    assert {each.ended_at for each in page.nodes} == {None}
    assert page.total_count == 2


async def test_each_kind_says_what_is_due(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    answer_due = (await running(world))[DeadlineKind.ANSWER].due_at
    assert [each.due_at for each in (await listed(world)).nodes] == [answer_due]
    await hand_over(world, request_id)
    await approve(world, request_id)
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.REJECTED)
    relay_due = (await running(world))[DeadlineKind.RELAY].due_at
    due = {each.kind: each.due_at for each in (await listed(world, states=EVERY_STATE)).nodes}
    assert due == {K.ANSWER_TO_RELEASE: answer_due, K.RELAY: relay_due, K.BOUNCED_ADDRESS: None}


async def test_of_two_questions_each_task_keeps_its_own_due_moment(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    request_id = await drafted(world)
    due = [(await running(world))[DeadlineKind.ANSWER].due_at]
    clock.advance(timedelta(days=1))
    await hand_over(world, request_id)
    clock.advance(timedelta(days=1))
    await ask(world, request_id)
    await draft(world, request_id)
    due.append((await running(world))[DeadlineKind.ANSWER].due_at)
    assert [each.due_at for each in (await listed(world, states=EVERY_STATE)).nodes] == due
    clock.set(due[1] + timedelta(seconds=1))
    await look_at(world, DeadlineKind.ANSWER)
    found = (await listed(world, states=EVERY_STATE)).nodes
    assert [each.due_at for each in found] == due
    assert [each.state for each in found] == [S.DONE, S.CANCELLED]


@pytest.mark.parametrize(
    ("kinds", "states", "found"),
    [
        (None, None, [K.RELAY]),
        (None, EVERY_STATE, [K.BOUNCED_ADDRESS, K.RELAY]),
        ((K.BOUNCED_ADDRESS,), None, []),
        ((K.BOUNCED_ADDRESS, K.DECISION), (S.DONE,), [K.BOUNCED_ADDRESS]),
        (None, (), []),
        ((), None, []),
    ],
)
async def test_a_filter_narrows(
    database: Database,
    clock: FixedClock,
    kinds: tuple[StaffTaskKind, ...] | None,
    states: tuple[StaffTaskState, ...] | None,
    found: list[StaffTaskKind],
) -> None:
    world = await a_world(database, clock)
    await approve(world, await released(world))
    await note(world, MailKind.RECEIVED, MailOutcome.REJECTED)
    await complete(world, (await the_task(world, K.BOUNCED_ADDRESS)).id)
    clock.advance(timedelta(minutes=1))
    await note(world, MailKind.OUTCOME_CLIENT, MailOutcome.SUPPRESSED)
    page = await listed(world, kinds=kinds, states=states)
    assert [each.kind for each in page.nodes] == found
    assert page.total_count == len(found)


async def test_pages_follow_each_other_without_a_gap(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, headcount=3)
    for _ in range(3):
        await on_another_case(world)
    seen, page = [], await listed(world, page=Page(1))
    while page.page_info.has_next_page:
        seen += [each.id for each in page.nodes]
        page = await listed(world, page=Page(1, page.page_info.end_cursor))
    seen += [each.id for each in page.nodes]
    assert sorted(seen) == sorted(each.id for each in await tasks(world))
    async with building(database, clock) as build:
        colleague = await build.account(Role.PROVIDER_STAFF)
    with pytest.raises(Malformed):
        await listed(world, page=Page(1, page.page_info.end_cursor), by=colleague)


async def test_to_everybody_else_the_list_is_forbidden_and_no_task_is_there(
    database: Database, clock: FixedClock
) -> None:
    world = await a_world(database, clock)
    await drafted(world)
    (task,) = await tasks(world)
    for by in world.everybody:
        if by.role is Role.PROVIDER_STAFF:
            continue
        with listening() as heard:
            with pytest.raises(Forbidden):
                await listed(world, by=by)
            assert await nodes(world, by, task.id) == [None]
        assert not [text for text in heard if "staff_task" in text], by.role
    (found,) = await nodes(world, world.staff, task.id)
    assert isinstance(found, StaffTaskView)
    assert (found.id, found.kind) == (task.id, K.ANSWER_TO_RELEASE)
    assert await nodes(world, world.staff, "task_" + "A" * 22) == [None]


async def test_many_tasks_take_no_more_statements_than_one(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock, headcount=3)
    taken = []
    for _ in range(2):
        await on_another_case(world)
        world.database.keys.forget()
        with listening() as heard:
            await read(database, clock, world.staff, read_staff_tasks, **everything())
        taken.append(len([text for text in heard if "access_" not in text]))
    assert taken[0] == taken[1]


async def test_an_empty_list_is_a_page_of_nothing(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    page = await listed(world)
    assert (page.nodes, page.total_count) == ([], 0)


async def test_what_was_not_asked_for_is_not_read(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await drafted(world)
    with listening() as heard:
        bare = {**everything(), "want": asking(nodes=asking("id", "kind"))}
        await read(database, clock, world.staff, read_staff_tasks, **bare)
    assert len([text for text in heard if text.startswith("SELECT")]) == 1


def everything() -> dict[str, object]:
    whole = asking("id", "kind", "due_at", request=REQUEST)
    return {"filtered": StaffTaskFilter(), "page": Page(20), "want": a_list_of(whole)}


async def nodes(world: World, by: Actor, task_id: str) -> list[object]:
    found = await read(world.database, world.clock, by, read_nodes, [task_id], lambda _: asking("id", "kind"))
    return [*found]


async def listed(
    world: World, *, by: Actor | None = None, page: Page | None = None, **narrowed: object
) -> Connection[StaffTaskView]:
    return await read(
        world.database,
        world.clock,
        by or world.staff,
        read_staff_tasks,
        filtered=StaffTaskFilter(**narrowed),  # type: ignore[arg-type]  # as the test's table has them
        page=page or Page(20),
        want=a_list_of(TASK),
    )


async def on_another_case(world: World) -> str:
    """Have a request on a case of its own released, or withheld."""
    async with building(world.database, world.clock) as build:
        case = await build.case(await build.client(), world.organisation_id, world.practice_id)
        appointment = await build.appointment(case.id, world.consultant)
    return await released(world, appointment_id=appointment)
