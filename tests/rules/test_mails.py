"""An e-mail that comes late must not ask for what can't be done any more, and what happened is always told."""

import pytest

from models.rules.mails import READERS, still_true
from models.rules.vocabulary import MailKind, RequestStatus, Role

S = RequestStatus
ENDED = {S.APPROVED, S.DECLINED, S.WITHDRAWN, S.EXPIRED, S.LAPSED, S.CANCELLED}
ALWAYS = {
    *(MailKind.OUTCOME_CONSULTANT, MailKind.OUTCOME_CLIENT, MailKind.EXPIRED, MailKind.LAPSED, MailKind.CANCELLED),
    *(MailKind.REVIEW_ENDED, MailKind.OVERDUE_STAFF, MailKind.ANSWER_DRAFTED, MailKind.DECISION_NEEDED),
    *(MailKind.RELAY_STUCK, MailKind.ADDRESS_BOUNCED),
}


@pytest.mark.parametrize("kind", sorted(ALWAYS))
def test_what_happened_is_told_whatever_came_after_it(kind: MailKind) -> None:
    assert all(still_true(kind, status) for status in RequestStatus)


@pytest.mark.parametrize("kind", sorted(set(MailKind) - ALWAYS))
def test_nobody_is_asked_for_anything_once_a_request_has_ended(kind: MailKind) -> None:
    assert not [status for status in ENDED if still_true(kind, status)]


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        (MailKind.DETAILS_NEEDED, {S.AWAITING_DETAILS}),
        (MailKind.DETAILS_REMINDER, {S.AWAITING_DETAILS}),
        (MailKind.CLINICAL_REVIEW_WAITING, {S.CLINICAL_REVIEW}),
        (MailKind.QUESTION_ASKED, {S.INFORMATION_REQUESTED}),
        (MailKind.REVIEW_INVITATION, {S.ORGANISATION_REVIEW}),
        (MailKind.REVIEW_REMINDER, {S.ORGANISATION_REVIEW}),
        (MailKind.REVIEW_RESUMED, {S.ORGANISATION_REVIEW}),
        (MailKind.OVERDUE_BACKUP, {S.ORGANISATION_REVIEW}),
        (MailKind.RECEIVED, set(RequestStatus) - ENDED - {S.SUBMITTED}),
    ],
)
def test_an_e_mail_goes_while_what_it_asks_for_can_be_done(kind: MailKind, statuses: set[RequestStatus]) -> None:
    assert {status for status in RequestStatus if still_true(kind, status)} == statuses


def test_an_organisation_s_reviewers_and_the_provider_s_people_are_never_sent_each_other_s() -> None:
    assert {kind for kind, role in READERS.items() if role is Role.ORG_REVIEWER} == {
        *(MailKind.REVIEW_INVITATION, MailKind.REVIEW_REMINDER, MailKind.REVIEW_RESUMED, MailKind.REVIEW_ENDED),
    }
    assert {kind for kind, role in READERS.items() if role is Role.CLINICAL_REVIEWER} == {
        MailKind.CLINICAL_REVIEW_WAITING
    }
    assert set(READERS.values()) == {Role.ORG_REVIEWER, Role.CLINICAL_REVIEWER, Role.PROVIDER_STAFF}
