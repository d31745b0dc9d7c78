"""Seeded leaks of event streams: what they send, how much of it, in which order, and what their cursors say."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, true

from api import streams
from models import event_log, feed
from models.event_cursor import Position
from models.feed import Audience
from models.queries import event_parts, event_stream, events
from models.rules.access import Scope
from models.rules.refusals import Malformed
from models.rules.shown_events import projected_event
from models.rules.vocabulary import EventType
from models.tables import Event, ExtraSessionsRequest
from tests.confidentiality.leaks_of_lives import of
from tests.confidentiality.leaks_of_scopes import ORGANISATIONS, PRACTICES
from tests.confidentiality.swapping import leak, swapped

STREAMS = "event streams: what is sent, how much, in which order, and cursors"
_DIGITS = 12
_LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
_SOUND_TOLD: dict[bool, tuple[Any, ...]] = events._TOLD  # noqa: SLF001 - a leak changes what the product keeps to itself


def _whole_organisation(by: Any, _now: Any) -> Any:
    theirs = select(ExtraSessionsRequest.id).where(ExtraSessionsRequest.organisation_id == by.organisation_id)
    return or_(Event.organisation_id == by.organisation_id, Event.request_id.in_(theirs))


def _all_types(*_: Any) -> frozenset[EventType]:
    return frozenset(EventType)


def _presented(also: Any) -> Any:
    """Return the product's own way to present a row, and what is added to it."""
    sound = events._present  # noqa: SLF001 - the same

    def present(reading: Any, row: Any, want: Any) -> Any:
        view = sound(reading, row, want)
        also(reading, row, view)
        return view

    return present


@leak(STREAMS, "stream")
@contextmanager
def a_stream_with_events_from_before_the_release() -> Iterator[None]:
    def as_any_other(_reading: Any, _row: Any, view: Any) -> None:
        view.occurred_at, view.type = None, projected_event(view.type)

    with (
        swapped(events, "sees_projection", lambda _: False),
        swapped(events, "shown_events", _all_types),
        swapped(events, "visible_events", _whole_organisation),
        swapped(events, "_present", _presented(as_any_other)),
    ):
        yield


@leak(STREAMS, "stream")
@contextmanager
def an_event_for_a_change_that_the_organisation_can_not_see() -> Iterator[None]:
    """What happens to a request that is released goes to the organisation, whatever it is."""
    sound = event_log.append

    async def append(session: Any, entries: Any) -> None:
        whole = []
        for entry in entries:
            request = entry.request_id and await session.get(ExtraSessionsRequest, entry.request_id)
            if request and request.is_released:
                told = {"organisation_sees": True, "organisation_id": request.organisation_id}
                entry = replace(entry, **told, occurred_on=entry.occurred_at.date())  # noqa: PLW2901 - of the same thing
            whole.append(entry)
        await sound(session, whole)

    with swapped(event_log, "append", append), swapped(events, "shown_events", _all_types):
        yield


@leak(STREAMS, "stream")
@contextmanager
def an_order_in_which_the_last_comes_first() -> Iterator[None]:
    """Whoever is told much at once is told it in the order of hidden numbers."""
    sound = events.events_after

    async def after(*given: Any, **named: Any) -> Any:
        stretch = await sound(*given, **named)
        turn = any((position.seq or 0) % 2 for position in stretch.positions[:1])
        return stretch._replace(events=stretch.events[::-1]) if turn else stretch

    with swapped(event_stream, "events_after", after):
        yield


@leak(STREAMS, "stream")
@contextmanager
def a_heartbeat_whenever_others_do_something() -> Iterator[None]:
    with swapped(feed, "audience_of", lambda _: Audience(Scope.EVERYTHING)):
        yield


@leak(STREAMS, "token length", "answer", "stream")
@contextmanager
def a_cursor_as_long_as_the_log() -> Iterator[None]:
    sound, read_sound = of(events).cursor_of, of(events).position_of

    def cursor(vault: Any, by: Any, position: Any) -> str:
        return f"{sound(vault, by, position)}.{'A' * ((position.seq or 0) // 2)}"

    def read(vault: Any, by: Any, text: str) -> Any:
        return read_sound(vault, by, text.partition(".")[0])

    with _cursors(cursor, read):
        yield


@leak(STREAMS, "token content")
@contextmanager
def a_cursor_with_the_number_of_its_event() -> Iterator[None]:
    def cursor(_vault: Any, by: Any, position: Any) -> str:
        content = f"{position.seq or 0:0{_DIGITS}d}{int(position.at.timestamp()):0{_DIGITS}d}"
        return base64.urlsafe_b64encode(_mark(by) + content.encode()).decode().rstrip("=")

    def read(_vault: Any, by: Any, text: str) -> Position:
        opened = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).removeprefix(_mark(by))
        if len(opened) != 2 * _DIGITS or not opened.isdigit():
            raise Malformed("This is no cursor of yours.", ("after",))
        return Position(int(opened[:_DIGITS]), datetime.fromtimestamp(int(opened[_DIGITS:]), UTC))

    with _cursors(cursor, read):
        yield


def _mark(by: Any) -> bytes:
    return hashlib.sha256(repr((by.role, by.organisation_id)).encode()).digest()[:8]


@contextmanager
def _cursors(cursor: Any, read: Any) -> Iterator[None]:
    with (
        swapped(events, "cursor_of", cursor),
        swapped(event_stream, "cursor_of", cursor),
        swapped(events, "position_of", read),
    ):
        yield


@leak(STREAMS, "stream")
@contextmanager
def a_cursor_that_expires_as_others_do_more() -> Iterator[None]:
    sound = of(events).position_of

    def read(vault: Any, by: Any, text: str) -> Position:
        position: Position = sound(vault, by, text)
        return position._replace(at=_LONG_AGO) if (position.seq or 0) % 2 else position

    with swapped(events, "position_of", read):
        yield


@leak(STREAMS, "stream", "answer")
@contextmanager
def the_moment_of_what_is_streamed() -> Iterator[None]:
    def timed(_reading: Any, row: Any, view: Any) -> None:
        view.occurred_at = row.occurred_at

    told = {**_SOUND_TOLD, True: (*_SOUND_TOLD[True], Event.occurred_at)}
    with swapped(events, "_TOLD", told), swapped(events, "_present", _presented(timed)):
        yield


@leak(STREAMS, "stream")
@contextmanager
def a_day_that_ends_at_another_hour() -> Iterator[None]:
    """The day of the moment where the server is, with the minutes that nobody may know."""

    def dated(_reading: Any, row: Any, view: Any) -> None:
        view.occurred_on = (row.occurred_at + timedelta(seconds=row.occurred_at.second * 3_600)).date()

    told = {**_SOUND_TOLD, True: (*_SOUND_TOLD[True], Event.occurred_at)}
    with swapped(events, "_TOLD", told), swapped(events, "_present", _presented(dated)):
        yield


@leak(STREAMS, "stream")
@contextmanager
def a_stream_that_tells_of_a_closed_case() -> Iterator[None]:
    with swapped(events, "projected_event", lambda event: event):
        yield


@leak(STREAMS, "stream")
@contextmanager
def a_stream_shared_by_two_organisations() -> Iterator[None]:
    sound = streams._sharing  # noqa: SLF001 - the same

    def sharing(actor: Any, executor: Any, asked: Any) -> Any:
        return sound(replace(actor, organisation_id=None), executor, asked)

    with swapped(streams, "_sharing", sharing):
        yield


@leak(STREAMS, "column")
@contextmanager
def a_stream_that_looks_for_the_case_of_each_event() -> Iterator[None]:
    told = events._TOLD  # noqa: SLF001 - what is selected for an organisation
    linking = {**told, True: (*told[True], Event.case_id, Event.appointment_id)}
    with swapped(event_parts, "reaches_cases", lambda _: True), swapped(events, "_TOLD", linking):
        yield


@leak(STREAMS, "column")
@contextmanager
def a_stream_that_reads_which_case_it_is_about() -> Iterator[None]:
    """For nothing: it is told to nobody."""
    sound = events.events_after

    async def after(reading: Any, *given: Any, **named: Any) -> Any:
        await reading.rows(select(ExtraSessionsRequest.case_id))
        return await sound(reading, *given, **named)

    with swapped(event_stream, "events_after", after):
        yield


@leak(STREAMS, "column")
@contextmanager
def a_look_at_the_log_that_reads_what_was_done() -> Iterator[None]:
    with swapped(feed, "_GROWN", feed._GROWN.add_columns(Event.type, Event.detail)):  # noqa: SLF001 - the same
        yield


@leak(PRACTICES, "stream", "answer")
@contextmanager
def events_of_other_practices() -> Iterator[None]:
    with swapped(events, "visible_events", lambda *_: true()):
        yield


@leak(ORGANISATIONS, "stream", "answer")
@contextmanager
def events_told_to_other_organisations() -> Iterator[None]:
    with swapped(events, "visible_events", lambda *_: Event.organisation_sees):
        yield
