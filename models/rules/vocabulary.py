"""The words of the field, as closed lists: one name for one concept in every layer."""

from enum import StrEnum


class Role(StrEnum):
    CONSULTANT = "CONSULTANT"
    PRACTICE_MANAGER = "PRACTICE_MANAGER"
    ORG_REVIEWER = "ORG_REVIEWER"
    CLINICAL_REVIEWER = "CLINICAL_REVIEWER"
    PROVIDER_STAFF = "PROVIDER_STAFF"
    INTEGRATOR = "INTEGRATOR"
    SYSTEM = "SYSTEM"
    """The product itself (a clock or an agreement's rule): never an account, never in the schema."""


class RequestStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    AWAITING_DETAILS = "AWAITING_DETAILS"
    CLINICAL_REVIEW = "CLINICAL_REVIEW"
    ORGANISATION_REVIEW = "ORGANISATION_REVIEW"
    INFORMATION_REQUESTED = "INFORMATION_REQUESTED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    LAPSED = "LAPSED"
    CANCELLED = "CANCELLED"


class Outcome(StrEnum):
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"


class DeclineReason(StrEnum):
    BUDGET = "BUDGET"
    NOT_COVERED_BY_AGREEMENT = "NOT_COVERED_BY_AGREEMENT"
    OTHER_SUPPORT_AVAILABLE = "OTHER_SUPPORT_AVAILABLE"
    PREFERS_NEW_CASE = "PREFERS_NEW_CASE"
    OTHER = "OTHER"


class DecidedBy(StrEnum):
    """Whose decision it was."""

    ORGANISATION = "ORGANISATION"
    PROVIDER = "PROVIDER"
    AGREEMENT_RULE = "AGREEMENT_RULE"
    CLINICAL_REVIEW = "CLINICAL_REVIEW"


class ClinicalResult(StrEnum):
    ENDORSED = "ENDORSED"
    DECLINED = "DECLINED"


class ClinicalDeclineReason(StrEnum):
    OTHER_CARE_INDICATED = "OTHER_CARE_INDICATED"
    BEYOND_SHORT_TERM_CARE = "BEYOND_SHORT_TERM_CARE"
    GOAL_REACHED = "GOAL_REACHED"
    DETAILS_INSUFFICIENT = "DETAILS_INSUFFICIENT"
    OTHER = "OTHER"


class ClinicalVerdict(StrEnum):
    """What a clinical reviewer may come to."""

    ASK_FOR_DETAILS = "ASK_FOR_DETAILS"
    ENDORSE = "ENDORSE"
    DECLINE = "DECLINE"


class QuestionTopic(StrEnum):
    """What an organisation may ask: a closed list, and none of it asks about the person."""

    NUMBER_OF_SESSIONS = "NUMBER_OF_SESSIONS"
    FEWER_SESSIONS = "FEWER_SESSIONS"
    PERIOD = "PERIOD"
    ONWARD_PLAN = "ONWARD_PLAN"
    SIGN_OF_SUCCESS = "SIGN_OF_SUCCESS"


class QuestionState(StrEnum):
    ASKED = "ASKED"
    DRAFTED = "DRAFTED"
    ANSWERED = "ANSWERED"
    UNANSWERED = "UNANSWERED"
    """The clock gave up waiting."""
    CANCELLED = "CANCELLED"
    """The request ended before an answer."""


class StaffTaskKind(StrEnum):
    """What waits for the provider's staff."""

    ANSWER_TO_RELEASE = "ANSWER_TO_RELEASE"
    DECISION = "DECISION"
    RELAY = "RELAY"
    BOUNCED_ADDRESS = "BOUNCED_ADDRESS"
    WEBHOOK_SWITCHED_OFF = "WEBHOOK_SWITCHED_OFF"
    """The one that hangs on no request."""


class StaffTaskState(StrEnum):
    OPEN = "OPEN"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class Requestor(StrEnum):
    CONSULTANT = "CONSULTANT"
    CLIENT = "CLIENT"
    PROVIDER = "PROVIDER"


class GoalCategory(StrEnum):
    RESTORE_FUNCTION = "RESTORE_FUNCTION"
    CONSOLIDATE_GAINS = "CONSOLIDATE_GAINS"
    COMPLETE_PLANNED_WORK = "COMPLETE_PLANNED_WORK"
    MOVE_TO_OTHER_CARE = "MOVE_TO_OTHER_CARE"
    OTHER = "OTHER"


class ReferralPathwayKind(StrEnum):
    GP_MENTAL_HEALTH_PLAN = "GP_MENTAL_HEALTH_PLAN"
    PRIVATE = "PRIVATE"
    COMMUNITY_SERVICE = "COMMUNITY_SERVICE"
    SPECIALIST = "SPECIALIST"
    NONE_NEEDED = "NONE_NEEDED"
    NOT_YET_KNOWN = "NOT_YET_KNOWN"

    @property
    def planned(self) -> bool:
        """Whether care after the EAP is planned; the last two kinds mean that none is."""
        return self not in {ReferralPathwayKind.NONE_NEEDED, ReferralPathwayKind.NOT_YET_KNOWN}


class AppointmentStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    LATE_CANCELLED = "LATE_CANCELLED"
    NOT_ATTENDED = "NOT_ATTENDED"


class CaseStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class DeadlineKind(StrEnum):
    CONFIRMATION = "CONFIRMATION"
    DETAILS = "DETAILS"
    CLINICAL_REVIEW = "CLINICAL_REVIEW"
    DECISION = "DECISION"
    ANSWER = "ANSWER"
    RELAY = "RELAY"


class DeadlineState(StrEnum):
    ON_TRACK = "ON_TRACK"
    AT_RISK = "AT_RISK"
    OVERDUE = "OVERDUE"
    PAUSED = "PAUSED"
    MET = "MET"
    CANCELLED = "CANCELLED"


class Delegation(StrEnum):
    """Whether the provider's staff may decide where the agreement says so."""

    NONE = "NONE"
    STAFF_INSTEAD = "STAFF_INSTEAD"
    STAFF_AS_WELL = "STAFF_AS_WELL"


class ReleaseRule(StrEnum):
    """When the organisation first learns of a request: in the next morning's batch, or at once."""

    BATCH = "BATCH"
    AT_ONCE = "AT_ONCE"


class Withheld(StrEnum):
    """Why a request is decided by provider staff and never released to the organisation."""

    BELOW_HEADCOUNT = "BELOW_HEADCOUNT"
    ACCOUNT_MATCHES_CLIENT = "ACCOUNT_MATCHES_CLIENT"
    DELEGATED = "DELEGATED"


class EventType(StrEnum):
    """What happened: to a request, to its deadlines and mails, to a case or an appointment."""

    SUBMITTED = "SUBMITTED"
    REVISED = "REVISED"
    CONFIRMED = "CONFIRMED"
    EXPIRED = "EXPIRED"
    DETAILS_REQUESTED = "DETAILS_REQUESTED"
    DETAILS_ANSWERED = "DETAILS_ANSWERED"
    LAPSED = "LAPSED"
    ENDORSED = "ENDORSED"
    RELEASED = "RELEASED"
    WITHHELD = "WITHHELD"
    MATCH_FOUND = "MATCH_FOUND"
    QUESTION_ASKED = "QUESTION_ASKED"
    ANSWER_DRAFTED = "ANSWER_DRAFTED"
    QUESTION_ANSWERED = "QUESTION_ANSWERED"
    QUESTION_UNANSWERED = "QUESTION_UNANSWERED"
    DUE_DATE_MOVED = "DUE_DATE_MOVED"
    ESCALATED = "ESCALATED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    CANCELLED = "CANCELLED"
    RELAY_STUCK = "RELAY_STUCK"
    OUTCOME_RELAYED = "OUTCOME_RELAYED"
    IMPORTED = "IMPORTED"
    CLIENT_ERASED = "CLIENT_ERASED"
    DEADLINE_AT_RISK = "DEADLINE_AT_RISK"
    DEADLINE_OVERDUE = "DEADLINE_OVERDUE"
    MAIL_ACCEPTED = "MAIL_ACCEPTED"
    MAIL_REJECTED = "MAIL_REJECTED"
    MAIL_SUPPRESSED = "MAIL_SUPPRESSED"
    CASE_OPENED = "CASE_OPENED"
    CASE_CHANGED = "CASE_CHANGED"
    CASE_CLOSED = "CASE_CLOSED"
    APPOINTMENT_ADDED = "APPOINTMENT_ADDED"
    APPOINTMENT_CHANGED = "APPOINTMENT_CHANGED"
    HEARTBEAT = "HEARTBEAT"
    """Nothing happened: a stream says that it runs, and where it stands. It is in no log."""


class MailKind(StrEnum):
    """What an e-mail is about, and with that to whom it goes."""

    RECEIVED = "RECEIVED"
    EXPIRED = "EXPIRED"
    DETAILS_NEEDED = "DETAILS_NEEDED"
    DETAILS_REMINDER = "DETAILS_REMINDER"
    LAPSED = "LAPSED"
    CANCELLED = "CANCELLED"
    QUESTION_ASKED = "QUESTION_ASKED"
    OUTCOME_CONSULTANT = "OUTCOME_CONSULTANT"
    OUTCOME_CLIENT = "OUTCOME_CLIENT"
    REVIEW_INVITATION = "REVIEW_INVITATION"
    REVIEW_REMINDER = "REVIEW_REMINDER"
    REVIEW_RESUMED = "REVIEW_RESUMED"
    REVIEW_ENDED = "REVIEW_ENDED"
    OVERDUE_BACKUP = "OVERDUE_BACKUP"
    OVERDUE_STAFF = "OVERDUE_STAFF"
    CLINICAL_REVIEW_WAITING = "CLINICAL_REVIEW_WAITING"
    ANSWER_DRAFTED = "ANSWER_DRAFTED"
    DECISION_NEEDED = "DECISION_NEEDED"
    RELAY_STUCK = "RELAY_STUCK"
    ADDRESS_BOUNCED = "ADDRESS_BOUNCED"
