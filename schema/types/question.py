"""What an organisation asks about a request, and what it may ask."""

from datetime import date, datetime

import strawberry

from models.rules.questions import QUESTIONS
from models.rules.vocabulary import QuestionState, QuestionTopic
from models.views import request as views
from schema.types.views import of_view


@of_view(views.QuestionView)
@strawberry.type(
    description="A question that the organisation asked before it decides. Its time to decide stands still until the "
    "answer is there, five business days at most."
)
class OrganisationQuestion:
    number: int = strawberry.field(description="1 or 2: at most two are asked about a request.")
    topic: QuestionTopic | None = strawberry.field(
        description="Which of the fixed list; null where it was asked in the provider's earlier system."
    )
    text: str = strawberry.field(description="The question in plain words; show it as it is.")
    state: QuestionState = strawberry.field(description="What became of it.")
    asked_on: date = strawberry.field(description="The organisation's day on which it was asked.")
    ended_on: date | None = strawberry.field(
        description="The organisation's day on which it was answered, given up or called off; null while it waits."
    )
    answer: str | None = strawberry.field(
        description="The answer as the provider released it to the organisation; null until then, or without one."
    )
    asked_at: datetime | None = strawberry.field(description="The moment, UTC; null where masked.")
    draft: str | None = strawberry.field(
        description="The consultant's answer while it is not released; null where there is none, masked or erased."
    )


@strawberry.type(description="One question that an organisation may ask.")
class QuestionTopicOption:
    value: QuestionTopic = strawberry.field(description="What `askOrganisationQuestion` takes.")
    label: str = strawberry.field(description="What the person reads.")

    @classmethod
    def all(cls) -> "list[QuestionTopicOption]":
        return [cls(value=value, label=label) for value, label in QUESTIONS.items()]
