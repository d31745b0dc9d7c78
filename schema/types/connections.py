"""The pages of lists, as Relay shapes them."""

from typing import Annotated

import strawberry

from models.views.connection import Connection, Edge, PageInfo
from schema.types.views import of_view

AccessEvent = Annotated["AccessEvent", strawberry.lazy("schema.types.access")]  # type: ignore[misc]  # resolved later
Appointment = Annotated["Appointment", strawberry.lazy("schema.types.case")]  # type: ignore[misc]  # resolved later
ExtraSessionsRequest = Annotated["ExtraSessionsRequest", strawberry.lazy("schema.types.request")]  # type: ignore[misc]
StaffTask = Annotated["StaffTask", strawberry.lazy("schema.types.task")]  # type: ignore[misc]  # resolved later
WebhookEndpoint = Annotated["WebhookEndpoint", strawberry.lazy("schema.types.webhook")]  # type: ignore[misc]

_NODES = "The objects of this page, in order."
_EDGES = "The same objects, each with a cursor."
_CURSOR = "Pass it as `after` to continue behind this object. Opaque, and only good for this viewer and this list."
_TOTAL = "How many there are in all; counted only where you select it. Null where this viewer is told no counts."
_PAGE_INFO = "Whether there is more, and from where."


@of_view(PageInfo)
@strawberry.type(name="PageInfo", description="Where a page stands in its list.")
class PageInfoType:
    has_next_page: bool = strawberry.field(description="Whether more follows behind `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether this page came after a cursor.")
    start_cursor: str | None = strawberry.field(description="The first object's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The last object's cursor; null on an empty page.")


@of_view(Edge)
@strawberry.type(description="One appointment of a page.")
class AppointmentEdge:
    node: Appointment = strawberry.field(description="The appointment.")
    cursor: str = strawberry.field(description=_CURSOR)


@of_view(Connection)
@strawberry.type(description="A page of appointments.")
class AppointmentConnection:
    nodes: list[Appointment] = strawberry.field(description=_NODES)
    edges: list[AppointmentEdge] = strawberry.field(description=_EDGES)
    page_info: PageInfoType = strawberry.field(description=_PAGE_INFO)
    total_count: int | None = strawberry.field(description=_TOTAL)


@of_view(Edge)
@strawberry.type(description="One request of a page.")
class ExtraSessionsRequestEdge:
    node: ExtraSessionsRequest = strawberry.field(description="The request.")
    cursor: str = strawberry.field(description=_CURSOR)


@of_view(Connection)
@strawberry.type(description="A page of requests.")
class ExtraSessionsRequestConnection:
    nodes: list[ExtraSessionsRequest] = strawberry.field(description=_NODES)
    edges: list[ExtraSessionsRequestEdge] = strawberry.field(description=_EDGES)
    page_info: PageInfoType = strawberry.field(description=_PAGE_INFO)
    total_count: int | None = strawberry.field(description=_TOTAL)


@of_view(Edge)
@strawberry.type(description="One access of a page.")
class AccessEventEdge:
    node: AccessEvent = strawberry.field(description="The access.")
    cursor: str = strawberry.field(description=_CURSOR)


@of_view(Connection)
@strawberry.type(description="A page of the record of who looked.")
class AccessEventConnection:
    nodes: list[AccessEvent] = strawberry.field(description=_NODES)
    edges: list[AccessEventEdge] = strawberry.field(description=_EDGES)
    page_info: PageInfoType = strawberry.field(description=_PAGE_INFO)
    total_count: int | None = strawberry.field(description=_TOTAL)


@of_view(Edge)
@strawberry.type(description="One task of a page.")
class StaffTaskEdge:
    node: StaffTask = strawberry.field(description="The task.")
    cursor: str = strawberry.field(description=_CURSOR)


@of_view(Connection)
@strawberry.type(description="A page of the staff's tasks.")
class StaffTaskConnection:
    nodes: list[StaffTask] = strawberry.field(description=_NODES)
    edges: list[StaffTaskEdge] = strawberry.field(description=_EDGES)
    page_info: PageInfoType = strawberry.field(description=_PAGE_INFO)
    total_count: int | None = strawberry.field(description=_TOTAL)


@of_view(Edge)
@strawberry.type(description="One webhook of a page.")
class WebhookEndpointEdge:
    node: WebhookEndpoint = strawberry.field(description="The webhook.")
    cursor: str = strawberry.field(description=_CURSOR)


@of_view(Connection)
@strawberry.type(description="A page of webhooks.")
class WebhookEndpointConnection:
    nodes: list[WebhookEndpoint] = strawberry.field(description=_NODES)
    edges: list[WebhookEndpointEdge] = strawberry.field(description=_EDGES)
    page_info: PageInfoType = strawberry.field(description=_PAGE_INFO)
    total_count: int | None = strawberry.field(description=_TOTAL)
