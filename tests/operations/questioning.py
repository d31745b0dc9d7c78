"""What the tests of questions and of the staff's tasks share: each operation as one line, and a look at its rows."""

from typing import Any

from sqlalchemy import Row

from models import tables
from models.actor import Actor
from models.operations.ask_question import AskQuestion, ask_question
from models.operations.complete_task import CompleteTask, complete_task
from models.operations.confirm_relay import ConfirmRelay, confirm_relay
from models.operations.draft_answer import DraftAnswer, draft_answer
from models.operations.release_answer import ReleaseAnswer, release_answer
from models.operations.watch_deadline import WatchDeadline, watch_deadline
from models.rules.vocabulary import DeadlineKind, MailKind, QuestionTopic, StaffTaskKind
from models.views.request import RequestView
from models.views.task import StaffTaskView
from models.views.want import Want, asking
from tests.builders import WANT, World, released
from tests.operations.ledger import rows

ANSWER = "Four sessions let the new routine settle before they end."
TASK = asking("id", "kind", "state", "ended_at", "due_at", request=asking("id"))


async def ask(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **options: Any
) -> RequestView:
    command = AskQuestion(request_id=request_id, **{"topic": QuestionTopic.PERIOD, **options})
    return await ask_question(command, by=by or world.reviewer, want=want, **_surroundings(world))


async def draft(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **options: Any
) -> RequestView:
    command = DraftAnswer(request_id=request_id, **{"answer": ANSWER, **options})
    return await draft_answer(command, by=by or world.consultant, want=want, **_surroundings(world))


async def hand_over(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **options: Any
) -> RequestView:
    """Release the drafted answer."""
    command = ReleaseAnswer(request_id=request_id, **options)
    return await release_answer(command, by=by or world.staff, want=want, **_surroundings(world))


async def tell_by_hand(
    world: World, request_id: str, *, by: Actor | None = None, want: Want = WANT, **options: Any
) -> RequestView:
    """Confirm the relay."""
    command = ConfirmRelay(request_id=request_id, **options)
    return await confirm_relay(command, by=by or world.staff, want=want, **_surroundings(world))


async def complete(
    world: World, task_id: str, *, by: Actor | None = None, want: Want = TASK, **options: Any
) -> StaffTaskView:
    command = CompleteTask(task_id=task_id, **options)
    return await complete_task(command, by=by or world.staff, want=want, **_surroundings(world))


async def asked(world: World) -> str:
    """Have a request asked about, and return its id."""
    request_id = await released(world)
    await ask(world, request_id)
    return request_id


async def drafted(world: World) -> str:
    request_id = await asked(world)
    await draft(world, request_id)
    return request_id


async def look_at(world: World, kind: DeadlineKind) -> None:
    """Let the clock look at the running deadline of this kind."""
    deadline_id = (await running(world))[kind].id
    await watch_deadline(WatchDeadline(deadline_id=deadline_id), **_surroundings(world))


async def running(world: World) -> dict[DeadlineKind, Row[Any]]:
    found = await rows(world.database, tables.Deadline)
    return {row.kind: row for row in found if row.met_at is None and row.cancelled_at is None}


async def questions(world: World) -> list[Row[Any]]:
    return await rows(world.database, tables.OrganisationQuestion, "number")


async def tasks(world: World) -> list[Row[Any]]:
    return await rows(world.database, tables.StaffTask, "created_at", "kind")


async def the_task(world: World, kind: StaffTaskKind) -> Row[Any]:
    (row,) = [row for row in await tasks(world) if row.kind is kind]
    return row


async def mails(world: World, kind: MailKind) -> list[str | None]:
    """Return to which accounts such mails are owed, sorted; None for one that is found through the request."""
    found = [row.account_id for row in await rows(world.database, tables.Mail) if row.kind is kind]
    return sorted(found, key=str)


def _surroundings(world: World) -> dict[str, Any]:
    return {"database": world.database, "clock": world.clock}
