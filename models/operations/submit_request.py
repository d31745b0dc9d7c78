"""Submit: validate and store a request. Nobody is told, and no clock of the organisation's starts."""

from dataclasses import dataclass

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.idempotency import Repeatable, earlier_result, remember
from models.locks import lock_case_of_appointment
from models.operations.performing import view_of
from models.operations.submitting import Form, Origin, check_case, check_form, store_request
from models.queries.agreements import load_current_terms
from models.rules import lifecycle
from models.rules.refusals import NotAllowed
from models.views.request import RequestView
from models.views.want import Want


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRequest(Form):
    appointment_id: str


async def submit_request(
    command: SubmitRequest, *, by: Actor, database: Database, clock: Clock, want: Want
) -> RequestView:
    """Store a request on the appointment's parent case; it waits 48 hours for its confirm.

    The date is checked against today in the consultant's own zone, by the server's clock. Locks the case.
    """
    now = clock.now()
    call = Repeatable("submit_request", command)
    async with database.transaction() as session:
        if by.role not in lifecycle.SUBMITTERS:
            raise NotAllowed
        case = await lock_case_of_appointment(session, command.appointment_id, by)
        request_id = await earlier_result(session, call, by=by, vault=database.vault)
        if request_id is None:
            terms = (await load_current_terms(session, {case.organisation_id}))[case.organisation_id]
            await check_case(session, case)
            check_form(command, most=terms.maximum_sessions, by=by, now=now)
            origin = Origin(appointment_id=command.appointment_id)
            request = await store_request(
                session, command, origin, case=case, terms=terms, by=by, database=database, now=now
            )
            await remember(session, call, request.id, by=by, vault=database.vault, at=now)
            request_id = request.id
        return await view_of(session, request_id, want, by=by, database=database, at=now)
