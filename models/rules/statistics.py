"""The figures that the field publishes: outcomes, days to decision and lateness, by organisation and period."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from models.rules.vocabulary import Outcome


class PeriodLength(StrEnum):
    """By what statistics are taken together."""

    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"
    ALL = "ALL"
    """Everything that was asked for."""


_MONTHS = {PeriodLength.MONTH: 1, PeriodLength.QUARTER: 3, PeriodLength.YEAR: 12}
_DECEMBER = 12


class Period(NamedTuple):
    """Whole days, both included."""

    first: date
    last: date


class Group(NamedTuple):
    organisation_id: str
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One request as the figures see it, on the organisation's day that places it in a period.

    That is the day of its decision, or for one that still awaits it the day on which it is due.
    """

    organisation_id: str
    day: date
    outcome: Outcome | None
    """None while the organisation has not decided."""
    business_days: int | None = None
    """How many it took to decide; None before that, and for a clinical decline, which the organisation never had."""
    is_late: bool | None = None
    """Whether it was decided after it was due, or is overdue now; None where that can't be said, or not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    approved: int
    declined: int
    open: int
    median_days: float | None
    mean_days: float | None
    late_share: float | None
    """From 0 to 1: late among those that were decided with a due moment, or are open and overdue; None of none."""

    @property
    def decided(self) -> int:
        return self.approved + self.declined


def period_of(day: date, length: PeriodLength, within: Period) -> Period:
    """Return the calendar's period that holds the day, cut to the days that were asked for."""
    if length is PeriodLength.ALL:
        return within
    months = _MONTHS[length]
    first = date(day.year, day.month - (day.month - 1) % months, 1)
    return Period(max(first, within.first), min(_end(first, months), within.last))


def figures_by_group(counted: Iterable[Counted], length: PeriodLength, within: Period) -> dict[Group, Figures]:
    """Return the figures of each organisation and period in which there is anything to count; days beyond are left."""
    groups: Mapping[Group, list[Counted]] = defaultdict(list)
    for each in counted:
        if within.first <= each.day <= within.last:
            groups[Group(each.organisation_id, period_of(each.day, length, within))].append(each)
    return {group: _figures(found) for group, found in groups.items()}


def _figures(counted: list[Counted]) -> Figures:
    outcomes = [each.outcome for each in counted]
    days = [each.business_days for each in counted if each.business_days is not None]
    late = [each.is_late for each in counted if each.is_late is not None]
    return Figures(
        approved=outcomes.count(Outcome.APPROVED),
        declined=outcomes.count(Outcome.DECLINED),
        open=outcomes.count(None),
        median_days=float(statistics.median(days)) if days else None,
        mean_days=statistics.fmean(days) if days else None,
        late_share=statistics.fmean(late) if late else None,
    )


def _end(first: date, months: int) -> date:
    """Return the last day of so many months from the first of one."""
    last_month = first.month + months - 1
    if last_month == _DECEMBER:
        return date(first.year, _DECEMBER, 31)
    return date(first.year, last_month + 1, 1) - timedelta(days=1)
