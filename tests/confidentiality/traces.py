"""Searches what a run leaves beside its transcript: logs, jobs, reports of faults, metrics, statements."""

import base64
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from prometheus_client.registry import REGISTRY
from sqlalchemy import select

from models.database import Database
from models.tables import Job
from tests.confidentiality.findings import Finding
from tests.confidentiality.transcript import Transcript
from tests.queries.columns import LOOKED_AT, OWED, forbidden

_OTHERS = ("aiosqlite", "asyncio", "httpx2", "httpcore2")
"""Libraries that speak of every value: the product never passes their words on (api/logs.py)."""


class _Keep(logging.Handler):
    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._kept = kept
        self._format = logging.Formatter("%(name)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(f"{self._format.format(record)} {record.args!r}")


@contextmanager
def listening_to_logs() -> Iterator[list[str]]:
    """Collect all that is logged meanwhile, by either way of logging, down to DEBUG; as given, before any rendering."""
    kept: list[str] = []
    handler, root = _Keep(kept), logging.getLogger()
    level, before = root.level, structlog.get_config()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    others = [logging.getLogger(name) for name in _OTHERS]
    levels = [other.level for other in others]
    for other in others:
        other.setLevel(logging.WARNING)

    def keep(_logger: Any, _method: str, event: Any) -> Any:
        kept.append(repr(event))
        raise structlog.DropEvent

    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, keep],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        cache_logger_on_first_use=False,
    )
    try:
        yield kept
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        for other, was in zip(others, levels, strict=True):
            other.setLevel(was)
        structlog.configure(**before)


def search(detector: str, where: str, texts: Collection[str], secrets: Collection[str]) -> Iterator[Finding]:
    """Yield each protected value that stands in a text, plain, in base64, in hexadecimal or escaped."""
    whole = "\n".join(texts)
    for secret in secrets:
        for form in _forms(secret):
            if form in whole:
                line = next(text for text in texts if form in text)
                yield Finding(detector, where, f"  {secret!r} stands in {line[:500]!r}")
                break


def _forms(secret: str) -> tuple[str, ...]:
    encoded = secret.encode()
    inner = base64.b64encode(encoded).decode().rstrip("=")
    return secret, inner[: len(encoded) * 8 // 6], encoded.hex(), ascii(secret)[1:-1]


def labels() -> list[str]:
    """Return every value of every label that this process has counted under."""
    return [value for metric in REGISTRY.collect() for sample in metric.samples for value in sample.labels.values()]


async def jobs_of(database: Database) -> list[str]:
    """Return every job's row as text."""
    async with database.snapshot() as connection:
        rows = (await connection.execute(select(*Job.__table__.columns))).all()
    return [repr(tuple(row)) for row in rows]


def looked_too_far(transcript: Transcript) -> Iterator[Finding]:
    """Yield what the feed reads of the log beyond whose streams to wake. No viewer is told, and so it needs no more."""
    for statement in transcript.looks:
        for name in forbidden(statement, LOOKED_AT):
            yield Finding("column", "the feed's look", f"  {name} in {statement}")


def unreadable(transcript: Transcript) -> Iterator[Finding]:
    """Yield what statements on a viewer's behalf name that is not open to an organisation."""
    for statement in transcript.owed:
        for name in forbidden(statement, OWED):
            yield Finding("column", "what a webhook is owed", f"  {name} in {statement}")
    for entry in transcript.entries:
        for statement, _ in entry.statements:
            for name in forbidden(statement):
                yield Finding("column", entry.step, f"  {name} in {statement}")
