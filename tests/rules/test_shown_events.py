"""Which events a timeline may hold, by role."""

import pytest

from models.actor import Actor
from models.rules.confidentiality import shown_events
from models.rules.vocabulary import EventType, Role


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.PROVIDER_STAFF, Role.SYSTEM}])
def test_only_staff_are_told_that_a_request_was_withheld(role: Role) -> None:
    assert EventType.WITHHELD not in shown_events(Actor("acc", "Somebody", role))
    assert EventType.WITHHELD in shown_events(Actor("acc", "Somebody", Role.PROVIDER_STAFF))


def test_an_organisation_is_told_of_nothing_before_the_release() -> None:
    reviewer = Actor("acc", "Somebody", Role.ORG_REVIEWER, organisation_id="org")

    assert shown_events(reviewer) == {
        EventType.RELEASED,
        EventType.APPROVED,
        EventType.DECLINED,
        EventType.WITHDRAWN,
    }
