"""Looks at a deadline when its moment comes: reminds, escalates, or ends what was due."""

from jobs.actor import JobContext, actor
from models.operations.watch_deadline import WatchDeadline
from models.operations.watch_deadline import watch_deadline as watch


@actor()
async def watch_deadline(context: JobContext, *, deadline_id: str) -> None:
    command = WatchDeadline(deadline_id=deadline_id)
    await watch(command, database=context.database, clock=context.clock, claim=context.claim)
