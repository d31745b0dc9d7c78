"""Complete a task: staff have done what nothing else in the product could notice."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_request
from models.operations.performing import reading_in
from models.queries.staff_tasks import load_staff_tasks
from models.rules.access import check_is_staff
from models.rules.refusals import NotFound
from models.rules.staff_work import check_completable
from models.rules.vocabulary import StaffTaskState
from models.scope import named
from models.staff_tasks import end_tasks
from models.suppression import lift_suppressions
from models.tables import StaffTask
from models.views.task import StaffTaskView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTask:
    task_id: str
    idempotency_key: str | None = None


async def complete_task(
    command: CompleteTask, *, by: Actor, database: Database, clock: Clock, want: Want
) -> StaffTaskView:
    """Take a task off the staff's list; all but a bounced address leave it by themselves. Locks the task's request.

    Staff have put the address right, or know that it works: e-mail goes to it again.
    """
    now = clock.now()
    call = Repeatable("complete_task", command)
    async with database.transaction() as session:
        check_is_staff(by.role)
        request = await lock_request(session, await _request_of(session, command.task_id), by, now=now)
        task = (await session.execute(select(StaffTask).where(StaffTask.id == command.task_id))).scalar_one()
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            check_completable(task.kind, task.state)
            done = StaffTaskState.DONE
            await end_tasks(session, request.id, {task.kind}, done, at=now, by=by.account_id)
            await lift_suppressions(session, request.id)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        reading = reading_in(session, by=by, database=database, at=now)
        return (await load_staff_tasks(reading, [task.id], want))[task.id]


async def _request_of(session: AsyncSession, task_id: str) -> str:
    """Raise NotFound; or that the task closes by itself, where it is about no request."""
    columns = select(StaffTask.request_id, StaffTask.kind, StaffTask.state)
    found = (await session.execute(columns.where(named(StaffTask.id, task_id)))).one_or_none()
    if found is None:
        raise NotFound("taskId")
    if found.request_id is None:
        check_completable(found.kind, found.state)
    return str(found.request_id)
