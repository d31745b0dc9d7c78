"""What is due with a task, and which tasks staff may complete by hand."""

from itertools import product

import pytest

from models.rules.refusals import ClosesByItself, TaskEnded
from models.rules.staff_work import DUE_WITH, check_completable
from models.rules.vocabulary import StaffTaskKind, StaffTaskState

BY_HAND = StaffTaskKind.BOUNCED_ADDRESS
DONE, CANCELLED = StaffTaskState.DONE, StaffTaskState.CANCELLED


def test_an_open_bounced_address_is_completed_by_hand_and_nothing_else() -> None:
    check_completable(BY_HAND, StaffTaskState.OPEN)
    for kind in set(StaffTaskKind) - {BY_HAND}:
        with pytest.raises(ClosesByItself, match=r"closes by itself: .*\."):
            check_completable(kind, StaffTaskState.OPEN)


@pytest.mark.parametrize(("kind", "state"), [*product(StaffTaskKind, (DONE, CANCELLED))])
def test_what_has_ended_is_not_completed(kind: StaffTaskKind, state: StaffTaskState) -> None:
    with pytest.raises(TaskEnded):
        check_completable(kind, state)


def test_something_is_due_with_every_task_but_a_bounced_address_and_a_webhook() -> None:
    assert set(DUE_WITH) == set(StaffTaskKind) - {BY_HAND, StaffTaskKind.WEBHOOK_SWITCHED_OFF}
    assert {kind.value for kind in DUE_WITH.values()} == {"ANSWER", "DECISION", "RELAY"}
