"""What the provider publishes of its requests: figures alone, no request among them."""

from dataclasses import dataclass
from datetime import date

from models.rules.spreadsheet import as_csv
from models.views.people import OrganisationView


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsRow:
    """One organisation's figures in one period, its first and last day included."""

    organisation: OrganisationView
    period_from: date
    period_to: date
    approved: int
    declined: int
    decided: int
    open: int
    median_business_days: float | None
    mean_business_days: float | None
    late_share: float | None


@dataclass(frozen=True, slots=True)
class RequestStatistics:
    rows: list[StatisticsRow]

    @property
    def csv(self) -> str:
        return as_csv(_HEADER, [_cells(row) for row in self.rows])


_HEADER = (
    *("organisation_id", "organisation", "period_from", "period_to", "approved", "declined", "decided", "open"),
    *("median_business_days", "mean_business_days", "late_share"),
)


def _cells(row: StatisticsRow) -> tuple[str | int | None, ...]:
    return (
        row.organisation.id,
        row.organisation.name,
        row.period_from.isoformat(),
        row.period_to.isoformat(),
        row.approved,
        row.declined,
        row.decided,
        row.open,
        _rounded(row.median_business_days, 1),
        _rounded(row.mean_business_days, 2),
        _rounded(row.late_share, 4),
    )


def _rounded(value: float | None, places: int) -> str | None:
    return None if value is None else f"{value:.{places}f}"
