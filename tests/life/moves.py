"""Each move as a call of its real operation."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from models.actor import Actor
from models.clock import Clock
from models.database import Database
from models.operations.answer_details import AnswerDetails, answer_details
from models.operations.approve_request import ApproveRequest, approve_request
from models.operations.ask_question import AskQuestion, ask_question
from models.operations.close_case import CloseCase, close_case
from models.operations.complete_task import CompleteTask, complete_task
from models.operations.confirm_relay import ConfirmRelay, confirm_relay
from models.operations.confirm_request import ConfirmRequest, confirm_request
from models.operations.decline_request import DeclineRequest, decline_request
from models.operations.draft_answer import DraftAnswer, draft_answer
from models.operations.reconsider_request import ReconsiderRequest, reconsider_request
from models.operations.record_clinical_review import RecordClinicalReview, record_clinical_review
from models.operations.release_answer import ReleaseAnswer, release_answer
from models.operations.revise_request import ReviseRequest, revise_request
from models.operations.submit_request import SubmitRequest, submit_request
from models.operations.withdraw_request import WithdrawRequest, withdraw_request
from models.rules.vocabulary import (
    ClinicalDeclineReason,
    ClinicalVerdict,
    DeclineReason,
    GoalCategory,
    QuestionTopic,
    ReferralPathwayKind,
    Requestor,
)
from models.views.want import asking

WANT = asking("id", "version", "status")
NOT_TODAY = timedelta(days=1)
Options = dict[str, Any]


@dataclass(frozen=True)
class Doing:
    """Where and when operations are called."""

    database: Database
    clock: Clock

    async def submit(self, by: Actor, appointment_id: str, **options: Any) -> Any:
        command = SubmitRequest(appointment_id=appointment_id, **{**self.form(by), **options})
        return await submit_request(command, by=by, want=WANT, **self.surroundings)

    async def move(self, move: str, by: Actor, request_id: str, **options: Any) -> Any:
        """Make one of the table's moves on a request."""
        operation, command, plausible = OPERATIONS[move]
        if move == "reconsider":
            plausible = self.form(by)
        call = command(request_id=request_id, **{**plausible, **options})
        return await operation(call, by=by, want=WANT, **self.surroundings)

    async def close_case(self, by: Actor, case_id: str) -> Any:
        return await close_case(CloseCase(case_id=case_id), by=by, want=asking("id"), **self.surroundings)

    async def complete_task(self, by: Actor, task_id: str) -> Any:
        return await complete_task(CompleteTask(task_id=task_id), by=by, want=asking("id"), **self.surroundings)

    @property
    def surroundings(self) -> dict[str, Any]:
        return {"database": self.database, "clock": self.clock}

    def form(self, by: Actor) -> Options:
        """Return what a form that is accepted says, today where its author is."""
        return {
            "requestor": Requestor.CONSULTANT,
            "sessions_requested": 3,
            "date_of_request": self.clock.now().astimezone(ZoneInfo(by.time_zone)).date(),
            "goal_category": GoalCategory.CONSOLIDATE_GAINS,
            "goal_statement": "Keep what was gained through the spring",
            "pathway_kind": ReferralPathwayKind.PRIVATE,
            "pathway_detail": None,
            "client_consents": True,
        }


ANSWERS = tuple((code, "As before") for code in ("CURRENT_STATE", "RISK", "PROGRESS", "PLAN"))
OPERATIONS: dict[str, tuple[Any, Any, Options]] = {
    "revise": (revise_request, ReviseRequest, {}),
    "confirm": (confirm_request, ConfirmRequest, {}),
    "withdraw": (withdraw_request, WithdrawRequest, {}),
    "approve": (approve_request, ApproveRequest, {}),
    "decline": (decline_request, DeclineRequest, {"reason": DeclineReason.BUDGET}),
    "answer_details": (answer_details, AnswerDetails, {"answers": ANSWERS}),
    "ask_for_details": (
        *(record_clinical_review, RecordClinicalReview),
        {"verdict": ClinicalVerdict.ASK_FOR_DETAILS},
    ),
    "endorse": (record_clinical_review, RecordClinicalReview, {"verdict": ClinicalVerdict.ENDORSE}),
    "decline_clinically": (
        *(record_clinical_review, RecordClinicalReview),
        {"verdict": ClinicalVerdict.DECLINE, "reason": ClinicalDeclineReason.GOAL_REACHED},
    ),
    "ask_question": (ask_question, AskQuestion, {"topic": QuestionTopic.PERIOD}),
    "draft_answer": (draft_answer, DraftAnswer, {"answer": "Over the coming months."}),
    "release_answer": (release_answer, ReleaseAnswer, {}),
    "confirm_relay": (confirm_relay, ConfirmRelay, {}),
    "reconsider": (reconsider_request, ReconsiderRequest, {}),
}
