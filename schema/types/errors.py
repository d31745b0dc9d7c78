"""How the business's refusals reach a front end: as typed user errors, or as top-level errors with a code."""

from typing import Any

import strawberry
from graphql import GraphQLError


@strawberry.interface(
    description="Something that the person can understand and mend. Each mutation's own error type adds a `code`."
)
class UserError:
    message: str = strawberry.field(description="What happened and what to do, in plain words; show it as it is.")
    path: list[str] | None = strawberry.field(
        description="The field of the input that it is about, from its top; null where it is about no field."
    )


class CodedError(GraphQLError):
    """A top-level error that a caller is meant to see, with its ``extensions.code``."""

    def __init__(self, message: str, code: str, **extensions: Any) -> None:
        super().__init__(message, extensions={"code": code, **extensions})
