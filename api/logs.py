"""Logs for operators: ids, codes and figures. Of a library's message only its source and level are kept."""

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final, TextIO, cast

import orjson
import structlog
from structlog.typing import Processor

from api.faults import facts_of

_WELL_SPOKEN: Final = ("uvicorn", "alembic", "api", "jobs", "models", "schema")
"""Whose messages are known to hold no value of anybody's. Everybody else's text is left out."""
_SILENT: Final = ("uvicorn.access", "strawberry.execution")
"""The first would write URLs, the second arguments and variables; both are logged by this package instead."""


def configure_logs(*, log_format: str, level: str, stream: TextIO | None = None) -> None:
    """Set up structlog and the standard library's logging for this process. Call it once, first of all."""
    target = stream or sys.stderr
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_stamps(), *_renderers(log_format, level)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Unbreakable(target))),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Forward()]
    root.setLevel(level.upper())
    if log_format == "console":
        logging.getLogger("alembic").setLevel(logging.WARNING)  # a newcomer's first screen is not about migrations
    for name in _SILENT:
        logging.getLogger(name).disabled = True


class _Unbreakable:
    """Writes as far as it can: a full disk takes the log, and must not take the request that is logged."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class _Forward(logging.Handler):
    """Hands records of the standard library's logging on, without what they may quote."""

    def emit(self, record: logging.LogRecord) -> None:
        facts = {"logger": record.name}
        if record.exc_info and record.exc_info[1]:
            facts.update(facts_of(record.exc_info[1]))
        known = record.name.partition(".")[0] in _WELL_SPOKEN
        structlog.get_logger().log(record.levelno, record.getMessage() if known else "a library's message", **facts)


def _stamps() -> list[Processor]:
    return [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), _without_texts]


def _without_texts(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace a traceback, whose last line is the exception's text, by its kind and place."""
    given = event.pop("exc_info", None)
    fault = sys.exception() if given is True else given
    if isinstance(fault, BaseException):
        event.update(facts_of(fault))
    return event


def _renderers(log_format: str, level: str) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.JSONRenderer(serializer=_dumps)]
    shown: list[Processor] = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    return shown if level == "debug" else [_without_what_went_well, *shown]


def _without_what_went_well(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Spare a person at a terminal the jobs that were simply done: a demo's first start has dozens."""
    if event.get("event") == "job" and event.get("outcome") == "done":
        raise structlog.DropEvent
    return event


def _dumps(event: Any, *, default: Callable[[Any], Any]) -> str:
    return orjson.dumps(event, default=default).decode()
