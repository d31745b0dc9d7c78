"""When what runs would be due by another calendar than the one that it was counted with."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from models.rules.business_days import BusinessCalendar, Due, due_after, in_time, relay_due
from models.rules.vocabulary import DeadlineKind


class Running(NamedTuple):
    """A deadline of a request that is neither met nor cancelled, and is counted in business days."""

    kind: DeadlineKind
    due_at: datetime
    counted_from: date
    counted_days: int
    is_paused: bool


class Recounted(NamedTuple):
    kind: DeadlineKind
    was: datetime
    due: Due

    @property
    def moves(self) -> bool:
        return self.due.at != self.was


def recount(running: Iterable[Running], calendar: BusinessCalendar, *, now: datetime) -> list[Recounted]:
    """Count one request's deadlines anew, each from the day that it was counted from; the relay's from the decision's.

    What would move into the past is left out and stays: nobody is late by a day that they were never told.
    """
    recounted: list[Recounted] = []
    decision_due: datetime | None = None
    for each in sorted(running, key=lambda each: each.kind is not DeadlineKind.DECISION):
        if each.kind is DeadlineKind.RELAY and decision_due is not None:
            due = relay_due(calendar, decision_due)
        else:
            due = due_after(calendar, each.counted_from, each.counted_days)
        stays = due.at != each.due_at and not each.is_paused and not in_time(now, due.at)
        if each.kind is DeadlineKind.DECISION:
            decision_due = each.due_at if stays else due.at
        if not stays:
            recounted.append(Recounted(each.kind, each.due_at, due))
    return recounted
