"""Counts: a viewer's dashboard, and the figures that the provider publishes."""

from datetime import date

import strawberry

from models.rules.vocabulary import RequestStatus
from models.views import request as request_views
from models.views import statistics as views
from schema.types.people import Organisation
from schema.types.views import of_view


@of_view(request_views.StatusCount)
@strawberry.type(description="How many requests have one status.")
class RequestStatusCount:
    status: RequestStatus = strawberry.field(description="As you are shown it in lists.")
    count: int = strawberry.field(description="How many of the requests that you could list; at least 1.")


@of_view(request_views.RequestSummary)
@strawberry.type(description="Counts for a dashboard, over all requests that you could list.")
class RequestSummary:
    by_status: list[RequestStatusCount] = strawberry.field(
        description="By status, in the order of a request's life; a status that is not named counts 0."
    )
    overdue: int = strawberry.field(
        description="How many have a deadline that is OVERDUE, of those that you may know of: as the filter `overdue`."
    )
    at_risk: int = strawberry.field(description="The same with one that is AT_RISK: as the filter `atRisk`.")
    awaiting_you: int = strawberry.field(description="How many await your decision: those of `reviewQueue`.")


@of_view(views.StatisticsRow)
@strawberry.type(
    description="One organisation's figures in one period. A decided request counts on the organisation's day of its "
    "decision, one that still awaits the organisation's decision on the day on which that is due."
)
class RequestStatisticsRow:
    organisation: Organisation = strawberry.field(description="Whose agreement the requests are under.")
    period_from: date = strawberry.field(description="The first day, the organisation's; not before `from`.")
    period_to: date = strawberry.field(description="The last day, included; not after `to`.")
    approved: int = strawberry.field(description="How many were approved, by the agreement's rule too.")
    declined: int = strawberry.field(description="How many were declined, after a clinical review too.")
    decided: int = strawberry.field(description="Approved and declined together.")
    open: int = strawberry.field(
        description="How many still await the organisation's decision (ORGANISATION_REVIEW or INFORMATION_REQUESTED) "
        "that is due in this period."
    )
    median_business_days: float | None = strawberry.field(
        description="Business days of the organisation from the day on which a request entered its review (day 0) to "
        "the day of the decision: the median. 0 for one that was decided on day 0; the days of a question count too. "
        "A request that a clinical review declined was never before the organisation and has no days. Null where none "
        "has any."
    )
    mean_business_days: float | None = strawberry.field(description="The mean of the same days; null as there.")
    late_share: float | None = strawberry.field(
        description="From 0 to 1, of the requests that were decided in the period after a review by the organisation, "
        "and of those that are open and overdue, due in it: the share that was decided after its due moment or is "
        "overdue now. Null where there are none."
    )


@of_view(views.RequestStatistics)
@strawberry.type(description="The figures that the field publishes, by organisation and period.")
class RequestStatistics:
    rows: list[RequestStatisticsRow] = strawberry.field(
        description="By the organisation's name, then by period; where there was nothing to count is no row."
    )
    csv: str = strawberry.field(
        description="The same rows as CSV (RFC 4180) with a header, ready to be saved. Names that a spreadsheet would "
        "run as a formula begin with an apostrophe."
    )
