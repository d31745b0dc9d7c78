"""Tells the consultant that a confirmed request was received, and when to expect its outcome."""

from typing import Any

from jobs.actor import JobContext, actor
from jobs.letters import due, send_owed
from models.queries.mails import OwedMail, Recipient
from models.rules.vocabulary import DeadlineKind


@actor()
async def received_email(context: JobContext, *, mail_id: str) -> None:
    await send_owed(context, mail_id, "received", _values)


def _values(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    return {
        "request_id": mail.request.id,
        "reference": mail.request.reference,
        "sessions_requested": mail.request.sessions_requested,
        "decision_due": due(mail, recipient, DeadlineKind.DECISION),
        "relay_due": due(mail, recipient, DeadlineKind.RELAY),
    }
