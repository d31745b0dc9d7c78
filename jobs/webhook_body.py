"""Writes an event as a webhook's body: the same shape for every account, with null where that may see nothing."""

from typing import Any, Final

import orjson

from models.queries.webhook_stretch import OwedEvent
from models.rules.confidentiality import schema_name
from models.views.want import asking

WANT: Final = asking(
    request=asking("id", "reference", "status", "version", "outcome", "sessions_requested", "sessions_granted"),
    case=asking("id", "number"),
    appointment=asking("id", "status", "starts_at"),
)


def write_body(event: OwedEvent) -> bytes:
    """Return the same bytes each time, as long as the account may see the same of the same state.

    ``timestamp`` is a day for an account that is told no moments.
    """
    view = event.view
    data = {
        "cursor": event.cursor,
        "type": view.type,
        "occurredOn": view.occurred_on,
        "occurredAt": view.occurred_at,
        "deadline": view.deadline,
        "request": _part(
            view.request, "id", "reference", "status", "version", "outcome", "sessions_requested", "sessions_granted"
        ),
        "case": _part(view.case, "id", "number"),
        "appointment": _part(view.appointment, "id", "status", "starts_at"),
    }
    document = {"type": view.type, "timestamp": view.occurred_at or view.occurred_on, "data": data}
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def _part(view: Any, *names: str) -> dict[str, Any] | None:
    return None if view is None else {schema_name(name): getattr(view, name) for name in names}
