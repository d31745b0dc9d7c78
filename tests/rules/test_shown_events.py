"""Which events a timeline may hold, by role."""

import pytest

from models.actor import Actor
from models.rules.confidentiality import projected_event, shown_events
from models.rules.vocabulary import EventType, Role


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.PROVIDER_STAFF, Role.SYSTEM}])
@pytest.mark.parametrize("event", [EventType.WITHHELD, EventType.MATCH_FOUND])
def test_only_staff_are_told_that_an_account_matches(role: Role, event: EventType) -> None:
    assert event not in shown_events(Actor("acc", "Somebody", role))
    assert event in shown_events(Actor("acc", "Somebody", Role.PROVIDER_STAFF))


def test_an_organisation_is_told_of_nothing_before_the_release() -> None:
    reviewer = Actor("acc", "Somebody", Role.ORG_REVIEWER, organisation_id="org")

    assert shown_events(reviewer) == {
        EventType.RELEASED,
        EventType.QUESTION_ASKED,
        EventType.QUESTION_ANSWERED,
        EventType.QUESTION_UNANSWERED,
        EventType.DUE_DATE_MOVED,
        EventType.APPROVED,
        EventType.DECLINED,
        EventType.WITHDRAWN,
        EventType.CANCELLED,
    }


def test_a_case_that_closed_looks_like_a_withdrawal() -> None:
    assert projected_event(EventType.CANCELLED) is EventType.WITHDRAWN
    assert {projected_event(event) for event in EventType} == set(EventType) - {EventType.CANCELLED}
