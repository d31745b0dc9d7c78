"""Reads of objects by id alone, whatever they are: one load for each kind."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from models.ids import prefix_of
from models.queries.appointments import load_appointments
from models.queries.cases import find_cases
from models.queries.reading import Reading
from models.queries.requests import requests_of
from models.queries.staff_tasks import load_staff_tasks
from models.queries.webhooks import load_webhooks
from models.rules.refusals import Malformed
from models.tables import Appointment, AssistCase
from models.views.base import View
from models.views.want import Want

KINDS: Final = {
    "apt": "Appointment",
    "case": "AssistCase",
    "req": "ExtraSessionsRequest",
    "task": "StaffTask",
    "hook": "WebhookEndpoint",
}
"""The kinds of object that an id can name, by its prefix, with the schema's name for each."""

MOST_NODES: Final = 100


async def read_nodes(reading: Reading, ids: Sequence[str], want_for: Callable[[str], Want]) -> list[View | None]:
    """Return the objects in the order of ``ids``; None for each that is unknown or outside this actor's scope.

    ``want_for`` tells what is asked of each kind. Raises Malformed for text that is no id, and for more than 100.
    """
    if len(ids) > MOST_NODES:
        msg = f"Ask for at most {MOST_NODES} ids at a time."
        raise Malformed(msg, ("ids",))
    by_kind: dict[str, list[str]] = defaultdict(list)
    for identifier in ids:
        prefix = prefix_of(identifier)
        if prefix is None:
            msg = "This is not an id of this service; use ids as you received them."
            raise Malformed(msg, ("id",))
        by_kind[prefix].append(identifier)
    found: dict[str, View] = {}
    for prefix, kind in KINDS.items():
        if by_kind[prefix]:
            found.update(await _load(reading, kind, by_kind[prefix], want_for(kind)))
    return [found.get(identifier) for identifier in ids]


async def _load(reading: Reading, kind: str, ids: list[str], want: Want) -> dict[str, View]:
    if kind == "AssistCase":
        return {**await find_cases(reading, AssistCase.id.in_(ids), want)}
    if kind == "Appointment":
        appointments = await load_appointments(
            reading, want, lambda statement: statement.where(Appointment.id.in_(ids))
        )
        return {view.id: view for _, view in appointments}
    if kind == "StaffTask":
        return {**await load_staff_tasks(reading, ids, want)}
    if kind == "WebhookEndpoint":
        return {**await load_webhooks(reading, ids, want)}
    return {**await requests_of(reading, want, ids)}
