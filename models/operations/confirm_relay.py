"""Confirm a relay: staff have told, by another way, whoever the outcome's e-mail could not reach."""

from dataclasses import dataclass

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.deadlines import due_moment
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_request
from models.operations.performing import check_version, view_of
from models.operations.record_mail import complete_relay
from models.rules.access import check_is_staff
from models.rules.lifecycle import outcome_of
from models.rules.refusals import AlreadyRelayed, NotOpen
from models.rules.vocabulary import DeadlineKind
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRelay:
    request_id: str
    expected_version: int | None = None
    idempotency_key: str | None = None


async def confirm_relay(
    command: ConfirmRelay, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Note that an outcome has reached consultant and client. Locks the request.

    Raises NotOpen where there is no outcome yet, AlreadyRelayed where both e-mails were accepted or it was confirmed.
    """
    now = clock.now()
    call = Repeatable("confirm_relay", command)
    async with database.transaction() as session:
        check_is_staff(by.role)
        request = await lock_request(session, command.request_id, by, now=now)
        if await earlier_result(session, call, by=by, vault=database.vault) is None:
            if outcome_of(request.status) is None:
                raise NotOpen(request.status)
            if await due_moment(session, request.id, DeadlineKind.RELAY) is None:
                raise AlreadyRelayed
            check_version(request, command.expected_version, by)
            await complete_relay(session, request, by=by, now=now)
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
        return await view_of(session, request.id, want, by=by, database=database, at=now)
