"""Spans of requests, jobs and statements: what they say, and that they say nothing of anybody."""

import sys
from dataclasses import replace

import pytest
from httpx2 import ASGITransport, AsyncClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.app import create_app
from api.otlp import OtlpTraces
from api.perimeter import Perimeter
from api.settings import Settings, SettingsError, read_settings
from api.tally import Tally
from api.traces import NoTraces, open_traces
from jobs.actor import JobContext
from jobs.worker import worker
from models.database import Database
from tests.api.house import House
from tests.builders import a_world, confirmed
from tests.clock import FixedClock
from tests.jobs.workshop import Recorder, all_ended, job, promise, surroundings, until

SECRET = "margaret@home.example"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter: InMemorySpanExporter) -> OtlpTraces:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return OtlpTraces(provider)


def of_kind(exporter: InMemorySpanExporter, kind: SpanKind) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.kind is kind]


def traced(context: JobContext, traces: OtlpTraces) -> JobContext:
    traces.follow(context.database)
    return replace(context, around=traces.job)


async def test_a_request_is_one_span_with_its_statements_below(
    house: House, exporter: InMemorySpanExporter, traces: OtlpTraces, clock: FixedClock
) -> None:
    house = replace(house, app=create_app(house.settings, clock=clock, traces=traces))
    async with house.client() as client:
        await client.get("/healthz")
        await client.post("/graphql", json={"query": "query Margaret { Margaret: viewer { name } }"})

    [request] = of_kind(exporter, SpanKind.SERVER)
    assert request.name == "graphql viewer"
    assert dict(request.attributes or {}) == {
        "extra_sessions.operation": "viewer",
        "extra_sessions.outcome": "answered",
        "http.response.status_code": 200,
    }
    statements = of_kind(exporter, SpanKind.CLIENT)
    assert statements, "signing in reads the account"
    assert {span.parent.span_id for span in statements if span.parent} == {request.context.span_id}
    assert "Margaret" not in "".join(span.to_json() for span in exporter.get_finished_spans())


async def test_a_fault_that_nobody_caught_ends_a_request_s_span_as_failed(
    exporter: InMemorySpanExporter, traces: OtlpTraces
) -> None:
    async def fail(*_: object) -> None:
        raise KeyError(SECRET)

    app = Perimeter(fail, https=False, traces=traces)
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://house.test") as client:
        assert (await client.post("/graphql")).status_code == 500

    [span] = exporter.get_finished_spans()
    assert (span.attributes or {})["extra_sessions.outcome"] == "failed"
    assert span.status.status_code is StatusCode.ERROR
    assert SECRET not in span.to_json()


def test_a_fault_s_text_is_in_no_span(exporter: InMemorySpanExporter, traces: OtlpTraces) -> None:
    with pytest.raises(KeyError), traces.request(Tally(status=500)):
        raise KeyError(SECRET)

    [span] = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert SECRET not in span.to_json()


async def test_a_run_of_a_job_is_one_span_with_its_statements_below(
    database: Database, clock: FixedClock, exporter: InMemorySpanExporter, traces: OtlpTraces
) -> None:
    async with worker(traced(surroundings(database, clock), traces), threads=1):
        world = await a_world(database, clock)
        await confirmed(world)
        await until(lambda: all_ended(database))

    jobs = {span.name: span for span in of_kind(exporter, SpanKind.CONSUMER)}
    received = jobs["job received_email"]
    assert (
        dict(received.attributes or {}).items()
        > {
            "extra_sessions.actor": "received_email",
            "extra_sessions.attempt": 1,
        }.items()
    )
    below = [span for span in of_kind(exporter, SpanKind.CLIENT) if span.parent == received.context]
    assert {span.name for span in below} >= {"SQL SELECT", "SQL UPDATE"}
    assert all("db.query.text" in (span.attributes or {}) for span in below)
    assert all(span.parent is not None for span in of_kind(exporter, SpanKind.CLIENT)), "looking for work is none"


async def test_a_failed_run_ends_with_an_error_without_its_text(
    database: Database, clock: FixedClock, exporter: InMemorySpanExporter, traces: OtlpTraces
) -> None:
    async def fail(_: JobContext, __: str) -> None:
        raise ValueError(SECRET)

    await promise(database, clock, job(max_attempts=1))
    async with worker(traced(surroundings(database, clock), traces), threads=1, actors=[Recorder(fail).spec]):
        await until(lambda: all_ended(database))

    [run] = of_kind(exporter, SpanKind.CONSUMER)
    assert run.status.status_code is StatusCode.ERROR
    assert SECRET not in "".join(span.to_json() for span in exporter.get_finished_spans())


async def test_a_statement_s_span_holds_its_text_and_no_parameter(
    database: Database, clock: FixedClock, exporter: InMemorySpanExporter, traces: OtlpTraces
) -> None:
    traces.follow(database)
    with traces.request(Tally()):
        async with database.snapshot() as source:
            await source.execute(text("SELECT id FROM account WHERE email = :address"), {"address": SECRET})
        with pytest.raises(DBAPIError):
            async with database.snapshot() as source:
                await source.execute(text("SELECT nothing FROM nowhere WHERE it = :address"), {"address": SECRET})
        async with database.snapshot() as source:
            await source.execute(text("SELECT 1"))

    spans = [span for span in of_kind(exporter, SpanKind.CLIENT) if span.name == "SQL SELECT"]
    assert [span.status.status_code for span in spans] == [StatusCode.UNSET, StatusCode.ERROR, StatusCode.UNSET]
    assert "WHERE email =" in str((spans[0].attributes or {})["db.query.text"])
    assert SECRET not in "".join(span.to_json() for span in exporter.get_finished_spans())
    del clock


def test_nothing_is_told_where_no_collector_is_named() -> None:
    assert isinstance(open_traces(Settings(mode="demo")), NoTraces)


def test_a_collector_s_address_is_taken_from_the_standard_variable_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRA_SESSIONS_MODE", "demo")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    assert read_settings().traces_endpoint == "http://127.0.0.1:4318"

    monkeypatch.setenv("EXTRA_SESSIONS_TRACES_ENDPOINT", "http://127.0.0.1:4319")
    assert read_settings().traces_endpoint == "http://127.0.0.1:4319"


def test_a_named_collector_opens_its_traces() -> None:
    traces = open_traces(Settings(mode="demo", traces_endpoint="http://127.0.0.1:9"))
    traces.close()

    assert isinstance(traces, OtlpTraces)


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "api.otlp")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with pytest.raises(SettingsError, match=r"pip install \"extra-sessions\[traces\]\""):
        open_traces(Settings(mode="demo", traces_endpoint="http://127.0.0.1:9"))
