"""Which e-mails are still worth sending when their turn comes, to whom, and by what one is known that comes back."""

import hashlib
from collections.abc import Mapping

from models.rules.lifecycle import HELD
from models.rules.vocabulary import MailKind, RequestStatus, Role

S = RequestStatus

_TRUE_IN: Mapping[MailKind, frozenset[RequestStatus]] = {
    MailKind.RECEIVED: HELD,
    MailKind.DETAILS_NEEDED: frozenset({S.AWAITING_DETAILS}),
    MailKind.DETAILS_REMINDER: frozenset({S.AWAITING_DETAILS}),
    MailKind.QUESTION_ASKED: frozenset({S.INFORMATION_REQUESTED}),
    MailKind.REVIEW_INVITATION: frozenset({S.ORGANISATION_REVIEW}),
    MailKind.REVIEW_REMINDER: frozenset({S.ORGANISATION_REVIEW}),
    MailKind.REVIEW_RESUMED: frozenset({S.ORGANISATION_REVIEW}),
    MailKind.OVERDUE_BACKUP: frozenset({S.ORGANISATION_REVIEW}),
    MailKind.CLINICAL_REVIEW_WAITING: frozenset({S.CLINICAL_REVIEW}),
}
"""The statuses in which an e-mail still asks for what can be done. One that is not listed always goes."""

READERS: Mapping[MailKind, Role] = {
    MailKind.REVIEW_INVITATION: Role.ORG_REVIEWER,
    MailKind.REVIEW_REMINDER: Role.ORG_REVIEWER,
    MailKind.REVIEW_RESUMED: Role.ORG_REVIEWER,
    MailKind.REVIEW_ENDED: Role.ORG_REVIEWER,
    MailKind.CLINICAL_REVIEW_WAITING: Role.CLINICAL_REVIEWER,
    MailKind.OVERDUE_STAFF: Role.PROVIDER_STAFF,
    MailKind.ANSWER_DRAFTED: Role.PROVIDER_STAFF,
    MailKind.DECISION_NEEDED: Role.PROVIDER_STAFF,
    MailKind.RELAY_STUCK: Role.PROVIDER_STAFF,
    MailKind.ADDRESS_BOUNCED: Role.PROVIDER_STAFF,
}
"""The role that an account must have to be sent such an e-mail; the others go to no account of one's own."""


def bounce_token(mail_id: str) -> str:
    """Return what marks a mail's return path: it tells nothing of the mail, and nobody else can know it."""
    return hashlib.sha256(b"bounce\0" + mail_id.encode()).hexdigest()[:32]


def still_true(kind: MailKind, shown: RequestStatus) -> bool:
    """Whether an e-mail still makes sense for a request that its reader is now shown in this status."""
    statuses = _TRUE_IN.get(kind)
    return statuses is None or shown in statuses
