"""Releases a request to its organisation when its moment has come."""

from jobs.actor import JobContext, actor
from models.operations.release_request import ReleaseRequest
from models.operations.release_request import release_request as release


@actor()
async def release_request(context: JobContext, *, request_id: str) -> None:
    command = ReleaseRequest(request_id=request_id)
    await release(command, database=context.database, clock=context.clock, claim=context.claim)
