"""Spans by OpenTelemetry's SDK: names, ids of jobs, states and SQL text; no value of anybody's and no error's text.

An exception's text can quote a client, so spans never record one: they end with the outcome's word.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from sqlalchemy import event

from api.tally import Outcome, Tally
from models.database import Database
from models.job_queue import Claim

_SERVICE: Final = "extra-sessions"
_SPAN: Final = "open_span"
"""Where a connection keeps the span of what it is running: one thing at a time."""


class OtlpTraces:
    """Tells a provider's exporters of what happens in this process."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(_SERVICE)

    @contextmanager
    def request(self, tally: Tally) -> Iterator[None]:
        with self._span("graphql", SpanKind.SERVER) as span:
            try:
                yield
            finally:
                span.update_name(f"graphql {tally.operation}")
                span.set_attribute("extra_sessions.operation", tally.operation)
                span.set_attribute("extra_sessions.outcome", tally.end.value)
                span.set_attribute("http.response.status_code", tally.status or 0)
                if tally.end is Outcome.FAILED:
                    span.set_status(Status(StatusCode.ERROR))

    @contextmanager
    def job(self, claim: Claim) -> Iterator[None]:
        with self._span(f"job {claim.actor}", SpanKind.CONSUMER) as span:
            span.set_attribute("extra_sessions.actor", claim.actor)
            span.set_attribute("extra_sessions.job_id", claim.id)
            span.set_attribute("extra_sessions.attempt", claim.attempts)
            try:
                yield
            except BaseException:
                span.set_status(Status(StatusCode.ERROR))
                raise

    def follow(self, database: Database) -> None:
        for engine in database.engines:
            event.listen(engine, "before_cursor_execute", self._begin)
            event.listen(engine, "after_cursor_execute", _end)
            event.listen(engine, "handle_error", _fail)

    def close(self) -> None:
        self._provider.shutdown()

    def _span(self, name: str, kind: SpanKind) -> Any:
        return self._tracer.start_as_current_span(
            name, kind=kind, record_exception=False, set_status_on_exception=False
        )

    def _begin(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """Begin a statement's span; a worker that only looks for work causes none."""
        if not trace.get_current_span().is_recording():
            return
        verb = statement.split(maxsplit=1)[0].upper()
        span = self._tracer.start_span(f"SQL {verb}", kind=SpanKind.CLIENT)
        span.set_attribute("db.system.name", connection.dialect.name)
        span.set_attribute("db.query.text", statement)
        connection.info[_SPAN] = span


def traces_to(endpoint: str) -> OtlpTraces:
    """Send spans in batches to ``endpoint``, as its standard variable names it: the path of traces goes behind it."""
    provider = TracerProvider(resource=Resource.create({"service.name": _SERVICE}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OtlpTraces(provider)


def _end(connection: Any, *_: Any) -> None:
    if span := _taken_from(connection):
        span.end()


def _fail(failure: Any) -> None:
    if failure.connection is not None and (span := _taken_from(failure.connection)):
        span.set_status(Status(StatusCode.ERROR))
        span.end()


def _taken_from(connection: Any) -> Span | None:
    span: Span | None = connection.info.pop(_SPAN, None)
    return span
