"""Who sees what: the tables of clearances and of fields, cell by cell, and the organisation's projection."""

import pytest

from models.actor import SYSTEM, Actor
from models.rules.confidentiality import (
    FIELDS,
    MASKED_NAME,
    Sensitivity,
    clearance,
    masked_fields,
    may_read,
    projected_question,
    projected_status,
    readable,
    sees_projection,
    shows_deadline,
    statuses_behind,
)
from models.rules.shown_events import organisation_sees
from models.rules.vocabulary import DeadlineKind, EventType, QuestionState, Role
from models.rules.vocabulary import RequestStatus as S

ROUTINE, LINKING, IDENTIFYING, CLINICAL = Sensitivity


def an(role: Role, organisation: str | None = None, practice: str | None = None) -> Actor:
    return Actor("acc_x", "X", role, organisation, practice)


CONSULTANT = an(Role.CONSULTANT, practice="prac_x")
MANAGER = an(Role.PRACTICE_MANAGER, practice="prac_x")
REVIEWER = an(Role.ORG_REVIEWER, organisation="org_x")
CLINICAL_REVIEWER = an(Role.CLINICAL_REVIEWER)
STAFF = an(Role.PROVIDER_STAFF)
PROVIDER_INTEGRATOR = an(Role.INTEGRATOR)
PRACTICE_INTEGRATOR = an(Role.INTEGRATOR, practice="prac_x")
ORGANISATION_INTEGRATOR = an(Role.INTEGRATOR, organisation="org_x")
STRANGER = Actor("acc_x", "X", "AUDITOR")  # type: ignore[arg-type]  # a role of tomorrow's database

WHO_READS_WHAT = [
    # routine, linking, identifying, clinical
    (CONSULTANT, True, True, True, True),
    (MANAGER, True, True, True, False),
    (REVIEWER, True, False, False, False),
    (CLINICAL_REVIEWER, True, True, False, True),
    (STAFF, True, True, True, False),
    (PROVIDER_INTEGRATOR, True, True, False, False),
    (PRACTICE_INTEGRATOR, True, True, False, False),
    (ORGANISATION_INTEGRATOR, True, False, False, False),
    (SYSTEM, True, True, True, True),
    (STRANGER, False, False, False, False),
]
EVERYBODY = [row[0] for row in WHO_READS_WHAT]
PROJECTED = (REVIEWER, ORGANISATION_INTEGRATOR, STRANGER)

SENSITIVITIES = {
    LINKING: {
        "Appointment": {"id", "starts_at", "ends_at", "status", "case", "consultant"},
        "AssistCase": {
            "id",
            "number",
            "status",
            "practice",
            "appointments",
            "sessions",
            "available_actions",
            "extra_sessions_form",
            "booking_hold",
            "open_request",
            "requests",
        },
        "ExtraSessionsRequest": {
            "case",
            "practice",
            "consultant",
            "requestor",
            "reconsideration_of",
            "clinical_review",
        },
        "OrganisationQuestion": {"asked_at", "draft"},
        "StaffTask": {"id", "kind", "state", "request", "webhook", "created_at", "due_at", "ended_at", "summary"},
        "WebhookEndpoint": {
            *("id", "url", "account", "types", "state", "failing_since", "last_failure"),
            *("position", "sent_up_to", "waiting_since", "created_at"),
        },
        "WebhookAccount": {"id", "sign_in_name", "name", "enabled", "organisation", "practice"},
        "AccessEvent": {"account", "case", "kind", "hour"},
        "LookingAccount": {"id", "name", "role"},
        "Decision": {"decided_at", "decided_by"},
        "Deadline": {"met_at"},
        "TimelineEntry": {"occurred_at"},
        "Event": {"occurred_at", "case", "appointment", "mail"},
        "Practice": {"id", "name", "suburb", "time_zone"},
        "Consultant": {"id", "name", "practice"},
        "SessionTally": {"entitled", "granted", "used", "scheduled", "remaining"},
        "BookingHold": {"active", "reason", "bookable_sessions", "enquiry_allowed_after"},
        "ClinicalReview": {
            *("total", "threshold", "result", "reason", "reviewed_on", "reviewed_at", "sessions_endorsed", "rounds"),
        },
        "FurtherDetails": {"round", "questionnaire", "asked_at", "answered_at", "questions"},
        "FurtherDetailsQuestion": {"code", "text", "required"},
        "CaseAction": {"action", "enabled", "reason"},
        "RequestStatistics": {"rows", "csv"},
        "RequestStatisticsRow": {
            *("organisation", "period_from", "period_to", "approved", "declined", "decided", "open"),
            *("median_business_days", "mean_business_days", "late_share"),
        },
    },
    IDENTIFYING: {"Client": {"display_name", "email", "phone", "date_of_birth", "employee_number", "cases"}},
    CLINICAL: {
        "Goal": {"statement"},
        "ReferralPathway": {"kind", "detail"},
        "FurtherDetails": {"note"},
        "FurtherDetailsQuestion": {"answer"},
    },
}
"""Everything that is not routine, written a second time from the words of the business."""

MASKED_REQUEST_OF_AN_ORGANISATION = (
    "case",
    "clinicalReview",
    "consultant",
    "decision.decidedAt",
    "decision.decidedBy",
    "goal.statement",
    "practice",
    "reconsiderationOf",
    "referralPathway.detail",
    "referralPathway.kind",
    "requestor",
)
CLINICAL_ANSWERS = (
    "clinicalReview.rounds.note",
    "clinicalReview.rounds.questions.answer",
    "goal.statement",
    "referralPathway.detail",
    "referralPathway.kind",
)
WHOLE_IDENTITY = ("cases", "dateOfBirth", "displayName", "email", "employeeNumber", "phone")


@pytest.mark.parametrize(("actor", "routine", "linking", "identifying", "clinical"), WHO_READS_WHAT)
def test_each_role_reads_what_the_table_says_and_no_more(
    actor: Actor, *, routine: bool, linking: bool, identifying: bool, clinical: bool
) -> None:
    assert [may_read(actor, each) for each in Sensitivity] == [routine, linking, identifying, clinical]


def test_every_field_has_the_one_sensitivity_that_the_table_says() -> None:
    for type_name, fields in FIELDS.items():
        for field, sensitivity in fields.items():
            tables = [level for level, types in SENSITIVITIES.items() if field in types.get(type_name, set())]
            assert [sensitivity] == (tables or [ROUTINE]), f"{type_name}.{field}"
    named = {(kind, field) for types in SENSITIVITIES.values() for kind, fields in types.items() for field in fields}
    assert not [each for each in named if each[1] not in FIELDS[each[0]]], "the table names no field that is gone"


@pytest.mark.parametrize("actor", EVERYBODY)
def test_what_is_readable_is_what_the_role_is_cleared_for(actor: Actor) -> None:
    for type_name, fields in FIELDS.items():
        cleared = {field for field, sensitivity in fields.items() if sensitivity in clearance(actor)}
        assert readable(type_name, actor) == cleared


@pytest.mark.parametrize("actor", EVERYBODY)
def test_what_is_masked_is_exactly_what_is_not_readable(actor: Actor) -> None:
    for type_name in ("Client", "AssistCase", "Appointment"):
        masked = {field.lower() for field in masked_fields(type_name, actor)}
        hidden = {field.replace("_", "") for field in set(FIELDS[type_name]) - readable(type_name, actor)}
        assert masked == hidden


def test_the_fields_masked_in_a_request_are_named_as_the_schema_names_them() -> None:
    for actor in (REVIEWER, ORGANISATION_INTEGRATOR):
        assert masked_fields("ExtraSessionsRequest", actor) == MASKED_REQUEST_OF_AN_ORGANISATION
    for actor in (MANAGER, STAFF, PROVIDER_INTEGRATOR, PRACTICE_INTEGRATOR):
        assert masked_fields("ExtraSessionsRequest", actor) == CLINICAL_ANSWERS
    for actor in (CONSULTANT, CLINICAL_REVIEWER):
        assert masked_fields("ExtraSessionsRequest", actor) == ()


def test_the_fields_masked_in_a_client_are_the_whole_identity_or_none() -> None:
    for actor in (REVIEWER, CLINICAL_REVIEWER, PROVIDER_INTEGRATOR, ORGANISATION_INTEGRATOR):
        assert masked_fields("Client", actor) == WHOLE_IDENTITY
    for actor in (CONSULTANT, MANAGER, STAFF):
        assert masked_fields("Client", actor) == ()
    assert MASKED_NAME == "Confidential"


def test_masked_fields_depend_on_type_and_role_alone() -> None:
    colleagues = (an(Role.ORG_REVIEWER, organisation="org_y"), Actor("acc_y", "Y", Role.ORG_REVIEWER, "org_z"))
    for type_name in FIELDS:
        assert {masked_fields(type_name, each) for each in colleagues} == {masked_fields(type_name, REVIEWER)}


@pytest.mark.parametrize("actor", EVERYBODY)
def test_whoever_may_not_link_sees_the_projection(actor: Actor) -> None:
    assert sees_projection(actor) is (actor in PROJECTED)


def test_an_organisation_knows_a_cancelled_request_as_withdrawn_and_the_others_as_they_are() -> None:
    assert projected_status(S.CANCELLED) is S.WITHDRAWN
    assert [projected_status(status) for status in S if status is not S.CANCELLED] == [
        status for status in S if status is not S.CANCELLED
    ]


def test_a_filter_by_what_is_shown_finds_what_is_behind_it() -> None:
    assert statuses_behind(S.WITHDRAWN) == {S.WITHDRAWN, S.CANCELLED}
    assert statuses_behind(S.CANCELLED) == frozenset()
    assert statuses_behind(S.APPROVED) == {S.APPROVED}


def test_an_organisation_hears_of_the_release_of_its_own_questions_and_of_each_end_and_of_nothing_else() -> None:
    heard = {event for event in EventType if organisation_sees(event)}
    asked = {EventType.QUESTION_ASKED, EventType.QUESTION_ANSWERED, EventType.QUESTION_UNANSWERED}
    ends = {EventType.APPROVED, EventType.DECLINED, EventType.WITHDRAWN, EventType.CANCELLED}
    assert heard == {EventType.RELEASED, EventType.DUE_DATE_MOVED, *asked, *ends}


@pytest.mark.parametrize("state", QuestionState)
def test_an_organisation_learns_of_a_question_all_but_that_its_answer_is_drafted(state: QuestionState) -> None:
    shown = QuestionState.ASKED if state is QuestionState.DRAFTED else state
    assert projected_question(state) is shown


def test_an_organisation_knows_its_own_deadline_alone() -> None:
    for actor in EVERYBODY:
        shown = {kind for kind in DeadlineKind if shows_deadline(actor, kind)}
        assert shown == ({DeadlineKind.DECISION} if actor in PROJECTED else set(DeadlineKind))
