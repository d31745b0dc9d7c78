"""What goes wrong inside is told to nobody outside, and written down without a word that may quote somebody."""

import io
import json
import logging
from contextlib import suppress
from typing import Any

import pytest
import structlog
from graphql import GraphQLError

from api.errors import present
from api.faults import facts_of
from api.logs import configure_logs
from tests.api.edge import SECRET, Edge


async def ask(query: str, variables: dict[str, Any] | None = None) -> str:
    async with Edge().client() as client:
        answer = await client.post("/graphql", json={"query": query, "variables": variables})
    return answer.text


@pytest.mark.parametrize("query", ["{ crash }", "{ crashHard }", "{ clash }", "{ colour }"])
async def test_a_fault_is_masked_and_logged_by_kind(query: str) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await ask(query)

    [error] = json.loads(answer)["errors"]
    assert error["message"] == "Something went wrong on our side."
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
    [line] = [line for line in lines if line["event"] == "operation failed"]
    assert line["code"] == "INTERNAL_SERVER_ERROR"
    assert line["field"] == query.strip("{} ")
    assert "fault" in line
    assert SECRET not in answer
    assert SECRET not in str(lines)


async def test_a_fault_of_the_database_is_logged_by_its_state() -> None:
    with structlog.testing.capture_logs() as lines:
        await ask("{ clash }")

    [line] = [line for line in lines if line["event"] == "operation failed"]
    assert line["fault"] == "sqlalchemy.exc.IntegrityError"
    assert line["sqlstate"] == "23505"


@pytest.mark.parametrize("query", ["{ away }", "{ awayHard }"])
async def test_a_database_that_is_away_is_no_fault_of_the_caller_s_and_worth_another_try(query: str) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await ask(query)

    [error] = json.loads(answer)["errors"]
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
    assert "Try again shortly" in error["message"]
    [line] = [line for line in lines if line["event"] == "operation failed"]
    assert line["log_level"] == "error"
    assert SECRET not in answer
    assert SECRET not in str(lines)


async def test_whoever_can_t_be_signed_in_now_is_told_to_come_again() -> None:
    with structlog.testing.capture_logs() as lines:
        async with Edge().client() as client:
            answer = await client.post(
                "/graphql", json={"query": "{ account }"}, headers={"authorization": "Bearer away"}
            )

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
    assert SECRET not in answer.text
    assert SECRET not in str(lines)


async def test_a_refusal_is_logged_by_code_and_field_alone() -> None:
    with structlog.testing.capture_logs() as lines:
        await ask("{ forbidden }")

    [line] = [line for line in lines if line["event"] == "operation refused"]
    assert line == {"event": "operation refused", "log_level": "info", "code": "FORBIDDEN", "field": "forbidden"}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (f'mutation {{ rename(input: {{ name: "{SECRET}", count: "{SECRET}" }}) }}', None),
        ("mutation ($input: RenameInput!) { rename(input: $input) }", {"input": {"name": SECRET, "count": SECRET}}),
        ("mutation ($input: RenameInput!) { rename(input: $input) }", {"input": {"name": SECRET, "other": 1}}),
        ("query ($on: Date!) { day(on: $on) }", {"on": SECRET}),
        (f'{{ day(on: "{SECRET}") }}', None),
        ("{ crash }", {"unused": SECRET}),
    ],
)
async def test_arguments_and_variables_reach_neither_errors_nor_logs(
    query: str, variables: dict[str, Any] | None
) -> None:
    stream = io.StringIO()
    configure_logs(log_format="json", level="debug", stream=stream)

    answer = await ask(query, variables)

    assert json.loads(answer)["errors"]
    assert SECRET not in answer
    assert SECRET not in stream.getvalue()
    assert "request" in stream.getvalue()


@pytest.mark.parametrize("query", ["{ ALIAS: crash }", "{ ALIAS: forbidden }", "{ ALIAS: nothing }", "{ ALIAS }"])
async def test_a_caller_s_own_words_for_a_field_do_not_reach_the_logs(query: str) -> None:
    stream, alias = io.StringIO(), SECRET.replace(" ", "_")
    configure_logs(log_format="json", level="debug", stream=stream)

    answer = await ask(query.replace("ALIAS", alias))

    assert json.loads(answer)["errors"]
    assert alias not in stream.getvalue()
    assert "operation" in stream.getvalue()


async def test_a_fault_outside_any_operation_is_masked_too() -> None:
    with structlog.testing.capture_logs() as lines:
        async with Edge().client() as client:
            answer = await client.get("/broken")

    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert [line["fault"] for line in lines if line["event"] == "request failed"] == ["builtins.RuntimeError"]
    assert SECRET not in answer.text + str(lines)


async def test_every_answer_has_safe_headers_and_a_number() -> None:
    async with Edge().client() as client:
        answers = [
            await client.post("/graphql", json={"query": "{ account }"}),
            await client.get("/nowhere"),
            await client.get("/broken"),
        ]

    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "max-age" in answer.headers["strict-transport-security"]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3


async def test_a_log_that_can_t_be_written_takes_no_answer_with_it() -> None:
    with open("/dev/full", "w", buffering=1) as stream:  # noqa: ASYNC230, PTH123 - a device that has no room, ever
        configure_logs(log_format="json", level="debug", stream=stream)
        try:
            assert json.loads(await ask("{ account }")) == {"data": {"account": "acc_1"}}
        finally:
            configure_logs(log_format="json", level="info")
            with suppress(OSError):
                stream.close()


async def test_a_request_is_logged_by_route_operation_and_figures() -> None:
    stream = io.StringIO()
    configure_logs(log_format="json", level="info", stream=stream)

    async with Edge().client() as client:
        await client.post(f"/graphql?name={SECRET}", json={"query": "query Margaret { Margaret: forbidden }"})
        await client.get(f"/{SECRET}")

    lines = map(json.loads, stream.getvalue().splitlines())
    refused, served, lost = (line for line in lines if line.get("logger") != "httpx2")
    assert refused["operation"] == served["operation"] == "forbidden", "the schema's own word"
    assert refused["request_id"] == served["request_id"] != lost["request_id"]
    assert (served["route"], served["status"]) == ("/graphql", 200)
    assert (lost["route"], lost["status"]) == (None, 404)
    assert "operation" not in lost
    assert SECRET not in stream.getvalue()
    assert "Margaret" not in stream.getvalue(), "a caller names an operation as they like"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_library_s_text_and_a_traceback_s_last_line_are_left_out(log_format: str) -> None:
    stream = io.StringIO()
    configure_logs(log_format=log_format, level="info", stream=stream)

    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("some.library").exception("could not handle %s", SECRET)
        structlog.get_logger().exception("job failed", job="job_1")
    logging.getLogger("strawberry.execution").error(SECRET)
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)

    written = stream.getvalue()
    assert SECRET not in written
    assert "some.library" in written
    assert "builtins.ValueError" in written
    assert "job_1" in written
    assert "Started server process [7]" in written


@pytest.fixture(autouse=True)
def _logs_as_before() -> Any:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = handlers, level


def test_a_fault_is_placed_at_the_innermost_line_of_ours() -> None:
    with pytest.raises(AttributeError) as caught:
        present(None)  # type: ignore[arg-type]  # to have it fail inside

    facts = facts_of(caught.value)

    assert facts["fault"] == "builtins.AttributeError"
    assert facts["place"].startswith("api/errors.py:")


def test_a_code_given_by_an_exception_that_is_not_graphql_s_is_not_trusted() -> None:
    class Impostor(Exception):
        extensions = {"code": "FORBIDDEN"}  # noqa: RUF012 - as a careless library would write it

    presented = present(GraphQLError(SECRET, original_error=Impostor(SECRET)))

    assert presented["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
    assert SECRET not in presented["message"]


@pytest.mark.parametrize(("level", "shown"), [("info", False), ("debug", True)])
def test_a_person_at_a_terminal_is_spared_the_jobs_that_were_simply_done(level: str, shown: bool) -> None:  # noqa: FBT001 - a table's column
    stream = io.StringIO()
    configure_logs(log_format="console", level=level, stream=stream)

    structlog.get_logger().info("job", actor="received_email", outcome="done")
    structlog.get_logger().info("job", actor="received_email", outcome="retried")

    assert ("done" in stream.getvalue(), "retried" in stream.getvalue()) == (shown, True)
