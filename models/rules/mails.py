"""Which e-mails are still worth sending when their turn comes, and to whom."""

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


def still_true(kind: MailKind, shown: RequestStatus) -> bool:
    """Whether an e-mail still makes sense for a request that its reader is now shown in this status."""
    statuses = _TRUE_IN.get(kind)
    return statuses is None or shown in statuses
