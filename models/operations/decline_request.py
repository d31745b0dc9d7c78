"""Decline: refuse a request with a reason from the list. The first decision wins."""

from dataclasses import dataclass

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_request
from models.operations.decision import Verdict, check_decidable, decide
from models.operations.performing import check_version, view_of
from models.queries.agreements import terms_of
from models.rules import lifecycle
from models.rules.lifecycle import Move
from models.rules.refusals import NotAllowed
from models.rules.vocabulary import DeclineReason
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineRequest:
    request_id: str
    reason: DeclineReason
    expected_version: int | None = None
    idempotency_key: str | None = None


async def decline_request(
    command: DeclineRequest, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Decline a request in the organisation's review. Locks the request; a second decision is told of the first."""
    now = clock.now()
    call = Repeatable("decline_request", command)
    async with database.transaction() as session:
        if not lifecycle.role_may(by.role, Move.DECLINE):
            raise NotAllowed
        request = await lock_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            terms = await terms_of(session, request)
            check_decidable(request, Move.DECLINE, terms=terms, by=by)
            check_version(request, command.expected_version, by)
            verdict = Verdict(Move.DECLINE, reason=command.reason)
            await decide(session, request, verdict, terms=terms, by=by, now=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)
