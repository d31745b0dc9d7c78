"""Withdraw: the consultant, or provider staff, takes an open request back."""

from dataclasses import dataclass

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_request
from models.operations.ending import end_request
from models.operations.performing import check_version, view_of
from models.queries.agreements import terms_of
from models.rules import lifecycle
from models.rules.lifecycle import Move
from models.rules.refusals import NotAllowed
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRequest:
    request_id: str
    expected_version: int | None = None
    idempotency_key: str | None = None


async def withdraw_request(
    command: WithdrawRequest, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Take back a request in any open state; all that waits on it is cancelled. Locks the request."""
    now = clock.now()
    call = Repeatable("withdraw_request", command)
    async with database.transaction() as session:
        if not lifecycle.role_may(by.role, Move.WITHDRAW):
            raise NotAllowed
        request = await lock_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            lifecycle.next_status(request.status, Move.WITHDRAW, by.role)
            check_version(request, command.expected_version, by)
            terms = await terms_of(session, request)
            await end_request(session, request, Move.WITHDRAW, terms=terms, by=by, at=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)
