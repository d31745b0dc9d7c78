"""What the staff's tasks wait for: what is due with each, and what takes it off their list."""

from models.rules.refusals import ClosesByItself, TaskEnded
from models.rules.vocabulary import DeadlineKind, StaffTaskKind, StaffTaskState

DUE_WITH = {
    StaffTaskKind.ANSWER_TO_RELEASE: DeadlineKind.ANSWER,
    StaffTaskKind.DECISION: DeadlineKind.DECISION,
    StaffTaskKind.RELAY: DeadlineKind.RELAY,
}
"""The deadline of the same request that a task is about; an address that bounced and a webhook have none."""

_CLOSED_BY = {
    StaffTaskKind.ANSWER_TO_RELEASE: "release the answer, or let its time run out.",
    StaffTaskKind.DECISION: "approve or decline the request.",
    StaffTaskKind.RELAY: "confirm that the outcome has reached both, or let both e-mails be accepted.",
    StaffTaskKind.WEBHOOK_SWITCHED_OFF: "switch the webhook on again, or disable it.",
}


def check_completable(kind: StaffTaskKind, state: StaffTaskState) -> None:
    """Raise unless staff may take this task off their list by hand: TaskEnded, or ClosesByItself with how."""
    if state is not StaffTaskState.OPEN:
        raise TaskEnded
    if kind in _CLOSED_BY:
        raise ClosesByItself(_CLOSED_BY[kind])
