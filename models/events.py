"""Collects what an operation did; the transaction appends it to the log as its last act."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models.actor import Actor
from models.event_log import Entry
from models.rules.shown_events import organisation_sees
from models.rules.vocabulary import DeadlineKind, EventType, MailKind
from models.tables.extra_sessions_request import ExtraSessionsRequest


def record(  # noqa: PLR0913 - what happened, to what, by whom, when
    session: AsyncSession,
    event: EventType,
    request: ExtraSessionsRequest,
    *,
    by: Actor,
    at: datetime,
    on: date | None = None,
    hidden: bool = False,
    detail: DeadlineKind | MailKind | None = None,
) -> None:
    """Add one event to this transaction. Call it after the request's own change: it notes the status reached.

    ``on`` is the organisation's own day. Raises ValueError where the organisation sees the event and is told no day.
    ``hidden`` is for one that it sees as a rule, where this time it happened to what the organisation does not know of.
    ``detail`` says which deadline, or which mail, it is about.
    """
    seen = request.is_released and organisation_sees(event, detail) and not hidden
    if seen and on is None:
        msg = f"{event} is seen by an organisation, which is told days alone"
        raise ValueError(msg)
    entry = Entry(
        type=event,
        request_id=request.id,
        occurred_at=at,
        account_id=by.account_id,
        status=request.status,
        organisation_sees=seen,
        organisation_id=request.organisation_id if seen else None,
        occurred_on=on if seen else None,
        detail=detail,
    )
    _add(session, entry)


def record_of_case(  # noqa: PLR0913 - what happened, to what, by whom, when
    session: AsyncSession,
    event: EventType,
    case_id: str,
    *,
    by: Actor,
    at: datetime,
    appointment_id: str | None = None,
) -> None:
    """Add one event of a case, or of an appointment on it. No organisation ever sees one."""
    entry = Entry(type=event, case_id=case_id, appointment_id=appointment_id, occurred_at=at, account_id=by.account_id)
    _add(session, entry)


def record_of_mail(session: AsyncSession, event: EventType, kind: MailKind, request_id: str, *, at: datetime) -> None:
    """Add what became of an e-mail. Staff alone are told of it.

    It names no status: nobody holds the request's lock for it, and what was read may have changed by then.
    """
    _add(session, Entry(type=event, request_id=request_id, occurred_at=at, account_id=None, detail=kind))


def _add(session: AsyncSession, entry: Entry) -> None:
    """Have the transaction append this to the log as its last act."""
    session.info.setdefault("events", []).append(entry)
