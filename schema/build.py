"""Puts the schema together."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

import schema.types.enums
import schema.types.event_enums
import schema.types.webhook_enums  # noqa: F401 - these three put the closed lists into the schema
from schema.mutation import Mutation
from schema.query import Query
from schema.sensitivity import SensitivityDirective, show_sensitivity
from schema.subscription import Subscription
from schema.types import case, request, task, webhook

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _write_moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_date(value: str) -> date:
    """Read a day in its one form; Python itself also takes weeks and days without hyphens."""
    if _DAY.fullmatch(value) is None:
        msg = "a Date is written as 2026-11-23"
        raise ValueError(msg)
    return date.fromisoformat(value)


_SCALARS: dict[object, Any] = {
    date: strawberry.scalar(
        name="Date", description="A day, `2026-11-23`.", serialize=date.isoformat, parse_value=_read_date
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, `2026-11-23T04:00:00Z`.",
        serialize=_write_moment,
        parse_value=datetime.fromisoformat,
    ),
}


_NODES = [case.Appointment, case.AssistCase, request.ExtraSessionsRequest, task.StaffTask, webhook.WebhookEndpoint]


class QuietSchema(strawberry.Schema):
    """Leaves errors to whoever mounts it: Strawberry would log their texts, which quote arguments and variables."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        del errors, execution_context


def build_schema(
    extensions: Iterable[type[SchemaExtension] | Callable[[], SchemaExtension]] = (), *, to_print: bool = False
) -> strawberry.Schema:
    """Return the schema. Raises LookupError where a field has no sensitivity, or one is declared for no field.

    One that is sorted to be printed is not to be served: sorted, its enums hand plain strings to the mutations.
    """
    built = QuietSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[
            case.Appointment,
            case.AssistCase,
            request.ExtraSessionsRequest,
            task.StaffTask,
            webhook.WebhookEndpoint,
        ],
        extensions=list(extensions),
        schema_directives=[SensitivityDirective],
        config=StrawberryConfig(disable_field_suggestions=True, scalar_map=_SCALARS, sort_schema=to_print),
    )
    show_sensitivity(built)
    return built


def print_sdl() -> str:
    """Return the contract: the whole schema as SDL, sorted, with directives."""
    return build_schema(to_print=True).as_str() + "\n"
