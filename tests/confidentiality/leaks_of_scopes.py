"""Seeded leaks between tenants: each place where a scope is asked for, as if it were everybody's; and no masks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import true

from models import locks
from models.queries import appointments, cases, people, request_lists, request_rows, requests
from models.tables import ExtraSessionsRequest
from tests.confidentiality.swapping import leak, scoped, swapped

PRACTICES = "nothing of one practice is visible to another"
ORGANISATIONS = "nothing of one organisation is visible to another"
MASKS = "no machine learns who a client is"
TENANTS = PRACTICES, ORGANISATIONS, MASKS


def _everything(*_: Any) -> Any:
    return true()


def _always(*_: Any) -> bool:
    return True


@leak(PRACTICES, "answer")
@contextmanager
def cases_of_other_practices() -> Iterator[None]:
    with swapped(cases, "visible_cases", _everything):
        yield


@leak(PRACTICES, "answer")
@contextmanager
def requests_of_other_practices() -> Iterator[None]:
    with scoped(requests, _everything):
        yield


@leak(PRACTICES, "answer")
@contextmanager
def appointments_of_other_practices() -> Iterator[None]:
    with swapped(appointments, "visible_appointments", _everything):
        yield


@leak(PRACTICES, "answer")
@contextmanager
def consultants_of_other_practices() -> Iterator[None]:
    with swapped(people, "visible_consultants", _everything):
        yield


@leak(PRACTICES, "answer")
@contextmanager
def counts_over_all_practices() -> Iterator[None]:
    with swapped(request_lists, "visible_requests", _everything):
        yield


@leak(PRACTICES, "answer", "statements")
@contextmanager
def moves_on_requests_of_other_practices() -> Iterator[None]:
    with scoped(locks, _everything):
        yield


@leak(ORGANISATIONS, "answer")
@contextmanager
def requests_released_to_other_organisations() -> Iterator[None]:
    with scoped(requests, lambda _by, now: ExtraSessionsRequest.released_at <= now):
        yield


@leak(ORGANISATIONS, "answer")
@contextmanager
def decisions_of_other_organisations() -> Iterator[None]:
    released = lambda _by, now: ExtraSessionsRequest.released_at <= now  # noqa: E731 - the same for both
    with scoped(locks, released), scoped(requests, released):
        yield


@leak(MASKS, "answer")
@contextmanager
def machines_that_are_told_names() -> Iterator[None]:
    with swapped(cases, "may_identify", _always), swapped(requests, "may_identify", _always):
        yield


@leak(MASKS, "answer")
@contextmanager
def machines_that_are_told_clinical_answers() -> Iterator[None]:
    with swapped(request_rows, "may_read", _always):
        yield
