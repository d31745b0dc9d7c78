"""Seeded leaks of lists and of single answers: counts, filters, orders, pages, errors, what is looked up."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import and_, func, select

from models import locks
from models.locks import lock_request
from models.operations import approve_request, decision, performing
from models.queries import request_lists, request_rows, requests
from models.queries.paging import Narrow, Ordering, narrowed_to_page
from models.rules import confidentiality
from models.rules.confidentiality import Sensitivity
from models.rules.refusals import NotAllowed, NotFound, Refusal
from models.tables import ExtraSessionsRequest
from models.views.request import Goal
from tests.confidentiality.swapping import leak, replaced, scoped, swapped

LISTS = "counts, filters, sort orders and page boundaries"
ERRORS = "error texts, codes and paths; the same statements"
FIELDS = "the fields themselves"
R = ExtraSessionsRequest
SELECTED: dict[str, Any] = request_rows._PROJECTED  # noqa: SLF001 - a leak changes what the product keeps to itself
SHOWN: dict[str, Any] = request_rows._PLAIN  # noqa: SLF001 - the same


def _whole_organisation(by: Any, _now: Any) -> Any:
    return and_(R.organisation_id == by.organisation_id)


@leak(LISTS, "answer")
@contextmanager
def counts_of_what_is_hidden() -> Iterator[None]:
    with swapped(request_lists, "visible_requests", _whole_organisation):
        yield


@leak(LISTS, "answer")
@contextmanager
def filters_by_the_real_status() -> Iterator[None]:
    with swapped(request_lists, "statuses_behind", lambda shown: frozenset({shown})):
        yield


@leak(LISTS, "answer", "column")
@contextmanager
def an_order_by_the_moment_of_submission() -> Iterator[None]:
    def ordering(_reading: Any, order: Any) -> Any:
        return Ordering("requests", (R.submitted_at, R.id), descending=order.descending)

    with swapped(request_lists, "_ordering", ordering):
        yield


@leak(LISTS, "answer")
@contextmanager
def pages_cut_before_what_is_hidden_is_left_out() -> Iterator[None]:
    sound = narrowed_to_page

    def narrowed(reading: Any, page: Any, ordering: Any) -> Narrow:
        limit = sound(reading, page, ordering)
        cut = limit(select(R.id).where(_whole_organisation(reading.by, None)))
        return lambda statement: limit(statement.where(R.id.in_(cut)))

    with swapped(request_lists, "narrowed_to_page", narrowed):
        yield


@leak(LISTS, "answer")
@contextmanager
def lists_of_what_is_not_released_yet() -> Iterator[None]:
    with scoped(requests, _whole_organisation):
        yield


async def _exists(session: Any, request_id: str) -> bool:
    return bool((await session.execute(select(R.id).where(R.id == request_id))).all())


@contextmanager
def _invisible_answered_with(refusal: Refusal) -> Iterator[None]:
    sound = lock_request

    async def lock(session: Any, request_id: str, by: Any, *, now: Any) -> Any:
        try:
            return await sound(session, request_id, by, now=now)
        except NotFound:
            if await _exists(session, request_id):
                raise refusal from None
            raise

    with swapped(approve_request, "lock_request", lock):
        yield


@leak(ERRORS, "answer")
@contextmanager
def another_code_for_what_exists_but_is_invisible() -> Iterator[None]:
    with _invisible_answered_with(NotAllowed()):
        yield


@leak(ERRORS, "answer")
@contextmanager
def another_path_for_what_exists_but_is_invisible() -> Iterator[None]:
    with _invisible_answered_with(NotFound("organisation")):
        yield


@leak(ERRORS, "answer")
@contextmanager
def an_error_text_that_names_the_real_status() -> Iterator[None]:
    with swapped(decision, "projected_status", lambda status: status):
        yield


@leak(ERRORS, "statements")
@contextmanager
def one_more_statement_for_what_exists_but_is_invisible() -> Iterator[None]:
    sound = lock_request

    async def lock(session: Any, request_id: str, by: Any, *, now: Any) -> Any:
        if await _exists(session, request_id):
            await session.execute(select(R.reference).where(R.id == request_id))
        return await sound(session, request_id, by, now=now)

    with swapped(approve_request, "lock_request", lock):
        yield


@leak("versions", "answer")
@contextmanager
def versions_that_count_hidden_changes() -> Iterator[None]:
    version = {"version": lambda row, _: row.version}
    with replaced(SELECTED, version=("version",)), replaced(SHOWN, **version):
        yield


@leak("versions", "answer")
@contextmanager
def a_refusal_that_names_the_real_version() -> Iterator[None]:
    with swapped(performing, "sees_projection", lambda _: False), swapped(locks, "sees_projection", lambda _: False):
        yield


@leak(FIELDS, "answer")
@contextmanager
def an_organisation_that_may_read_what_links() -> Iterator[None]:
    cleared = frozenset({Sensitivity.ROUTINE, Sensitivity.LINKING})

    def readable(type_name: str, _: Any) -> frozenset[str]:
        return frozenset(name for name, level in confidentiality.FIELDS[type_name].items() if level in cleared)

    with swapped(requests, "readable", readable):
        yield


@leak(FIELDS, "column")
@contextmanager
def a_column_that_links_read_for_nothing() -> Iterator[None]:
    with replaced(SELECTED, client=("case_id",)):
        yield


@leak(FIELDS, "answer")
@contextmanager
def masked_fields_that_follow_the_row() -> Iterator[None]:
    with _seen_in_a_row("reviewed", R.needs_clinical_review, _name_the_review):
        yield


@leak("payload sizes", "answer")
@contextmanager
def a_mask_as_long_as_what_it_hides() -> Iterator[None]:
    with _seen_in_a_row("hidden", func.length(R.clinical_sealed), _mask_in_full):
        yield


def _name_the_review(row: Any, view: Any) -> None:
    if hasattr(view, "masked_fields") and not row.reviewed:
        view.masked_fields = tuple(name for name in view.masked_fields if name != "clinicalReview")


def _mask_in_full(row: Any, view: Any) -> None:
    if getattr(view, "goal", None) is not None:
        view.goal = Goal(view.goal.category, "*" * row.hidden)


@contextmanager
def _seen_in_a_row(name: str, column: Any, show: Any) -> Iterator[None]:
    """Read a column more for each request, and let it change what is shown."""
    select_sound, present_sound = request_rows.select_requests, request_rows.present

    def chosen(reading: Any, want: Any, allowed: Any, extra: Any = ()) -> Any:
        return select_sound(reading, want, allowed, (*extra, column.label(name)))

    def present(reading: Any, want: Any, row: Any, *rest: Any) -> Any:
        view = present_sound(reading, want, row, *rest)
        show(row, view)
        return view

    with swapped(requests, "select_requests", chosen), swapped(requests, "present", present):
        yield
