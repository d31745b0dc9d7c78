"""What waits for the provider's staff."""

from datetime import datetime

import strawberry

from models.queries import staff_tasks
from models.rules.vocabulary import StaffTaskKind, StaffTaskState
from models.views import task as views
from schema.types.request import ExtraSessionsRequest
from schema.types.views import Node, of_view
from schema.types.webhook import WebhookEndpoint

_SUMMARIES = {
    StaffTaskKind.ANSWER_TO_RELEASE: "Read the consultant's answer to the organisation, then release it.",
    StaffTaskKind.DECISION: "Approve or decline this request: the organisation does not decide it.",
    StaffTaskKind.RELAY: "Tell consultant and client the outcome by another way, then confirm it.",
    StaffTaskKind.BOUNCED_ADDRESS: "An address refused our e-mail: correct it where it is kept, then complete this.",
    StaffTaskKind.WEBHOOK_SWITCHED_OFF: "Nothing could be sent to a webhook: tell its owner, then switch it on or off.",
}


@of_view(views.StaffTaskView)
@strawberry.type(
    description="Something that waits for the provider's staff. All but a bounced address leave the list by "
    "themselves, once what they ask for is done."
)
class StaffTask(Node):
    id: strawberry.ID = strawberry.field(description="`completeTask` takes it as `taskId`.")
    kind: StaffTaskKind = strawberry.field(description="What is to be done.")
    state: StaffTaskState = strawberry.field(description="Whether it still is.")
    request: ExtraSessionsRequest | None = strawberry.field(
        description="The request that it is about; null for WEBHOOK_SWITCHED_OFF alone."
    )
    webhook: WebhookEndpoint | None = strawberry.field(
        description="The webhook that it is about; null for every other kind."
    )
    created_at: datetime = strawberry.field(description="Since when it waits, UTC.")
    due_at: datetime | None = strawberry.field(
        description="When the request's ANSWER, DECISION or RELAY is due, UTC; null for the other kinds."
    )
    ended_at: datetime | None = strawberry.field(description="When it left the list, UTC; null while it is open.")

    @strawberry.field(description="One sentence for a person: what to do.")
    def summary(self) -> str:
        return _SUMMARIES[self.kind]


@strawberry.input(description="Narrow the staff's tasks.")
class StaffTaskFilter:
    kinds: list[StaffTaskKind] | None = strawberry.field(default=None, description="Any of these; null is every kind.")
    states: list[StaffTaskState] | None = strawberry.field(
        default=None, description="Any of these; null is OPEN alone."
    )

    def narrowed(self) -> staff_tasks.StaffTaskFilter:
        return staff_tasks.StaffTaskFilter(
            kinds=None if self.kinds is None else tuple(self.kinds),
            states=None if self.states is None else tuple(self.states),
        )
