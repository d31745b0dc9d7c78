"""What happened, as an integrator or a live page follows it."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from models.queries import events
from models.rules.vocabulary import DeadlineKind, EventType, MailKind
from models.views import event as views
from models.views.connection import Edge
from schema.types.case import Appointment, AssistCase
from schema.types.connections import PageInfoType
from schema.types.request import ExtraSessionsRequest
from schema.types.views import of_view


@of_view(views.EventView)
@strawberry.type(
    description="One thing that happened, as you may be told of it. What it hangs on is shown as it is when the event "
    "is sent, and that may be later than the event."
)
class Event:
    cursor: str = strawberry.field(
        description="Keep the last one: `after` continues behind it, in `Query.events` and in `Subscription.events`. "
        "Opaque; it goes with your role and organisation or practice, and holds for as long as events can be replayed."
    )
    type: EventType = strawberry.field(description="What happened.")
    occurred_on: date = strawberry.field(description="The day of it: to an organisation its own, else where you are.")
    occurred_at: datetime | None = strawberry.field(description="The moment, UTC; null where it is masked.")
    request: ExtraSessionsRequest | None = strawberry.field(
        description="The request that it happened to, as it is now; null where it is about none, or about one that you "
        "no longer see."
    )
    case: AssistCase | None = strawberry.field(
        description="The case of it, of its request or of its appointment, as it is now; null where it is masked."
    )
    appointment: Appointment | None = strawberry.field(
        description="The appointment that it happened to, as it is now; null where it is about none, or masked."
    )
    deadline: DeadlineKind | None = strawberry.field(
        description="Which deadline came near or passed; null in events of other types."
    )
    mail: MailKind | None = strawberry.field(description="Which e-mail it was; null in events of other types.")


@strawberry.input(description="Narrow events; what is null does not narrow.")
class EventFilter:
    types: list[EventType] | None = strawberry.field(default=None, description="Any of these.")
    request_id: strawberry.ID | None = strawberry.field(default=None, description="Of this request alone.")
    case_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of this case, its appointments and its requests. An organisation finds none by it."
    )

    def narrowed(self) -> events.EventFilter:
        return events.EventFilter(
            types=None if self.types is None else tuple(self.types), request_id=self.request_id, case_id=self.case_id
        )


@of_view(Edge)
@strawberry.type(description="One event of a page.")
class EventEdge:
    node: Event = strawberry.field(description="The event.")
    cursor: str = strawberry.field(description="The event's own cursor.")


@of_view(views.EventPage)
@strawberry.type(description="A page of events, oldest first. It has no count: a log only grows.")
class EventConnection:
    nodes: list[Event] = strawberry.field(description="The events of this page, in the order in which they happened.")
    edges: list[EventEdge] = strawberry.field(description="The same events, each with its cursor.")
    page_info: PageInfoType = strawberry.field(
        description="Whether there is more. `endCursor` is there on an empty page too: it is where to go on from."
    )


Filter = Annotated[EventFilter | None, strawberry.argument(description="Which ones.")]
