"""Which events a timeline may hold, by role."""

import pytest

from models.actor import Actor
from models.rules.shown_events import events_behind, organisation_sees, projected_event, shown_events, timeline_events
from models.rules.vocabulary import DeadlineKind, EventType, MailKind, Role


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.PROVIDER_STAFF, Role.SYSTEM}])
@pytest.mark.parametrize("event", [EventType.WITHHELD, EventType.MATCH_FOUND, EventType.MAIL_ACCEPTED])
def test_only_staff_are_told_that_an_account_matches_or_what_became_of_a_mail(role: Role, event: EventType) -> None:
    assert event not in shown_events(Actor("acc", "Somebody", role))
    assert event in shown_events(Actor("acc", "Somebody", Role.PROVIDER_STAFF))


def test_an_organisation_is_told_of_nothing_before_the_release() -> None:
    reviewer = Actor("acc", "Somebody", Role.ORG_REVIEWER, organisation_id="org")

    assert timeline_events(reviewer) == {
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
    assert shown_events(reviewer) - timeline_events(reviewer) == {
        EventType.DEADLINE_AT_RISK,
        EventType.DEADLINE_OVERDUE,
    }


def test_of_the_deadlines_an_organisation_is_told_of_its_own_decision_alone() -> None:
    for event in (EventType.DEADLINE_AT_RISK, EventType.DEADLINE_OVERDUE):
        assert [kind for kind in DeadlineKind if organisation_sees(event, kind)] == [DeadlineKind.DECISION]
    assert not any(organisation_sees(EventType.MAIL_ACCEPTED, kind) for kind in MailKind)


def test_a_heartbeat_is_on_no_timeline_and_in_no_log() -> None:
    for role in Role:
        assert EventType.HEARTBEAT not in shown_events(Actor("acc", "Somebody", role))


def test_an_organisation_scoped_machine_is_told_what_a_reviewer_is() -> None:
    machine = Actor("acc", "Machine", Role.INTEGRATOR, organisation_id="org")

    assert shown_events(machine) == shown_events(Actor("acc", "Somebody", Role.ORG_REVIEWER, organisation_id="org"))


def test_a_case_that_closed_looks_like_a_withdrawal() -> None:
    assert projected_event(EventType.CANCELLED) is EventType.WITHDRAWN
    assert {projected_event(event) for event in EventType} == set(EventType) - {EventType.CANCELLED}
    assert set(events_behind(EventType.WITHDRAWN)) == {EventType.WITHDRAWN, EventType.CANCELLED}
    assert set(events_behind(EventType.CANCELLED)) == set()


def test_an_unknown_role_is_told_nothing() -> None:
    stranger = Actor("acc", "Somebody", "AUDITOR")  # type: ignore[arg-type]  # a role of tomorrow's database

    assert shown_events(stranger) == frozenset()
    assert timeline_events(stranger) == frozenset()
