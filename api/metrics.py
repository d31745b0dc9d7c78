"""What is counted in this process, and what is read from the tables whenever somebody looks.

A label holds a word that this version knows: a field of the schema, an actor, a kind, an outcome. It is never a
caller's text.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import REGISTRY, Collector
from sqlalchemy import event

from api.faults import facts_of
from api.tally import Tally, current
from jobs.actors import QUEUES
from models.clock import Clock
from models.database import Database
from models.queries.vital_signs import Standing, VitalSigns, read_vital_signs
from models.rules.vocabulary import DeadlineKind

_PATIENCE: Final = 5.0
"""Seconds that the database has for its figures; Prometheus itself waits for ten."""
_DUE: Final = (Standing.DUE, Standing.RUNNING)

_log = structlog.get_logger()

disable_created_metrics()  # type: ignore[no-untyped-call]  # else each has a second series: when it was first counted

REQUESTS: Final = Counter("extra_sessions_requests", "GraphQL requests, by how they ended.", ["operation", "outcome"])
REQUEST_SECONDS: Final = Histogram(
    "extra_sessions_request_seconds",
    "From a GraphQL request's arrival to its answer's end.",
    ["operation"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REQUEST_STATEMENTS: Final = Histogram(
    "extra_sessions_request_sql_statements",
    "SQL statements of one GraphQL request.",
    ["operation"],
    buckets=(1, 2, 5, 10, 20, 40, 80, 160),
)
STATEMENTS: Final = Counter("extra_sessions_sql_statements", "SQL statements of requests, jobs and the worker.")
CONNECTIONS: Final = Gauge("extra_sessions_connections", "WebSockets and event streams that are open.", ["kind"])
CONNECTIONS_ENDED: Final = Counter(
    "extra_sessions_connections_ended", "The same, by why they ended.", ["kind", "reason"]
)
SUBSCRIPTIONS: Final = Gauge("extra_sessions_subscriptions", "Subscriptions that run.")


def report_request(tally: Tally, seconds: float) -> None:
    """Count one GraphQL request. A subscription's time is its caller's, and is left out."""
    REQUESTS.labels(tally.operation, tally.end.value).inc()
    if tally.lasts:
        return
    REQUEST_SECONDS.labels(tally.operation).observe(seconds)
    REQUEST_STATEMENTS.labels(tally.operation).observe(tally.statements)


def count_statements(database: Database) -> None:
    """Count every statement from now on, for the process and for the request that it belongs to."""
    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", _count)


async def exposition(database: Database, clock: Clock) -> bytes:
    """Return all metrics in Prometheus's text format. Where the database does not answer, what was counted is left."""
    signs = await _signs(database, clock)
    read = CollectorRegistry()
    read.register(_Read(signs, clock.now()))
    return generate_latest(REGISTRY) + generate_latest(read)


async def _signs(database: Database, clock: Clock) -> VitalSigns | None:
    try:
        async with asyncio.timeout(_PATIENCE), database.snapshot() as source:
            return await read_vital_signs(source, queues=QUEUES, at=clock.now())
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is what the gauge of the database then says
        _log.warning("metrics without the database", **facts_of(fault))
        return None


class _Read(Collector):
    """The tables' own figures, of one moment. Every process of a deployment gives the same: ask for the largest."""

    def __init__(self, signs: VitalSigns | None, at: datetime) -> None:
        self._signs = signs
        self._at = at

    def collect(self) -> Iterator[Metric]:
        up = "Whether the database answered this very look."
        yield GaugeMetricFamily("extra_sessions_database_up", up, value=0 if self._signs is None else 1)
        if self._signs is not None:
            yield from self._of_jobs(self._signs)
            yield self._of_deadlines(self._signs)
            head = "Number of the newest event."
            yield GaugeMetricFamily("extra_sessions_event_head", head, value=self._signs.event_head)

    def _of_jobs(self, signs: VitalSigns) -> Iterator[Metric]:
        numbers = GaugeMetricFamily("extra_sessions_jobs", "Unfinished jobs, and dead ones.", labels=["queue", "state"])
        ages = GaugeMetricFamily(
            "extra_sessions_oldest_due_job_seconds", "How long the oldest of them is due.", labels=["queue", "state"]
        )
        found = {(each.queue, each.standing): each for each in signs.jobs}
        for queue in sorted(QUEUES):
            for standing in Standing:
                jobs = found.get((queue, standing))
                numbers.add_metric([queue, standing.value], jobs.number if jobs else 0)
                if standing in _DUE:
                    age = (self._at - jobs.due_since).total_seconds() if jobs else 0
                    ages.add_metric([queue, standing.value], age)
        yield from (numbers, ages)

    def _of_deadlines(self, signs: VitalSigns) -> Metric:
        text = "Running deadlines whose moment has passed."
        overdue = GaugeMetricFamily("extra_sessions_deadlines_overdue", text, labels=["kind"])
        for kind in DeadlineKind:
            overdue.add_metric([kind.value.lower()], signs.overdue.get(kind, 0))
        return overdue


def _count(*_: Any) -> None:
    STATEMENTS.inc()
    if tally := current.get():
        tally.statements += 1
