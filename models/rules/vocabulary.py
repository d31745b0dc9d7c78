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
    """What happened to a request; each is one entry of its timeline."""

    SUBMITTED = "SUBMITTED"
    REVISED = "REVISED"
    CONFIRMED = "CONFIRMED"
    DETAILS_REQUESTED = "DETAILS_REQUESTED"
    RELEASED = "RELEASED"
    WITHHELD = "WITHHELD"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    OUTCOME_RELAYED = "OUTCOME_RELAYED"
    IMPORTED = "IMPORTED"


class MailKind(StrEnum):
    RECEIVED = "RECEIVED"
    REVIEW_INVITATION = "REVIEW_INVITATION"
    OUTCOME_CONSULTANT = "OUTCOME_CONSULTANT"
    OUTCOME_CLIENT = "OUTCOME_CLIENT"
