"""Gives requests that are open when 0005 runs what it now takes to live on: counted days, questions, tasks, watches."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from models.clock import SystemClock
from models.tables import types

_BUSINESS_DAYS = 5
_QUESTIONNAIRE = ("2026-11", ["CURRENT_STATE", "RISK", "PROGRESS", "PLAN", "OTHER_CARE"])
_RENAMED_ACTORS = {
    "review_invitation": "review_invitation_email",
    "outcome_email_consultant": "outcome_consultant_email",
    "outcome_email_client": "outcome_client_email",
}


def _table(name: str, **columns: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))


_T, _M, _D, _I = sa.Text(), types.Moment(), types.Day(), sa.Integer()
_REQUEST = _table(
    "extra_sessions_request",
    id=_T, status=_T, agreement_id=_T, confirmed_at=_M, decision_due_at=_M, decided_by=_T, external_id=_T,
    withheld=_T, review_from=_D, decided_as=_T,
)  # fmt: skip
_AGREEMENT = _table("agreement", id=_T, time_zone=_T, due_days=_I)
_DEADLINE = _table(
    "deadline", id=_T, request_id=_T, kind=_T, due_at=_M, paused_at=_M, met_at=_M, cancelled_at=_M,
    counted_from=_D, counted_days=_I,
)  # fmt: skip
_ACCOUNT = _table("account", id=_T, role=_T)
_DETAILS = _table(
    "further_details", id=_T, request_id=_T, round=_I, questionnaire=_T, questions=types.Json(), asked_at=_M
)
_QUESTION = _table("organisation_question", id=_T, request_id=_T, number=_I, state=_T, asked_on=_D, asked_at=_M)
_TASK = _table("staff_task", id=_T, kind=_T, state=_T, request_id=_T, created_at=_M)
_JOB = _table(
    "job", id=_T, queue=_T, actor=_T, args=types.Json(), priority=_I, state=_T, run_at=_M, attempts=_I,
    max_attempts=_I, created_at=_M,
)  # fmt: skip


def bring_to_life(connection: sa.Connection) -> None:
    """Fill what older rows lack, and have every deadline that runs watched from now on."""
    now = SystemClock().now()
    _rename_actors(connection, _RENAMED_ACTORS)
    for request in connection.execute(_requests()).all():
        _fill(connection, request, now)
    _watch(connection, now)


def back(connection: sa.Connection) -> None:
    """Undo what an older version would stumble over: it knows no watches, and mails by their older names."""
    connection.execute(_JOB.delete().where(_JOB.c.actor == "watch_deadline"))
    _rename_actors(connection, {new: old for old, new in _RENAMED_ACTORS.items()})


def _rename_actors(connection: sa.Connection, names: dict[str, str]) -> None:
    for old, new in names.items():
        connection.execute(_JOB.update().where(_JOB.c.actor == old).values(actor=new))


def _requests() -> sa.Select[Any]:
    columns = (*_REQUEST.c, _AGREEMENT.c.time_zone, _AGREEMENT.c.due_days, _ACCOUNT.c.role)
    joined = _REQUEST.join(_AGREEMENT, _AGREEMENT.c.id == _REQUEST.c.agreement_id)
    return sa.select(*columns).select_from(joined.outerjoin(_ACCOUNT, _ACCOUNT.c.id == _REQUEST.c.decided_by))


def _fill(connection: sa.Connection, request: Any, now: datetime) -> None:
    if request.confirmed_at is None:
        return
    confirmed_on = _day(request.confirmed_at, request)
    if request.decision_due_at is not None:
        values = {"review_from": confirmed_on, "decided_as": _decided_as(request)}
        connection.execute(_REQUEST.update().where(_REQUEST.c.id == request.id).values(values))
        _count(connection, request.id, "DECISION", confirmed_on, request.due_days)
        _count(connection, request.id, "RELAY", _day(request.decision_due_at, request), 1)
    for kind in ("DETAILS", "CLINICAL_REVIEW"):
        _count(connection, request.id, kind, confirmed_on, _BUSINESS_DAYS)
    _add_what_is_open(connection, request, now)


def _add_what_is_open(connection: sa.Connection, request: Any, now: datetime) -> None:
    if request.status in {"AWAITING_DETAILS", "CLINICAL_REVIEW"}:
        version, codes = _QUESTIONNAIRE
        asked = {"round": 1, "questionnaire": version, "questions": codes, "asked_at": request.confirmed_at}
        connection.execute(_DETAILS.insert().values(id=_id("det"), request_id=request.id, **asked))
    if request.status == "INFORMATION_REQUESTED":
        asked_at = _paused_at(connection, request.id) or now
        asked = {"number": 1, "state": "ASKED", "asked_on": _day(asked_at, request), "asked_at": asked_at}
        connection.execute(_QUESTION.insert().values(id=_id("que"), request_id=request.id, **asked))
        _count(connection, request.id, "ANSWER", _day(asked_at, request), _BUSINESS_DAYS)
    if request.status == "ORGANISATION_REVIEW" and request.withheld is not None:
        task = {"kind": "DECISION", "state": "OPEN", "created_at": now}
        connection.execute(_TASK.insert().values(id=_id("task"), request_id=request.id, **task))


def _paused_at(connection: sa.Connection, request_id: str) -> datetime | None:
    """Return when the decision's clock was stopped, which its answer's five business days were counted from."""
    decision = (_DEADLINE.c.request_id == request_id, _DEADLINE.c.kind == "DECISION")
    found: datetime | None = connection.execute(sa.select(_DEADLINE.c.paused_at).where(*decision)).scalar()
    return found


def _decided_as(request: Any) -> str | None:
    """Return whose decision it was; what an earlier system decided stays unsaid."""
    if request.role is not None:
        return "PROVIDER" if request.role == "PROVIDER_STAFF" else "ORGANISATION"
    return "AGREEMENT_RULE" if request.status == "APPROVED" and request.external_id is None else None


def _count(connection: sa.Connection, request_id: str, kind: str, start: date, days: int) -> None:
    of_kind = _DEADLINE.update().where(_DEADLINE.c.request_id == request_id, _DEADLINE.c.kind == kind)
    connection.execute(of_kind.values(counted_from=start, counted_days=days))


def _watch(connection: sa.Connection, now: datetime) -> None:
    live = sa.select(_DEADLINE.c.id).where(_DEADLINE.c.met_at.is_(None), _DEADLINE.c.cancelled_at.is_(None))
    jobs = [_job(row.id, now) for row in connection.execute(live).all()]
    _insert(connection, jobs)


def _insert(connection: sa.Connection, jobs: Iterable[dict[str, Any]]) -> None:
    if rows := list(jobs):
        connection.execute(_JOB.insert(), rows)


def _job(deadline_id: str, now: datetime) -> dict[str, Any]:
    return {
        "id": _id("job"),
        "queue": "default",
        "actor": "watch_deadline",
        "args": {"deadline_id": deadline_id},
        "priority": 1,
        "state": "READY",
        "run_at": now,
        "attempts": 0,
        "max_attempts": 12,
        "created_at": now,
    }


def _day(moment: datetime, request: Any) -> date:
    return moment.astimezone(ZoneInfo(request.time_zone)).date()


def _id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_urlsafe(16)}"
