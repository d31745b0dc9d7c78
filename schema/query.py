"""Every read, one paragraph each."""

from datetime import date
from typing import Annotated, Any

import strawberry

from models.queries import (
    access_events,
    appointments,
    cases,
    events,
    nodes,
    people,
    request_lists,
    request_statistics,
    request_summaries,
    requests,
    staff_tasks,
    webhooks,
)
from models.rules.statistics import Period, PeriodLength
from models.views.want import page
from schema.context import Info
from schema.reading import reading
from schema.selection import want_of
from schema.types.access import AccessEventFilter
from schema.types.case import Appointment, AssistCase, CaseBy
from schema.types.connections import (
    AccessEventConnection,
    AppointmentConnection,
    ExtraSessionsRequestConnection,
    StaffTaskConnection,
    WebhookEndpointConnection,
)
from schema.types.event import EventConnection, Filter
from schema.types.narrowing import RequestBy, RequestFilter, RequestOrder
from schema.types.people import Consultant, Viewer
from schema.types.request import ExtraSessionsRequest
from schema.types.statistics import RequestStatistics, RequestSummary
from schema.types.task import StaffTaskFilter
from schema.types.views import Node

_First = Annotated[int | None, strawberry.argument(description="How many, 1 to 100.")]
_After = Annotated[str | None, strawberry.argument(description="A cursor of this very list; null for its start.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="As you received it.")]


@strawberry.type(description="Everything that can be read. What you may not see looks like what does not exist.")
class Query:
    @strawberry.field(description="Who is signed in.", graphql_type=Viewer)
    async def viewer(self, info: Info) -> Any:
        async with reading(info.context) as source:
            return await people.read_viewer(source, want_of(info))

    @strawberry.field(
        description="Any object by its id; null where there is none that you may see.", graphql_type=Node | None
    )
    async def node(self, info: Info, id: _Id) -> Any:
        async with reading(info.context) as source:
            return (await nodes.read_nodes(source, [id], lambda kind: want_of(info, kind)))[0]

    @strawberry.field(
        description="Up to 100 objects by id, in the order asked; null for each that you may not see.",
        graphql_type=list[Node | None],
    )
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], strawberry.argument(description="Up to 100 ids.")]
    ) -> Any:
        async with reading(info.context) as source:
            return await nodes.read_nodes(source, ids, lambda kind: want_of(info, kind))

    @strawberry.field(
        description="My Calendar: appointments on whole days in your own zone, both included, 62 days at most, "
        "earliest first. Consultants see their own; managers and staff may name a consultant.",
        graphql_type=AppointmentConnection,
    )
    async def calendar(  # noqa: PLR0913, PLR0917 - the schema's arguments
        self,
        info: Info,
        from_: Annotated[date, strawberry.argument(name="from", description="The first day.")],
        to: Annotated[date, strawberry.argument(description="The last day.")],
        consultant_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="For managers and staff: whose calendar.")
        ] = None,
        first: _First = 50,
        after: _After = None,
    ) -> Any:
        async with reading(info.context) as source:
            return await appointments.read_calendar(
                source, days=(from_, to), consultant_id=consultant_id, page=page(first, 50, after), want=want_of(info)
            )

    @strawberry.field(
        description="One appointment; null where there is none that you may see.", graphql_type=Appointment | None
    )
    async def appointment(self, info: Info, id: _Id) -> Any:
        async with reading(info.context) as source:
            return await appointments.appointment_of(source, id, want_of(info))

    @strawberry.field(
        description="One case; null where there is none that you may see.", graphql_type=AssistCase | None
    )
    async def case(
        self, info: Info, by: Annotated[CaseBy, strawberry.argument(description="Its id or its number.")]
    ) -> Any:
        async with reading(info.context) as source:
            if by.id:
                return await cases.case_by_id(source, by.id, want_of(info))
            return await cases.case_by_number(source, by.number or "", want_of(info))

    @strawberry.field(
        description="One request; null where there is none that you may see.", graphql_type=ExtraSessionsRequest | None
    )
    async def request(
        self, info: Info, by: Annotated[RequestBy, strawberry.argument(description="Its id or its reference.")]
    ) -> Any:
        async with reading(info.context) as source:
            if by.id:
                return await requests.request_of(source, by.id, want_of(info))
            return await requests.request_by_reference(source, by.reference or "", want_of(info))

    @strawberry.field(
        description="The requests that you may see, newest first unless ordered otherwise.",
        graphql_type=ExtraSessionsRequestConnection,
    )
    async def requests(
        self,
        info: Info,
        filter: Annotated[RequestFilter | None, strawberry.argument(description="Which ones.")] = None,
        order_by: Annotated[RequestOrder | None, strawberry.argument(description="In which order.")] = None,
        first: _First = 20,
        after: _After = None,
    ) -> Any:
        order = order_by or RequestOrder()
        async with reading(info.context) as source:
            return await request_lists.read_requests(
                source,
                filtered=(filter or RequestFilter()).narrowed(),
                order=request_lists.RequestOrder(order.field, order.descending),
                page=page(first, 20, after),
                want=want_of(info),
            )

    @strawberry.field(
        description="The requests that await your decision, soonest due first; empty for roles that decide nothing.",
        graphql_type=ExtraSessionsRequestConnection,
    )
    async def review_queue(self, info: Info, first: _First = 20, after: _After = None) -> Any:
        async with reading(info.context) as source:
            return await request_lists.read_review_queue(source, page=page(first, 20, after), want=want_of(info))

    @strawberry.field(
        description="Counts over the requests that you may see, for a dashboard. Null for an organisation below its "
        "smallest headcount: it is told no counts.",
        graphql_type=RequestSummary | None,
    )
    async def request_summary(self, info: Info) -> Any:
        async with reading(info.context) as source:
            return await request_summaries.read_request_summary(source)

    @strawberry.field(
        description="The figures that the field publishes, by organisation and period. For the provider's staff "
        "alone; to every other role it is FORBIDDEN.",
        graphql_type=RequestStatistics,
    )
    async def request_statistics(
        self,
        info: Info,
        from_: Annotated[date, strawberry.argument(name="from", description="The first day, the organisation's own.")],
        to: Annotated[date, strawberry.argument(description="The last day, included.")],
        by: Annotated[
            PeriodLength, strawberry.argument(description="By what they are taken together.")
        ] = PeriodLength.MONTH,
        organisation_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="This organisation alone.")
        ] = None,
    ) -> Any:
        async with reading(info.context) as source:
            return await request_statistics.read_request_statistics(
                source, within=Period(from_, to), length=by, organisation_id=organisation_id
            )

    @strawberry.field(
        description="One consultant; null where there is none that you may see.", graphql_type=Consultant | None
    )
    async def consultant(self, info: Info, id: _Id) -> Any:
        async with reading(info.context) as source:
            return await people.find_consultant(source, id, want_of(info))

    @strawberry.field(
        description="Who was shown what identifies a client or is clinical, newest first. For the provider's staff "
        "alone; to every other role it is FORBIDDEN.",
        graphql_type=AccessEventConnection,
    )
    async def access_events(
        self,
        info: Info,
        filter: Annotated[AccessEventFilter | None, strawberry.argument(description="Which ones.")] = None,
        first: _First = 20,
        after: _After = None,
    ) -> Any:
        async with reading(info.context) as source:
            return await access_events.read_access_events(
                source,
                filtered=(filter or AccessEventFilter()).narrowed(),
                page=page(first, 20, after),
                want=want_of(info),
            )

    @strawberry.field(
        description="What waits for the provider's staff, oldest first; open tasks unless the filter says otherwise. "
        "For the provider's staff alone; to every other role it is FORBIDDEN.",
        graphql_type=StaffTaskConnection,
    )
    async def staff_tasks(
        self,
        info: Info,
        filter: Annotated[StaffTaskFilter | None, strawberry.argument(description="Which ones.")] = None,
        first: _First = 20,
        after: _After = None,
    ) -> Any:
        async with reading(info.context) as source:
            return await staff_tasks.read_staff_tasks(
                source,
                filtered=(filter or StaffTaskFilter()).narrowed(),
                page=page(first, 20, after),
                want=want_of(info),
            )

    @strawberry.field(
        description="What happened, oldest first, as far back as events can be replayed: to catch up, with the same "
        "cursors, filters and masking as `Subscription.events`. CURSOR_EXPIRED where `after` is from before that.",
        graphql_type=EventConnection,
    )
    async def events(self, info: Info, filter: Filter = None, first: _First = 100, after: _After = None) -> Any:
        async with reading(info.context) as source:
            return await events.read_events(
                source,
                filtered=events.EVERYTHING if filter is None else filter.narrowed(),
                page=page(first, 100, after),
                want=want_of(info),
                window=info.context.replay,
            )

    @strawberry.field(
        description="Where integrators' events are sent to and how that goes, oldest first. For the provider's staff "
        "alone; to every other role it is FORBIDDEN.",
        graphql_type=WebhookEndpointConnection,
    )
    async def webhooks(self, info: Info, first: _First = 20, after: _After = None) -> Any:
        async with reading(info.context) as source:
            return await webhooks.read_webhooks(source, page=page(first, 20, after), want=want_of(info))
