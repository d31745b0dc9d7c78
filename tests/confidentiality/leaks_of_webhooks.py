"""Seeded leaks of what webhooks are POSTed: the number of an event, in its body or in what names the message."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import select

from jobs import deliver_webhooks
from models.queries import webhook_stretch
from models.tables import Event
from tests.confidentiality.leaks_of_lives import of
from tests.confidentiality.swapping import leak, swapped

WEBHOOKS = "webhooks: headers and bodies"


@leak(WEBHOOKS, "token prefix")
@contextmanager
def a_message_named_by_its_number() -> Iterator[None]:
    """As long as ever, so that its length tells nothing."""
    with swapped(webhook_stretch, "message_id", lambda _vault, _id, position: f"msg_{position.seq:032d}"):
        yield


@leak(WEBHOOKS, "webhook")
@contextmanager
def a_body_with_the_number_of_its_event() -> Iterator[None]:
    sound = of(deliver_webhooks).write_body

    def write(event: Any) -> bytes:
        return orjson.dumps({**orjson.loads(sound(event)), "number": event.position.seq})

    with swapped(deliver_webhooks, "write_body", write):
        yield


@leak(WEBHOOKS, "webhook")
@contextmanager
def a_body_with_the_moment_of_its_event() -> Iterator[None]:
    sound = of(deliver_webhooks).write_body

    def write(event: Any) -> bytes:
        document = orjson.loads(sound(event))
        return orjson.dumps({**document, "timestamp": f"{document['timestamp']}T00:00:{event.position.seq % 60:02d}Z"})

    with swapped(deliver_webhooks, "write_body", write):
        yield


@leak(WEBHOOKS, "column")
@contextmanager
def a_webhook_that_reads_what_was_written_down() -> Iterator[None]:
    """For nothing: its body stays as it is."""
    sound = of(webhook_stretch).events_after

    async def after(reading: Any, *given: Any, **named: Any) -> Any:
        await reading.rows(select(Event.seq, Event.entry).limit(1))
        return await sound(reading, *given, **named)

    with swapped(webhook_stretch, "events_after", after):
        yield
