"""One event of the log as one actor may be told of it, and where it stands in what they are told."""

from dataclasses import dataclass
from datetime import date, datetime

from models.rules.vocabulary import DeadlineKind, EventType, MailKind
from models.views.base import View
from models.views.case import AppointmentView, CaseView
from models.views.connection import Edge, PageInfo
from models.views.request import RequestView


@dataclass(slots=True, init=False, eq=False, repr=False)
class EventView(View):
    cursor: str
    type: EventType
    occurred_on: date
    occurred_at: datetime | None
    deadline: DeadlineKind | None
    mail: MailKind | None
    request: RequestView | None
    case: CaseView | None
    appointment: AppointmentView | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of the log. It has no count: a log's length is volume, and tells of others."""

    edges: list[Edge[EventView]]
    page_info: PageInfo

    @property
    def nodes(self) -> list[EventView]:
        return [edge.node for edge in self.edges]
