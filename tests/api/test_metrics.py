"""What is counted and what is read, after a run in which much has happened; and that no label says more than it may."""

import re
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import REGISTRY

from api import metrics
from api.connections import Connections, Ending, Kind
from api.metrics import count_statements, exposition
from api.tally import Outcome
from jobs import pulse
from jobs.actors import ACTORS, QUEUES
from jobs.pulse import RunOutcome
from jobs.worker import worker
from models.database import Database
from models.keyring import Keyring
from models.operations.record_mail import MailOutcome
from models.queries.vital_signs import Standing
from models.rules.vocabulary import DeadlineKind, MailKind
from models.rules.webhooks import WebhookFailure
from tests.architecture.tree import ROOT
from tests.builders import World, a_world, confirmed
from tests.clock import FixedClock
from tests.jobs.workshop import all_ended, job, promise, surroundings, until
from tests.operations.acting import approve
from tests.operations.ledger import events
from tests.schema.every_question import Named, every_question
from tests.schema.house import House
from tests.schema.widest import the_schema

Sample = tuple[str, tuple[tuple[str, str], ...]]
LABELLED = (
    *(metrics.REQUESTS, metrics.REQUEST_SECONDS, metrics.REQUEST_STATEMENTS),
    *(metrics.CONNECTIONS, metrics.CONNECTIONS_ENDED),
    *(pulse.RUNS, pulse.RUN_SECONDS, pulse.MAILS),
)
FREE_TEXT = "JoKowalczykOfFlinders"


@pytest.fixture(scope="module")
def keyring() -> Keyring:
    """A demo's, which signs its own tokens."""
    return Keyring.generate(demo=True)


@pytest.fixture(autouse=True)
def _from_nothing() -> None:
    """What other tests of this process have counted is not this run's."""
    for counted in LABELLED:
        counted.clear()


async def scraped(database: Database, clock: FixedClock) -> dict[Sample, float]:
    text = (await exposition(database, clock)).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("extra_sessions")
    }


def named(name: str, **labels: str) -> Sample:
    return f"extra_sessions_{name}", tuple(sorted(labels.items()))


async def asked_everything(world: World, house: House, request_id: str) -> None:
    """Ask all that can be asked, as well and as badly as can be."""
    for question in every_question(Named(world.case.id, world.case.number, request_id)):
        await house.send(world.staff, question.document, **question.variables)
    for document in (
        f"query {FREE_TEXT} {{ {FREE_TEXT}: viewer {{ name }} }}",
        f"{{ {FREE_TEXT} }}",
        f"{{ {FREE_TEXT}",
        "{ __typename }",
        '{ viewer { name } node(id: "nobody") { id } }',
    ):
        await house.send(world.consultant, document)
    await house.post(world.consultant, FREE_TEXT.encode())


async def a_busy_run(world: World, keyring: Keyring) -> None:
    for kind in Kind:
        with Connections().opened(kind):
            pass
    request_id = await confirmed(world)
    await promise(world.database, world.clock, job(actor=FREE_TEXT, max_attempts=1))
    async with worker(surroundings(world.database, world.clock), threads=2):
        await until(lambda: all_ended(world.database))
        await approve(world, request_id)
        world.clock.advance(timedelta(minutes=1))
        await until(lambda: all_ended(world.database))
    await asked_everything(world, House(world, keyring), request_id)


async def test_no_label_holds_anything_but_words_of_this_version(
    database: Database, clock: FixedClock, keyring: Keyring
) -> None:
    world = await a_world(database, clock)
    await a_busy_run(world, keyring)

    roots = (the_schema().query_type, the_schema().mutation_type)
    fields = {name for root in roots if root for name in root.fields}
    actors = {spec.name for spec in ACTORS}
    allowed = {
        "operation": fields | {"none", "several", "introspection"},
        "outcome": {*Outcome, *RunOutcome, *(each.lower() for each in (*MailOutcome, *WebhookFailure)), "sent"},
        "actor": actors | {"unknown"},
        "kind": {*(each.lower() for each in (*MailKind, *DeadlineKind)), *(each.value for each in Kind)},
        "reason": {each.name.lower() for each in Ending},
        "queue": set(QUEUES),
        "state": set(Standing),
    }
    found: dict[str, set[str]] = {name: set() for name in allowed}
    for _, labels in await scraped(database, clock):
        for name, value in labels:
            if name != "le":
                found[name].add(value)

    assert not {name: words - allowed[name] for name, words in found.items() if words - allowed[name]}
    assert all(found.values())
    assert found["operation"] > fields, "all that can be asked was asked"
    assert {"none", "several", "introspection", "unknown", "outcome_client"} <= set().union(*found.values())


async def test_every_metric_has_its_line_in_the_operator_s_page(database: Database, clock: FixedClock) -> None:
    text = (await exposition(database, clock)).decode()
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE extra_sessions")}
    written = set(re.findall(r"`(extra_sessions_[a-z_]+)`", (ROOT / "docs/watching.md").read_text()))

    assert names == written


async def test_a_request_is_counted_by_the_schema_s_field_and_its_end(
    database: Database, clock: FixedClock, keyring: Keyring
) -> None:
    world = await a_world(database, clock)
    house = House(world, keyring)
    count_statements(database)
    before = REGISTRY.get_sample_value("extra_sessions_sql_statements_total") or 0

    await house.send(world.staff, f"query {FREE_TEXT} {{ {FREE_TEXT}: viewer {{ name }} }}")
    await house.send(world.staff, "{ viewer { nobody } }")
    await house.post(world.staff, b"nothing")
    await house.send(
        world.consultant,
        "mutation ($input: WithdrawExtraSessionsRequestInput!) "
        "{ withdrawExtraSessionsRequest(input: $input) { userErrors { code } } }",
        input={"requestId": "req_nobody", "idempotencyKey": "one"},
    )

    found = await scraped(database, clock)
    counted = {key: value for key, value in found.items() if key[0] == "extra_sessions_requests_total"}
    assert counted == {
        named("requests_total", operation="viewer", outcome="answered"): 1,
        named("requests_total", operation="none", outcome="refused"): 1,
        named("requests_total", operation="none", outcome="rejected"): 1,
        named("requests_total", operation="withdrawExtraSessionsRequest", outcome="user_error"): 1,
    }
    assert found[named("request_seconds_count", operation="viewer")] == 1
    assert found[named("request_sql_statements_sum", operation="viewer")] >= 1
    assert found[named("sql_statements_total")] > before


async def test_the_tables_figures_are_those_of_the_scrape(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    release = named("jobs", queue="default", state="due")
    first = await scraped(database, clock)
    clock.advance(timedelta(days=20))
    later = await scraped(database, clock)

    assert (first[named("database_up")], first[named("event_head")]) == (1, len(await events(world)))
    assert first[release] >= 1
    assert later[named("oldest_due_job_seconds", queue="default", state="due")] == pytest.approx(20 * 86_400)
    assert first[named("deadlines_overdue", kind="decision")] == 0
    assert later[named("deadlines_overdue", kind="decision")] == 1
    assert first[named("jobs", queue="default", state="dead")] == 0


async def test_mails_and_runs_are_counted_by_kind(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    await confirmed(world)
    async with worker(surroundings(database, clock), threads=1):
        await until(lambda: all_ended(database))

    found = await scraped(database, clock)

    assert found[named("mails_total", kind="received", outcome="accepted")] == 1
    assert found[named("job_runs_total", actor="received_email", outcome="done")] == 1


async def test_without_its_database_what_was_counted_is_still_told(
    empty_database_url: str, keyring: Keyring, clock: FixedClock
) -> None:
    database = Database.open(empty_database_url, keyring)
    found = await scraped(database, clock)
    await database.close()

    assert found[named("database_up")] == 0
    assert named("sql_statements_total") in found
    assert named("event_head") not in found
