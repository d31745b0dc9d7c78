"""The two questions of the form, as inputs."""

import strawberry

from models.rules.vocabulary import GoalCategory, ReferralPathwayKind


@strawberry.input(description="The answer about the goal.")
class GoalInput:
    category: GoalCategory = strawberry.field(description="From the form's `goalCategories`.")
    statement: str = strawberry.field(description="1 to 2,000 characters. Never shown to the organisation.")


@strawberry.input(description="The answer about what follows the EAP.")
class ReferralPathwayInput:
    kind: ReferralPathwayKind = strawberry.field(description="From the form's `referralPathways`.")
    detail: str | None = strawberry.field(
        default=None, description="Up to 1,000 characters. Never shown to the organisation."
    )
