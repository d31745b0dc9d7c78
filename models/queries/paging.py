"""Pages of a list by keyset: stable while rows come and go, behind cursors that nobody can read or forge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import orjson
from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_

from models.queries.reading import Reading
from models.rules.refusals import Malformed
from models.sealing import SealBroken
from models.tables.types import Day, Moment
from models.views.base import View
from models.views.connection import Connection, Edge, PageInfo
from models.views.want import Page, Want

V = TypeVar("V", bound=View)
Narrow = Callable[[Select[Any]], Select[Any]]

MOST = 100
FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)
FAR_PAST = datetime(1, 1, 2, tzinfo=UTC)
"""They stand in sort orders where a row has no moment, one for each direction: such rows come last."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """A total order: its last key is unique and random, so that ties tell nothing."""

    name: str
    keys: tuple[Any, ...]
    descending: bool = False

    def labelled(self) -> list[ColumnElement[Any]]:
        return [key.label(f"key_{position}") for position, key in enumerate(self.keys)]

    def directed(self) -> list[ColumnElement[Any]]:
        return [key.desc() if self.descending else key.asc() for key in self.keys]

    def after(self, values: list[Any]) -> ColumnElement[bool]:
        place = tuple_(*(literal(_typed(key, value), key.type) for key, value in zip(self.keys, values, strict=True)))
        here = tuple_(*self.keys)
        return here < place if self.descending else here > place


def check_page(page: Page) -> None:
    """Raise Malformed unless ``first`` is between 1 and 100."""
    if not 1 <= page.first <= MOST:
        msg = f"`first` must be between 1 and {MOST}."
        raise Malformed(msg, ("first",))


def narrowed_to_page(reading: Reading, page: Page, ordering: Ordering) -> Narrow:
    """Return what limits a statement to one page, and one row more to see whether another follows."""
    check_page(page)
    place = _place(reading, page, ordering)

    def narrow(statement: Select[Any]) -> Select[Any]:
        if place is not None:
            statement = statement.where(place)
        return statement.order_by(*ordering.directed()).limit(page.first + 1)

    return narrow


def narrowed_to_pages(
    reading: Reading, page: Page, ordering: Ordering, parent: Any, condition: ColumnElement[bool]
) -> Narrow:
    """Return what limits a statement to the same page of each parent that ``condition`` names, in one."""
    check_page(page)
    place = _place(reading, page, ordering)
    number = func.row_number().over(partition_by=parent, order_by=ordering.directed()).label("number")
    unique = ordering.keys[-1]
    ranked = select(unique.label("ranked_id"), number).where(condition)
    if place is not None:
        ranked = ranked.where(place)
    found = ranked.subquery()

    def narrow(statement: Select[Any]) -> Select[Any]:
        chosen = select(found.c.ranked_id).where(found.c.number <= page.first + 1)
        return statement.where(unique.in_(chosen)).order_by(*ordering.directed())

    return narrow


def connection(  # noqa: PLR0913 - a page is made of all of these
    reading: Reading,
    *,
    page: Page,
    ordering: Ordering,
    found: Sequence[tuple[Row[Any], V]],
    want: Want,
    total_count: int | None = None,
) -> Connection[V]:
    """Present loaded rows as one page; cursors are sealed only where they are asked for."""
    shown = found[: page.first]
    cursors = want.wants_cursors()
    edges = [Edge(view, _cursor(reading, ordering, row) if cursors else None) for row, view in shown]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(found) > page.first,
            has_previous_page=page.after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        total_count=total_count,
    )


def _scope(reading: Reading, ordering: Ordering) -> str:
    return f"{ordering.name}|{reading.by.account_id}"


def _cursor(reading: Reading, ordering: Ordering, row: Row[Any]) -> str:
    values = [getattr(row, f"key_{position}") for position in range(len(ordering.keys))]
    return reading.vault.seal_cursor(_scope(reading, ordering), orjson.dumps(values))


def _place(reading: Reading, page: Page, ordering: Ordering) -> ColumnElement[bool] | None:
    if page.after is None:
        return None
    try:
        return ordering.after(orjson.loads(reading.vault.open_cursor(_scope(reading, ordering), page.after)))
    except SealBroken:
        msg = "`after` is not a cursor of this list; start again without it."
        raise Malformed(msg, ("after",)) from None


def _typed(key: ColumnElement[Any], value: Any) -> Any:
    if isinstance(key.type, Moment):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(key.type, Day) else value
