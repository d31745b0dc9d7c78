"""Asks one reviewer of the organisation to decide; the mail holds nothing that identifies or links."""

from typing import Any

from jobs.actor import JobContext, actor
from jobs.letters import due, send_owed
from models.queries.mails import OwedMail, Recipient
from models.rules.vocabulary import DeadlineKind


@actor()
async def review_invitation(context: JobContext, *, mail_id: str) -> None:
    await send_owed(context, mail_id, "review_invitation", _values)


def _values(mail: OwedMail, recipient: Recipient) -> dict[str, Any]:
    return {
        "request_id": mail.request.id,
        "reference": mail.request.reference,
        "decision_due": due(mail, recipient, DeadlineKind.DECISION),
    }
