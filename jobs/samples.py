"""Made-up letters of every kind: what a preview shows, and what a provider's own texts are tried with."""

from datetime import datetime
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from models.rules.vocabulary import DeadlineKind, DeclineReason, Outcome, QuestionTopic

Values: TypeAlias = dict[str, object]

MELBOURNE = ZoneInfo("Australia/Melbourne")
LINK = "https://sessions.example.org/requests/req_8sKd02mXq9aPz7LwV3bTnA"
REQUEST: Values = {
    "provider": "Harbour Wellbeing",
    "name": "Priya Nair",
    "reference": "R-7KQ2M9XD",
    "public_url": "https://sessions.example.org/",
    "request_id": "req_8sKd02mXq9aPz7LwV3bTnA",
}
DUE: Values = {
    "decision_due": datetime(2026, 12, 3, 17, tzinfo=MELBOURNE),
    "relay_due": datetime(2026, 12, 4, 17, tzinfo=MELBOURNE),
}
DETAILS: Values = {"details_due": datetime(2026, 11, 30, 17, tzinfo=MELBOURNE)}
ANSWER: Values = {"answer_due": datetime(2026, 12, 1, 17, tzinfo=MELBOURNE)}
QUESTION: Values = {"topic": QuestionTopic.PERIOD, "question": "Over what period would the sessions be held?"}
LATE: Values = {"overdue": DeadlineKind.DECISION, "due": datetime(2026, 12, 3, 17, tzinfo=MELBOURNE)}
WAITING: Values = {"case_number": "ASST-104233", "clinical_review_due": datetime(2026, 12, 2, 17, tzinfo=MELBOURNE)}
ASKED: Values = REQUEST | {"sessions_requested": 3}
CLIENT: Values = {"provider": "Harbour Wellbeing", "name": "Sam"}
BACKUP: Values = {"provider": "Harbour Wellbeing", "name": "", "reference": "R-7KQ2M9XD"}
APPROVED: Values = {"outcome": Outcome.APPROVED, "sessions_granted": 3, "reason": None, "can_ask_again": False}
FEWER: Values = APPROVED | {"sessions_granted": 2, "can_ask_again": True}
DECLINED: Values = FEWER | {"outcome": Outcome.DECLINED, "sessions_granted": None, "reason": DeclineReason.BUDGET}
SAMPLES: Final[dict[str, tuple[str, Values]]] = {
    "received": ("received", ASKED | DUE),
    "received, clinical review first": ("received", ASKED | {"decision_due": None, "relay_due": None}),
    "expired": ("expired", REQUEST),
    "details needed": ("details_needed", REQUEST | DETAILS),
    "details reminder": ("details_reminder", REQUEST | DETAILS),
    "lapsed": ("lapsed", REQUEST),
    "cancelled": ("cancelled", REQUEST),
    "question asked": ("question_asked", REQUEST | ANSWER | QUESTION),
    "question asked earlier": ("question_asked", REQUEST | ANSWER | QUESTION | {"topic": None}),
    "approved in full, to the consultant": ("outcome_consultant", ASKED | APPROVED),
    "approved for fewer, to the consultant": ("outcome_consultant", ASKED | FEWER),
    "declined, to the consultant": ("outcome_consultant", ASKED | DECLINED),
    "declined clinically, to the consultant": ("outcome_consultant", ASKED | DECLINED | {"reason": None}),
    "approved, to the client": ("outcome_client", CLIENT | FEWER),
    "declined, to the client": ("outcome_client", CLIENT | DECLINED),
    "review invitation": ("review_invitation", REQUEST | DUE),
    "review reminder": ("review_reminder", REQUEST | DUE),
    "review resumed with an answer": ("review_resumed", REQUEST | DUE | {"answered": True}),
    "review resumed without an answer": ("review_resumed", REQUEST | DUE | {"answered": False}),
    "review ended": ("review_ended", REQUEST),
    "overdue, to the backup reviewer": ("overdue_backup", BACKUP | DUE),
    "decision overdue, to staff": ("overdue_staff", REQUEST | LATE),
    "clinical review overdue, to staff": ("overdue_staff", REQUEST | LATE | {"overdue": DeadlineKind.CLINICAL_REVIEW}),
    "answer drafted": ("answer_drafted", REQUEST | ANSWER),
    "decision needed": ("decision_needed", REQUEST | DUE),
    "relay stuck": ("relay_stuck", REQUEST | DUE),
    "address bounced": ("address_bounced", REQUEST),
    "clinical review waiting": ("clinical_review_waiting", REQUEST | WAITING),
}
"""By what a reader would call them: the template, and what it is told."""
