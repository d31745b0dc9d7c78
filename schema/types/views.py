"""Ties a type of the schema to the view that the data layer makes for it."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry
from strawberry import Info as AnyInfo

T = TypeVar("T", bound=type)


def of_view(view: type) -> Callable[[T], T]:
    """Present instances of ``view`` as the decorated type: its fields are the view's plain attributes."""

    def is_type_of(value: Any, info: AnyInfo) -> bool:
        del info
        return isinstance(value, view)

    def tie(presented: T) -> T:
        presented.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined]  # read by Strawberry
        presented.__strawberry_definition__.is_type_of = is_type_of  # type: ignore[attr-defined]
        return presented

    return tie


@strawberry.interface(description="An object with an id that `node(id:)` takes.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque and random: it tells no order, no time and no other object."
    )
