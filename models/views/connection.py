"""One page of a list, in the shape that front ends know from Relay."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from models.views.base import View

V = TypeVar("V", bound=View)


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Edge(Generic[V]):
    node: V
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Connection(Generic[V]):
    edges: list[Edge[V]]
    page_info: PageInfo
    total_count: int | None
    """Counted only where it is asked for; None also where this actor is told no counts."""

    @property
    def nodes(self) -> list[V]:
        return [edge.node for edge in self.edges]
