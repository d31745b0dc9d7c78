"""The request, as each viewer may see it."""

from datetime import date, datetime

import strawberry

from models.rules.vocabulary import (
    ClinicalDeclineReason,
    ClinicalResult,
    DeadlineKind,
    DeadlineState,
    DecidedBy,
    DeclineReason,
    EventType,
    GoalCategory,
    Outcome,
    ReferralPathwayKind,
    Requestor,
    RequestStatus,
)
from models.views import request as views
from models.views.request import RequestActionName
from schema.types.case import AssistCase, Client
from schema.types.people import Consultant, Organisation, Practice
from schema.types.question import OrganisationQuestion, QuestionTopicOption
from schema.types.views import Node, of_view

_SUMMARIES = {
    EventType.SUBMITTED: "Submitted; it waits for the consultant's confirm.",
    EventType.REVISED: "Revised by the consultant.",
    EventType.CONFIRMED: "Confirmed by the consultant.",
    EventType.EXPIRED: "Expired: it was not confirmed in time.",
    EventType.DETAILS_REQUESTED: "Further details were asked for, for the clinical review that comes first.",
    EventType.DETAILS_ANSWERED: "The further details were given; the clinical review can begin.",
    EventType.LAPSED: "Lapsed: the further details were not given in time.",
    EventType.ENDORSED: "Endorsed by the clinical review.",
    EventType.RELEASED: "Received by the organisation.",
    EventType.WITHHELD: "Not released to the organisation; provider staff decide.",
    EventType.MATCH_FOUND: "An account of the organisation matches the client; provider staff may decide as well.",
    EventType.QUESTION_ASKED: "The organisation asked a question; its time to decide stands still.",
    EventType.ANSWER_DRAFTED: "An answer was drafted; the provider's staff will read it.",
    EventType.QUESTION_ANSWERED: "The question was answered; the time to decide goes on.",
    EventType.QUESTION_UNANSWERED: "The question went unanswered; the time to decide goes on.",
    EventType.DUE_DATE_MOVED: "The due date was counted anew, because the calendar of holidays changed.",
    EventType.ESCALATED: "Overdue; provider staff were told.",
    EventType.APPROVED: "Approved.",
    EventType.DECLINED: "Declined.",
    EventType.WITHDRAWN: "Withdrawn.",
    EventType.CANCELLED: "Cancelled: the case was closed.",
    EventType.RELAY_STUCK: "The outcome has not reached both parties in time; provider staff see to it.",
    EventType.OUTCOME_RELAYED: "The outcome reached consultant and client.",
    EventType.IMPORTED: "Taken over from the provider's earlier system.",
    EventType.CLIENT_ERASED: "The client was erased: who they were and their clinical answers are gone.",
}


@of_view(views.Goal)
@strawberry.type(description="What the sessions are for.")
class Goal:
    category: GoalCategory = strawberry.field(description="Chosen from a list that names no problem.")
    statement: str | None = strawberry.field(description="The consultant's own words; null where masked or erased.")


@of_view(views.ReferralPathway)
@strawberry.type(description="What follows once the EAP sessions end.")
class ReferralPathway:
    planned: bool = strawberry.field(description="Whether care after the EAP is planned.")
    kind: ReferralPathwayKind | None = strawberry.field(description="Null where masked.")
    detail: str | None = strawberry.field(description="Null where nothing was written, masked or erased.")


@of_view(views.FurtherDetailsQuestion)
@strawberry.type(description="One question of a round, with its answer: draw its field from this.")
class FurtherDetailsQuestion:
    code: str = strawberry.field(description="What the mutations take.")
    text: str = strawberry.field(description="What the person reads, in the wording that was asked.")
    required: bool = strawberry.field(description="Whether an answer must be given.")
    answer: str | None = strawberry.field(
        description="The consultant's own words; null where nothing was written yet, masked or erased."
    )


@of_view(views.FurtherDetailsView)
@strawberry.type(description="One round of questions to the consultant, who answers with `answerFurtherDetails`.")
class FurtherDetails:
    round: int = strawberry.field(description="1 for what the confirm asked, one more each time it was asked again.")
    questionnaire: str = strawberry.field(description="The version of the questions; its wording never changes.")
    asked_at: datetime = strawberry.field(description="UTC.")
    answered_at: datetime | None = strawberry.field(description="UTC; null while the round waits for its answers.")
    note: str | None = strawberry.field(
        description="The clinical reviewer's words to the consultant; null where there are none, masked or erased."
    )
    questions: list[FurtherDetailsQuestion] = strawberry.field(description="What was asked, in order.")


@of_view(views.ClinicalReview)
@strawberry.type(description="The clinical review that comes first; whether there is one is decided at confirm.")
class ClinicalReview:
    total: int = strawberry.field(description="Used + scheduled + remaining + requested sessions at confirm.")
    threshold: int = strawberry.field(description="What the agreement allows without a review.")
    result: ClinicalResult | None = strawberry.field(description="Null until it is over; further details may follow.")
    reason: ClinicalDeclineReason | None = strawberry.field(description="Set where it declined.")
    reviewed_on: date | None = strawberry.field(description="The organisation's day of the result.")
    reviewed_at: datetime | None = strawberry.field(description="The moment of the result, UTC.")
    sessions_endorsed: int | None = strawberry.field(
        description="Set where it endorsed, perhaps for fewer than requested: what the organisation is asked for."
    )
    rounds: list[FurtherDetails] = strawberry.field(
        description="The questions to the consultant, first to last. A last one with `answeredAt` null is the form to "
        "draw while the request is AWAITING_DETAILS."
    )


@of_view(views.Decision)
@strawberry.type(description="The outcome and what it rests on.")
class Decision:
    outcome: Outcome = strawberry.field(description="Approved or declined.")
    sessions_granted: int | None = strawberry.field(description="Set where approved; perhaps fewer than asked.")
    reason: DeclineReason | None = strawberry.field(
        description="Set where the organisation's side declined; after a clinical review see `clinicalReview.reason`."
    )
    decided_on: date = strawberry.field(description="The organisation's day of the decision.")
    decided_at: datetime | None = strawberry.field(description="The moment, UTC; null where masked.")
    decided_by: DecidedBy | None = strawberry.field(
        description="Whose decision it was; null where masked, or not known of an imported request."
    )


@of_view(views.DeadlineView)
@strawberry.type(description="Something that is due for a request. Nothing is ever approved or declined by the clock.")
class Deadline:
    kind: DeadlineKind = strawberry.field(description="What is due.")
    due_at: datetime = strawberry.field(description="UTC; exactly this moment is still in time.")
    state: DeadlineState = strawberry.field(description="How it stands now.")
    met_on: date | None = strawberry.field(description="The organisation's day on which it was met.")
    met_at: datetime | None = strawberry.field(description="The moment, UTC; null where masked.")


@of_view(views.TimelineEntry)
@strawberry.type(description="One step in a request's history.")
class TimelineEntry:
    type: EventType = strawberry.field(description="What happened.")
    occurred_on: date = strawberry.field(description="The day; the organisation's for its own viewers, else yours.")
    occurred_at: datetime | None = strawberry.field(description="The moment, UTC; null where masked.")

    @strawberry.field(description="One sentence for a person.")
    def summary(self) -> str:
        return _SUMMARIES[self.type]


@of_view(views.RequestAction)
@strawberry.type(
    description="One thing that this viewer's role may do with a request. Draw it disabled, with its reason."
)
class RequestAction:
    action: RequestActionName = strawberry.field(description="What it is, and with which mutation.")
    enabled: bool = strawberry.field(description="Whether it can be done now.")
    reason: str | None = strawberry.field(description="Why not, in plain words; null where it can.")


@of_view(views.RequestView)
@strawberry.type(
    description="A request for 1 to 4 more sessions. The client's organisation sees a projection of it, in which "
    "nothing identifies or links: `maskedFields` lists what is held back."
)
class ExtraSessionsRequest(Node):
    id: strawberry.ID = strawberry.field(description="What the mutations take as `requestId`.")
    reference: str = strawberry.field(description="`R-7KQ2M9XD`, random: what people quote to each other.")
    version: int = strawberry.field(
        description="Counts changes; pass it as `expectedVersion`. To an organisation 1 at release, one more for each "
        "change that it can see."
    )
    status: RequestStatus = strawberry.field(description="Where it stands.")
    outcome: Outcome | None = strawberry.field(description="Null until there is one.")
    organisation: Organisation = strawberry.field(description="Who decides.")
    case: AssistCase | None = strawberry.field(description="The case that it is for; null where masked.")
    practice: Practice | None = strawberry.field(description="Null where masked.")
    consultant: Consultant | None = strawberry.field(description="Who asked; null where masked.")
    client: Client = strawberry.field(description="Who it is about; masked for most.")
    requestor: Requestor | None = strawberry.field(description="Null where masked.")
    reconsideration_of: "ExtraSessionsRequest | None" = strawberry.field(
        description="The decided request that this one asks to reconsider; null where there is none, or masked."
    )
    sessions_requested: int = strawberry.field(description="How many were asked for; to an organisation, released.")
    sessions_granted: int | None = strawberry.field(description="Set once approved.")
    entitled_sessions: int = strawberry.field(description="What the agreement gave the case when it opened.")
    date_of_request: date = strawberry.field(
        description="The consultant's day of the request; to an organisation, the day of its release."
    )
    goal: Goal = strawberry.field(description="What the sessions are for.")
    referral_pathway: ReferralPathway = strawberry.field(description="What follows the EAP.")
    clinical_review: ClinicalReview | None = strawberry.field(
        description="Set where a clinical review came first; null where there was none, or masked."
    )
    decision: Decision | None = strawberry.field(description="Null until there is an outcome.")
    deadlines: list[Deadline] = strawberry.field(description="What is or was due, soonest first.")
    timeline: list[TimelineEntry] = strawberry.field(description="Its history, oldest first.")
    questions: list[OrganisationQuestion] = strawberry.field(
        description="What the organisation has asked, in the order in which it did; two at most."
    )

    @strawberry.field(
        description="Every question that an organisation may ask: draw the choices of `askOrganisationQuestion` from "
        "it. Whether one can be asked now is in `availableActions`."
    )
    def question_topics(self) -> list[QuestionTopicOption]:
        return QuestionTopicOption.all()

    available_actions: list[RequestAction] = strawberry.field(description="What you may do; empty for readers.")
    masked_fields: list[str] = strawberry.field(
        description="What your role may not see here, whatever the request; parts as `goal.statement`."
    )
