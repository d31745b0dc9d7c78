"""How a request is named, and how a list of requests is narrowed and ordered."""

from datetime import date

import strawberry

from models.queries import request_lists
from models.queries.request_lists import RequestOrderField
from models.rules.vocabulary import Outcome, RequestStatus


@strawberry.input(one_of=True, description="Name a request by exactly one of these.")
class RequestBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="The request's id.")
    reference: str | None = strawberry.field(default=strawberry.UNSET, description="`R-7KQ2M9XD`.")


@strawberry.input(description="Narrow a list of requests; what is null does not narrow.")
class RequestFilter:
    statuses: list[RequestStatus] | None = strawberry.field(default=None, description="Any of these.")
    outcome: Outcome | None = strawberry.field(default=None, description="Decided this way.")
    due_from: date | None = strawberry.field(
        default=None,
        description="Whose decision is, or was, due on this day or later: a whole day in the organisation's own zone "
        "for an organisation, else in yours. Narrows out requests without such a day.",
    )
    due_to: date | None = strawberry.field(default=None, description="The last such day, included.")
    overdue: bool | None = strawberry.field(
        default=None,
        description="Whether something is overdue now: a deadline whose state is OVERDUE, of those that you see.",
    )
    at_risk: bool | None = strawberry.field(default=None, description="The same with the state AT_RISK.")

    def narrowed(self) -> request_lists.RequestFilter:
        return request_lists.RequestFilter(
            statuses=None if self.statuses is None else tuple(self.statuses),
            outcome=self.outcome,
            due_from=self.due_from,
            due_to=self.due_to,
            overdue=self.overdue,
            at_risk=self.at_risk,
        )


@strawberry.input(description="How a list of requests is ordered.")
class RequestOrder:
    field: RequestOrderField = strawberry.field(default=RequestOrderField.RECEIVED, description="By what.")
    descending: bool = strawberry.field(default=True, description="Newest, or due last, first.")
