"""Relays the outcome: one mail to the consultant, one to the client."""

from typing import Any

from jobs.actor import JobContext, actor
from jobs.letters import send_owed
from models.queries.mails import OwedMail, Recipient


@actor()
async def outcome_email_consultant(context: JobContext, *, mail_id: str) -> None:
    await send_owed(context, mail_id, "outcome_consultant", _for_consultant)


@actor()
async def outcome_email_client(context: JobContext, *, mail_id: str) -> None:
    await send_owed(context, mail_id, "outcome_client", _for_client)


def _for_consultant(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    del recipient
    request = mail.request
    return {
        "request_id": request.id,
        "reference": request.reference,
        "outcome": request.outcome,
        "sessions_requested": request.sessions_requested,
        "sessions_granted": request.sessions_granted,
        "reason": request.decision.reason if request.decision else None,
    }


def _for_client(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    del recipient
    return {"outcome": mail.request.outcome, "sessions_granted": mail.request.sessions_granted}
