"""Every e-mail: one actor for each kind, its template of the same name, and what that is told."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from jobs.actor import ActorSpec, JobContext
from jobs.letters import Values, due, local, send_owed
from models.mail_owed import actor_of
from models.queries.mails import OwedMail, Recipient
from models.rules.vocabulary import DeadlineKind, EventType, MailKind

_TIME_LIMIT = timedelta(minutes=1)
_ESCALATED = (DeadlineKind.CLINICAL_REVIEW, DeadlineKind.DECISION)


def _name(mail: OwedMail, _: Recipient) -> dict[str, Any]:
    """What says which request it is, without the way to it."""
    return {"reference": mail.request.reference}


def _reference(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    return _name(mail, recipient) | {"request_id": mail.request.id}


def _with_decision_due(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    return _reference(mail, recipient) | {"decision_due": due(mail, recipient, DeadlineKind.DECISION)}


def _with_details_due(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    return _reference(mail, recipient) | {"details_due": due(mail, recipient, DeadlineKind.DETAILS)}


def _with_answer_due(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    return _reference(mail, recipient) | {"answer_due": due(mail, recipient, DeadlineKind.ANSWER)}


def _with_relay_due(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    return _reference(mail, recipient) | {"relay_due": due(mail, recipient, DeadlineKind.RELAY)}


def _received(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    return _with_decision_due(mail, recipient) | {
        "sessions_requested": mail.request.sessions_requested,
        "relay_due": due(mail, recipient, DeadlineKind.RELAY),
    }


def _question_asked(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    """The question that waits is the one that was asked last."""
    asked = mail.request.questions[-1]
    return _with_answer_due(mail, recipient) | {"topic": asked.topic, "question": asked.text}


def _outcome_for_consultant(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    """An outcome of fewer than was asked can be reconsidered once; what that led to can't."""
    request = mail.request
    return _reference(mail, recipient) | {
        "outcome": request.outcome,
        "sessions_requested": request.sessions_requested,
        "sessions_granted": request.sessions_granted,
        "reason": request.decision.reason if request.decision else None,
        "can_ask_again": request.reconsideration_of is None
        and (request.sessions_granted or 0) < request.sessions_requested,
    }


def _outcome_for_client(mail: OwedMail, _: Recipient) -> dict[str, Any]:
    return {"outcome": mail.request.outcome, "sessions_granted": mail.request.sessions_granted}


def _resumed(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    ends = {EventType.QUESTION_ANSWERED, EventType.QUESTION_UNANSWERED}
    ended = [entry.type for entry in mail.request.timeline if entry.type in ends]
    return _with_decision_due(mail, recipient) | {"answered": ended[-1:] == [EventType.QUESTION_ANSWERED]}


def _overdue_for_backup(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    return _name(mail, recipient) | {"decision_due": due(mail, recipient, DeadlineKind.DECISION)}


def _overdue_for_staff(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    """The last deadline that had passed when the mail was promised, however things stand by now."""
    escalated = [deadline for deadline in mail.request.deadlines if deadline.kind in _ESCALATED]
    passed = [deadline for deadline in escalated if deadline.due_at <= mail.created_at] or escalated
    late = max(passed, key=lambda deadline: deadline.due_at)
    return _reference(mail, recipient) | {"overdue": late.kind, "due": local(late.due_at, recipient)}


def _clinical_review_waiting(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    assert mail.request.case is not None  # noqa: S101 - a clinical reviewer's view has its case
    return {
        "request_id": mail.request.id,
        "case_number": mail.request.case.number,
        "clinical_review_due": due(mail, recipient, DeadlineKind.CLINICAL_REVIEW),
    }


_TOLD: Mapping[MailKind, Values] = {
    MailKind.RECEIVED: _received,
    MailKind.DETAILS_NEEDED: _with_details_due,
    MailKind.DETAILS_REMINDER: _with_details_due,
    MailKind.QUESTION_ASKED: _question_asked,
    MailKind.OUTCOME_CONSULTANT: _outcome_for_consultant,
    MailKind.OUTCOME_CLIENT: _outcome_for_client,
    MailKind.REVIEW_INVITATION: _with_decision_due,
    MailKind.REVIEW_REMINDER: _with_decision_due,
    MailKind.REVIEW_RESUMED: _resumed,
    MailKind.REVIEW_ENDED: _name,
    MailKind.OVERDUE_BACKUP: _overdue_for_backup,
    MailKind.OVERDUE_STAFF: _overdue_for_staff,
    MailKind.CLINICAL_REVIEW_WAITING: _clinical_review_waiting,
    MailKind.ANSWER_DRAFTED: _with_answer_due,
    MailKind.DECISION_NEEDED: _with_decision_due,
    MailKind.RELAY_STUCK: _with_relay_due,
}
"""What a template is told; where a kind is not listed, the reference and the way to the request alone."""


def _actor(kind: MailKind) -> ActorSpec:
    async def send(context: JobContext, *, mail_id: str) -> None:
        await send_owed(context, mail_id, kind.value.lower(), _TOLD.get(kind, _reference))

    return ActorSpec(name=actor_of(kind), run=send, queue="default", time_limit=_TIME_LIMIT, notify_shutdown=False)


EMAILS: tuple[ActorSpec, ...] = tuple(_actor(kind) for kind in MailKind)
