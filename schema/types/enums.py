"""The closed lists of the schema, each value described."""

from enum import StrEnum
from typing import Any

import strawberry

from models.queries.request_lists import RequestOrderField
from models.rules import vocabulary as words
from models.rules.confidentiality import Sensitivity
from models.views.case import CaseActionName
from models.views.request import RequestActionName


def _publish(listed: type[StrEnum], description: str, **values: str) -> None:
    """Put a list of words into the schema; a value without a description stays out of it."""
    strawberry.enum(listed, description=description)
    definition: Any = listed.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry.enum
    definition.values = [value for value in definition.values if value.name in values]
    for value in definition.values:
        value.description = values[value.name]


_publish(
    words.Role,
    "What an account is for. One role to an account.",
    CONSULTANT="A practitioner of an external practice: submits, revises, confirms and withdraws requests.",
    PRACTICE_MANAGER="Sees the cases of their own practice, without clinical answers.",
    ORG_REVIEWER="Decides for the client's organisation, and never learns who a request is about.",
    CLINICAL_REVIEWER="The provider's clinical manager: reviews long cases.",
    PROVIDER_STAFF="The provider's case managers: see everything but clinical answers.",
    INTEGRATOR="A machine account: reads, and moves no request.",
)
_publish(
    words.RequestStatus,
    "Where a request stands. An organisation only ever sees ORGANISATION_REVIEW, INFORMATION_REQUESTED, APPROVED, "
    "DECLINED and WITHDRAWN.",
    SUBMITTED="Stored, but not sent: the consultant still has to confirm it, within 48 hours.",
    AWAITING_DETAILS="A clinical review is needed, and waits for the consultant's further details.",
    CLINICAL_REVIEW="The provider's clinical manager is reviewing it.",
    ORGANISATION_REVIEW="The organisation decides.",
    INFORMATION_REQUESTED="The organisation has asked a question; its time to decide is paused.",
    APPROVED="Sessions were granted: see `sessionsGranted`.",
    DECLINED="No sessions were granted.",
    WITHDRAWN="Taken back by the consultant or the provider.",
    EXPIRED="Not confirmed in time.",
    LAPSED="The further details were not given in time.",
    CANCELLED="The case was closed.",
)
_publish(
    words.Outcome,
    "How a request was decided: one of two.",
    APPROVED="Sessions were granted, perhaps fewer than asked.",
    DECLINED="No sessions were granted.",
)
_publish(
    words.DeclineReason,
    "Why a request was declined. Reviewers choose from this list and write no text of their own.",
    BUDGET="There is no budget for more sessions.",
    NOT_COVERED_BY_AGREEMENT="The agreement with the provider does not cover this.",
    OTHER_SUPPORT_AVAILABLE="Other support is available.",
    PREFERS_NEW_CASE="A new case is preferred to more sessions on this one.",
    OTHER="Another reason.",
)
_publish(
    words.Requestor,
    "Who asks for the sessions.",
    CONSULTANT="The consultant; the only one that this form accepts.",
    CLIENT="The client.",
    PROVIDER="The provider.",
)
_publish(
    words.GoalCategory,
    "What the sessions are for, without naming a problem.",
    RESTORE_FUNCTION="To get back to managing daily life and work.",
    CONSOLIDATE_GAINS="To make what has been gained last.",
    COMPLETE_PLANNED_WORK="To finish work that was planned and begun.",
    MOVE_TO_OTHER_CARE="To bridge the time until other care begins.",
    OTHER="Something else.",
)
_publish(
    words.ReferralPathwayKind,
    "What follows once the EAP sessions end.",
    GP_MENTAL_HEALTH_PLAN="A plan through the client's general practitioner.",
    PRIVATE="Private practice.",
    COMMUNITY_SERVICE="A community service.",
    SPECIALIST="A specialist.",
    NONE_NEEDED="Nothing more is needed: no onward plan.",
    NOT_YET_KNOWN="Not known yet: no onward plan.",
)
_publish(
    words.AppointmentStatus,
    "What became of an appointment. The status counts, not the clock: a past appointment stays SCHEDULED until it is "
    "marked.",
    SCHEDULED="Booked.",
    COMPLETED="It took place; counts as used.",
    CANCELLED="Called off in time; counts nowhere.",
    LATE_CANCELLED="Called off by the client less than 24 hours before; counts as used.",
    NOT_ATTENDED="The client did not come; counts as used.",
)
_publish(words.CaseStatus, "Whether a case takes requests.", OPEN="It does.", CLOSED="It takes no requests any more.")
_publish(
    words.DeadlineKind,
    "What is due. An organisation sees DECISION alone.",
    CONFIRMATION="The consultant's confirm.",
    DETAILS="The consultant's further details.",
    CLINICAL_REVIEW="The clinical review.",
    DECISION="The organisation's decision.",
    ANSWER="The answer to the organisation's question.",
    RELAY="The outcome, e-mailed to consultant and client.",
)
_publish(
    words.DeadlineState,
    "How a deadline stands at this moment.",
    ON_TRACK="There is time.",
    AT_RISK="It is due within two business days.",
    OVERDUE="It has passed, and what was due is still open.",
    PAUSED="The clock stands still.",
    MET="Done.",
    CANCELLED="It no longer applies.",
)
_publish(
    words.EventType,
    "What happened to a request. An organisation sees RELEASED, APPROVED, DECLINED and WITHDRAWN.",
    SUBMITTED="The consultant stored it.",
    REVISED="The consultant changed it.",
    CONFIRMED="The consultant sent it.",
    DETAILS_REQUESTED="Further details were asked for, because a clinical review is needed.",
    RELEASED="The organisation received it.",
    WITHHELD="It was not released; provider staff decide.",
    APPROVED="Sessions were granted.",
    DECLINED="It was declined.",
    WITHDRAWN="It was taken back.",
    OUTCOME_RELAYED="The outcome reached consultant and client.",
    IMPORTED="It came from the provider's earlier system.",
)
_publish(
    CaseActionName,
    "What a viewer may do with a case: the task filter.",
    REQUEST_EXTRA_SESSIONS="Open the form, then `submitExtraSessionsRequest` with one of the case's appointments.",
)
_publish(
    RequestActionName,
    "What a viewer may do with a request.",
    REVISE="`reviseExtraSessionsRequest`",
    CONFIRM="`confirmExtraSessionsRequest`",
    APPROVE="`approveExtraSessionsRequest`",
    DECLINE="`declineExtraSessionsRequest`",
    WITHDRAW="`withdrawExtraSessionsRequest`",
)
_publish(
    RequestOrderField,
    "What requests are ordered by; ties are in random, stable order.",
    RECEIVED="When it was submitted; to an organisation, the day of its release.",
    DECISION_DUE="When the decision is due; those without a due date come last.",
)
_publish(
    Sensitivity,
    "How much a field could tell about a client. What a role may not read is masked, never an error.",
    ROUTINE="Says nothing about who the client is.",
    LINKING="Could single the client out; never shown to their organisation.",
    IDENTIFYING="Says who the client is.",
    CLINICAL="Says something about the client's health.",
)
