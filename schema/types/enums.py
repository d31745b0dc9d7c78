"""The closed lists of the schema, each value described."""

from enum import StrEnum
from typing import Any

import strawberry

from models.queries.request_lists import RequestOrderField
from models.rules import vocabulary as words
from models.rules.confidentiality import Sensitivity
from models.rules.statistics import PeriodLength
from models.views.case import CaseActionName
from models.views.request import RequestActionName


def publish(listed: type[StrEnum], description: str, **values: str) -> None:
    """Put a list of words into the schema; a value without a description stays out of it."""
    strawberry.enum(listed, description=description)
    definition: Any = listed.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry.enum
    definition.values = [value for value in definition.values if value.name in values]
    for value in definition.values:
        value.description = values[value.name]


publish(
    words.Role,
    "What an account is for. One role to an account.",
    CONSULTANT="A practitioner of an external practice: submits, revises, confirms and withdraws requests.",
    PRACTICE_MANAGER="Sees the cases of their own practice, without clinical answers.",
    ORG_REVIEWER="Decides for the client's organisation, and never learns who a request is about.",
    CLINICAL_REVIEWER="The provider's clinical manager: reviews long cases.",
    PROVIDER_STAFF="The provider's case managers: see everything but clinical answers.",
    INTEGRATOR="A machine account: reads, and moves no request.",
)
publish(
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
publish(
    words.Outcome,
    "How a request was decided: one of two.",
    APPROVED="Sessions were granted, perhaps fewer than asked.",
    DECLINED="No sessions were granted.",
)
publish(
    words.DeclineReason,
    "Why a request was declined. Reviewers choose from this list and write no text of their own.",
    BUDGET="There is no budget for more sessions.",
    NOT_COVERED_BY_AGREEMENT="The agreement with the provider does not cover this.",
    OTHER_SUPPORT_AVAILABLE="Other support is available.",
    PREFERS_NEW_CASE="A new case is preferred to more sessions on this one.",
    OTHER="Another reason.",
)
publish(
    words.ClinicalVerdict,
    "What a clinical reviewer comes to.",
    ASK_FOR_DETAILS="Ask the consultant again; takes `questions` and `note`.",
    ENDORSE="Send it on to the organisation, for all that was requested or fewer; takes `sessionsEndorsed`.",
    DECLINE="Decline it; takes `reason`. The organisation never learns of the request.",
)
publish(
    words.ClinicalResult,
    "How a clinical review ended.",
    ENDORSED="It went on to the organisation, perhaps for fewer sessions.",
    DECLINED="The request was declined; the organisation never learned of it.",
)
publish(
    words.ClinicalDeclineReason,
    "Why a clinical review declined a request.",
    OTHER_CARE_INDICATED="Other care is indicated.",
    BEYOND_SHORT_TERM_CARE="What is needed goes beyond short-term care.",
    GOAL_REACHED="The goal has been reached.",
    DETAILS_INSUFFICIENT="The further details do not tell enough.",
    OTHER="Another reason.",
)
publish(
    words.QuestionTopic,
    "What an organisation may ask about a request. Nothing here asks about the person.",
    NUMBER_OF_SESSIONS="Why this many sessions are needed.",
    FEWER_SESSIONS="Whether fewer would do.",
    PERIOD="Over what period they would be held.",
    ONWARD_PLAN="What is planned for the time after.",
    SIGN_OF_SUCCESS="How it will show that they have reached their goal.",
)
publish(
    words.QuestionState,
    "What became of an organisation's question. To an organisation a drafted answer is still ASKED.",
    ASKED="It waits for an answer.",
    DRAFTED="The consultant has answered; the provider's staff have not released it yet.",
    ANSWERED="The organisation has its answer.",
    UNANSWERED="No answer came within five business days.",
    CANCELLED="The request ended before an answer.",
)
publish(
    words.StaffTaskKind,
    "What waits for the provider's staff.",
    ANSWER_TO_RELEASE="Read a drafted answer, then `releaseAnswer`.",
    DECISION="Decide in the organisation's place: `approveExtraSessionsRequest` or `declineExtraSessionsRequest`.",
    RELAY="Tell the outcome to whoever the e-mail could not reach, then `confirmRelay`.",
    BOUNCED_ADDRESS="Put right an address that refused an e-mail, then `completeTask`: until then it gets none.",
    WEBHOOK_SWITCHED_OFF="Nothing could be sent to a webhook: tell its owner, then `switchWebhook`.",
)
publish(
    words.StaffTaskState,
    "Whether a task still waits.",
    OPEN="It does.",
    DONE="What it asked for was done.",
    CANCELLED="It is not needed any more.",
)
publish(
    words.DecidedBy,
    "Whose decision it was.",
    ORGANISATION="A reviewer of the organisation.",
    PROVIDER="The provider's staff, in the organisation's place.",
    AGREEMENT_RULE="The agreement's own rule, at once: so few sessions need no decision.",
    CLINICAL_REVIEW="The provider's clinical manager; the organisation was not asked.",
)
publish(
    PeriodLength,
    "By what statistics are taken together; the calendar's own, cut to the days that were asked for.",
    MONTH="By month.",
    QUARTER="By quarter: January to March is the first.",
    YEAR="By year, January to December.",
    ALL="All the days that were asked for as one.",
)
publish(
    words.Requestor,
    "Who asks for the sessions.",
    CONSULTANT="The consultant; the only one that this form accepts.",
    CLIENT="The client.",
    PROVIDER="The provider.",
)
publish(
    words.GoalCategory,
    "What the sessions are for, without naming a problem.",
    RESTORE_FUNCTION="To get back to managing daily life and work.",
    CONSOLIDATE_GAINS="To make what has been gained last.",
    COMPLETE_PLANNED_WORK="To finish work that was planned and begun.",
    MOVE_TO_OTHER_CARE="To bridge the time until other care begins.",
    OTHER="Something else.",
)
publish(
    words.ReferralPathwayKind,
    "What follows once the EAP sessions end.",
    GP_MENTAL_HEALTH_PLAN="A plan through the client's general practitioner.",
    PRIVATE="Private practice.",
    COMMUNITY_SERVICE="A community service.",
    SPECIALIST="A specialist.",
    NONE_NEEDED="Nothing more is needed: no onward plan.",
    NOT_YET_KNOWN="Not known yet: no onward plan.",
)
publish(
    words.AppointmentStatus,
    "What became of an appointment. The status counts, not the clock: a past appointment stays SCHEDULED until it is "
    "marked.",
    SCHEDULED="Booked.",
    COMPLETED="It took place; counts as used.",
    CANCELLED="Called off in time; counts nowhere.",
    LATE_CANCELLED="Called off by the client less than 24 hours before; counts as used.",
    NOT_ATTENDED="The client did not come; counts as used.",
)
publish(words.CaseStatus, "Whether a case takes requests.", OPEN="It does.", CLOSED="It takes no requests any more.")
publish(
    words.DeadlineKind,
    "What is due. An organisation sees DECISION alone.",
    CONFIRMATION="The consultant's confirm.",
    DETAILS="The consultant's further details.",
    CLINICAL_REVIEW="The clinical review.",
    DECISION="The organisation's decision.",
    ANSWER="The answer to the organisation's question.",
    RELAY="The outcome, e-mailed to consultant and client.",
)
publish(
    words.DeadlineState,
    "How a deadline stands at this moment.",
    ON_TRACK="There is time.",
    AT_RISK="It is due within two business days.",
    OVERDUE="It has passed, and what was due is still open.",
    PAUSED="The clock stands still.",
    MET="Done.",
    CANCELLED="It no longer applies.",
)
publish(
    CaseActionName,
    "What a viewer may do with a case: the task filter.",
    REQUEST_EXTRA_SESSIONS="Open the form, then `submitExtraSessionsRequest` with one of the case's appointments.",
    CLOSE_CASE="`closeCase`",
)
publish(
    RequestActionName,
    "What a viewer may do with a request.",
    REVISE="`reviseExtraSessionsRequest`",
    CONFIRM="`confirmExtraSessionsRequest`",
    ANSWER_FURTHER_DETAILS="`answerFurtherDetails`",
    RECORD_CLINICAL_REVIEW="`recordClinicalReview`",
    APPROVE="`approveExtraSessionsRequest`",
    DECLINE="`declineExtraSessionsRequest`",
    ASK_QUESTION="`askOrganisationQuestion`",
    DRAFT_ANSWER="`draftAnswer`",
    RELEASE_ANSWER="`releaseAnswer`",
    WITHDRAW="`withdrawExtraSessionsRequest`",
    RECONSIDER="`reconsiderExtraSessionsRequest`",
    CONFIRM_RELAY="`confirmRelay`",
)
publish(
    RequestOrderField,
    "What requests are ordered by; ties are in random, stable order.",
    RECEIVED="When it was submitted; to an organisation, the day of its release.",
    DECISION_DUE="When the decision is due; those without a due date come last.",
)
publish(
    Sensitivity,
    "How much a field could tell about a client. What a role may not read is masked, never an error.",
    ROUTINE="Says nothing about who the client is.",
    LINKING="Could single the client out; never shown to their organisation.",
    IDENTIFYING="Says who the client is.",
    CLINICAL="Says something about the client's health.",
)
