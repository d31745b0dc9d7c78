"""The extra sessions form: its options with labels, and what its numbers would lead to."""

from datetime import date
from typing import Any

import strawberry

from models.rules.vocabulary import GoalCategory, ReferralPathwayKind, Requestor
from models.views import case as views
from schema.context import Info
from schema.types.views import of_view

_GOALS = {
    GoalCategory.RESTORE_FUNCTION: "Get back to managing daily life and work",
    GoalCategory.CONSOLIDATE_GAINS: "Make what has been gained last",
    GoalCategory.COMPLETE_PLANNED_WORK: "Finish work already planned",
    GoalCategory.MOVE_TO_OTHER_CARE: "Bridge to other care",
    GoalCategory.OTHER: "Something else",
}
_PATHWAYS = {
    ReferralPathwayKind.GP_MENTAL_HEALTH_PLAN: "Mental health plan through a GP",
    ReferralPathwayKind.PRIVATE: "Private practice",
    ReferralPathwayKind.COMMUNITY_SERVICE: "Community service",
    ReferralPathwayKind.SPECIALIST: "Specialist",
    ReferralPathwayKind.NONE_NEEDED: "Nothing more needed",
    ReferralPathwayKind.NOT_YET_KNOWN: "Not known yet",
}


@strawberry.type(description="One choice for the question about the goal.")
class GoalCategoryOption:
    value: GoalCategory = strawberry.field(description="What the mutation takes.")
    label: str = strawberry.field(description="What the person reads.")


@strawberry.type(description="One choice for the question about what follows the EAP.")
class ReferralPathwayOption:
    value: ReferralPathwayKind = strawberry.field(description="What the mutation takes.")
    label: str = strawberry.field(description="What the person reads.")
    planned: bool = strawberry.field(description="Whether this choice counts as an onward plan.")


@of_view(views.ClinicalReviewEstimate)
@strawberry.type(
    description="The sum that decides whether a clinical review comes first, as the case stands now. The sum at "
    "confirm is the one that counts."
)
class ClinicalReviewEstimate:
    used: int = strawberry.field(description="Completed, late-cancelled or not attended.")
    scheduled: int = strawberry.field(description="Booked and not yet marked otherwise.")
    remaining: int = strawberry.field(description="Neither used nor booked.")
    requested: int = strawberry.field(description="`sessionsRequested`.")
    total: int = strawberry.field(description="The four together.")
    threshold: int = strawberry.field(description="What the agreement allows without a review.")
    needed: bool = strawberry.field(description="Whether the total is more than the threshold.")


@strawberry.type(description="All that a page needs to draw the extra sessions form.")
class ExtraSessionsForm:
    requestors: list[Requestor] = strawberry.field(description="Who may be chosen as the requestor.")
    maximum_sessions: int = strawberry.field(description="The most sessions that one request may ask for.")
    entitled_sessions: int = strawberry.field(description="The guide: warn beyond it, never block.")
    date_of_request: date = strawberry.field(description="Today, where you are; fill it in, nothing else is accepted.")
    goal_categories: list[GoalCategoryOption] = strawberry.field(description="Choices for the goal.")
    referral_pathways: list[ReferralPathwayOption] = strawberry.field(description="Choices for the pathway.")
    would_need_clinical_review: bool | None = strawberry.field(
        description="Whether `sessionsRequested` sessions would lead to a clinical review first; null where not given. "
        "Decided for good at confirm."
    )
    clinical_review_estimate: ClinicalReviewEstimate | None = strawberry.field(
        description="How that comes about; null where `sessionsRequested` was not given, or is not from 1 to "
        "`maximumSessions`."
    )

    @strawberry.field(description="The provider's own text about extra sessions, Markdown; null where there is none.")
    def guidelines(self, info: Info) -> str | None:
        return info.context.guidelines

    @classmethod
    def of(cls, form: views.ExtraSessionsForm, sessions: int | None) -> "ExtraSessionsForm":
        estimate: Any = form.clinical_review_estimate(sessions)
        return cls(
            requestors=[Requestor.CONSULTANT],
            maximum_sessions=form.maximum_sessions,
            entitled_sessions=form.entitled_sessions,
            date_of_request=form.date_of_request,
            goal_categories=[GoalCategoryOption(value=value, label=label) for value, label in _GOALS.items()],
            referral_pathways=[
                ReferralPathwayOption(value=value, label=label, planned=value.planned)
                for value, label in _PATHWAYS.items()
            ],
            would_need_clinical_review=form.would_need_clinical_review(sessions),
            clinical_review_estimate=estimate,
        )
