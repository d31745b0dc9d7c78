"""Whatever is done to a log behind the product's back is found, and named by its number."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from models.access_log import Access
from models.database import Database
from models.hash_chain import GENESIS, chained
from models.queries.audit import Broken, Fault, Finding, Log, Mark, Walk, verify
from models.queries.requests import request_of
from models.rules.confidentiality import Sensitivity
from models.tables import AccessEvent, Event
from tests.builders import World, a_world, released
from tests.clock import FixedClock
from tests.operations.acting import approve
from tests.operations.ledger import rows
from tests.queries.asked import REQUEST, read

TABLES = {Log.EVENTS: ("event", "event_head"), Log.ACCESS: ("access_event", "access_head")}
WORDS = {
    Log.EVENTS: {
        "type": "'WITHHELD'",
        "request_id": "'req_other'",
        "occurred_at": "'2026-11-23T00:30:00.000001+00:00'",
        "organisation_sees": "NOT organisation_sees",
    },
    Log.ACCESS: {
        "account_id": "'acc_other'",
        "case_id": "'case_other'",
        "kind": "'SECRET'",
        "hour": "'2026-11-23T07:00:00.000000+00:00'",
    },
}
COLUMNS = [(log, name) for log, words in WORDS.items() for name in words]


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    """A story that leaves six rows in the log of accesses, and at least four events."""
    world = await a_world(database, clock)
    request_id = await released(world)
    await approve(world, request_id)
    for _ in range(3):
        await read(database, clock, world.consultant, request_of, request_id, REQUEST)
        clock.advance(timedelta(hours=1))
    return world


class Tamper:
    """Runs statements behind the product's back; ``{rows}`` and ``{head}`` stand for a log's two tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, log: Log, statement: str, **named: object) -> None:
        rows, head = TABLES[log]
        async with self._database.transaction() as session:
            await session.execute(text(statement.format(rows=rows, head=head, **named)))


@pytest.fixture
def tamper(database: Database, world: World) -> Tamper:
    del world
    return Tamper(database)


async def found(database: Database, log: Log, *noted: Mark) -> Finding:
    async with database.snapshot() as source:
        return await verify(source, log, noted=noted)


async def broken(database: Database, log: Log, *noted: Mark) -> tuple[int, Fault] | None:
    fault = (await found(database, log, *noted)).broken
    return None if fault is None else (fault.seq, fault.fault)


@pytest.mark.parametrize("log", Log)
async def test_a_log_that_nobody_has_touched_holds(database: Database, world: World, log: Log) -> None:
    del world
    finding = await found(database, log)
    assert finding.broken is None
    assert finding.rows == finding.last.seq >= 4
    assert await broken(database, log, finding.last, Mark(0, GENESIS)) is None


@pytest.mark.parametrize("log", Log)
async def test_an_empty_log_holds(database: Database, log: Log) -> None:
    assert await found(database, log) == Finding(0, Mark(0, GENESIS), None)


@pytest.mark.parametrize(("log", "name"), COLUMNS)
async def test_a_changed_column_is_named(database: Database, tamper: Tamper, log: Log, name: str) -> None:
    await tamper(log, "UPDATE {rows} SET {name} = {word} WHERE seq = 3", name=name, word=WORDS[log][name])
    assert await broken(database, log) == (3, Fault.COLUMNS)


@pytest.mark.parametrize("log", Log)
async def test_a_changed_entry_is_named(database: Database, tamper: Tamper, log: Log) -> None:
    await tamper(log, "UPDATE {rows} SET entry = replace(entry, 'acc_', 'abc_') WHERE seq = 2")
    assert await broken(database, log) == (2, Fault.HASH)


@pytest.mark.parametrize("log", Log)
async def test_a_rewritten_hash_is_named(database: Database, tamper: Tamper, log: Log) -> None:
    await tamper(log, "UPDATE {rows} SET hash = (SELECT hash FROM {rows} AS other WHERE seq = 1) WHERE seq = 2")
    assert await broken(database, log) == (2, Fault.HASH)


@pytest.mark.parametrize("log", Log)
async def test_a_row_deleted_in_the_middle_is_named(database: Database, tamper: Tamper, log: Log) -> None:
    await tamper(log, "DELETE FROM {rows} WHERE seq = 2")
    assert await broken(database, log) == (2, Fault.MISSING)


@pytest.mark.parametrize("log", Log)
async def test_a_deleted_beginning_is_named(database: Database, tamper: Tamper, log: Log) -> None:
    await tamper(log, "DELETE FROM {rows} WHERE seq < 3")
    assert await broken(database, log) == (1, Fault.MISSING)


@pytest.mark.parametrize("log", Log)
async def test_a_deleted_tail_is_named(database: Database, tamper: Tamper, log: Log) -> None:
    await tamper(log, "DELETE FROM {rows} WHERE seq > 3")
    assert await broken(database, log) == (4, Fault.MISSING)


@pytest.mark.parametrize("log", Log)
async def test_a_tail_deleted_with_its_head_is_found_by_a_noted_head(
    database: Database, tamper: Tamper, log: Log
) -> None:
    noted = (await found(database, log)).last
    await tamper(log, "DELETE FROM {rows} WHERE seq > 3")
    await tamper(log, "UPDATE {head} SET seq = 3, hash = (SELECT hash FROM {rows} WHERE seq = 3)")
    assert await broken(database, log) is None
    assert await broken(database, log, noted) == (4, Fault.MISSING)


@pytest.mark.parametrize("log", Log)
async def test_two_rows_swapped_are_named(database: Database, tamper: Tamper, log: Log) -> None:
    for old, new in ((2, -1), (3, 2), (-1, 3)):
        await tamper(log, "UPDATE {rows} SET seq = {new} WHERE seq = {old}", old=old, new=new)
    assert await broken(database, log) == (2, Fault.HASH)


@pytest.mark.parametrize("log", Log)
async def test_a_row_put_before_the_first_or_behind_the_head_is_named(
    database: Database, tamper: Tamper, log: Log
) -> None:
    last = (await found(database, log)).last.seq
    await tamper(
        log, "UPDATE {head} SET seq = {before}, hash = (SELECT hash FROM {rows} WHERE seq = {before})", before=last - 1
    )
    assert await broken(database, log) == (last, Fault.BEYOND_HEAD)
    await tamper(log, "UPDATE {rows} SET seq = 0 WHERE seq = {last}", last=last)
    assert await broken(database, log) == (0, Fault.HASH)


@pytest.mark.parametrize("log", Log)
async def test_a_changed_head_is_named(database: Database, tamper: Tamper, log: Log) -> None:
    last = (await found(database, log)).last.seq
    await tamper(log, "UPDATE {head} SET hash = (SELECT hash FROM {rows} WHERE seq = 1)")
    assert await broken(database, log) == (last, Fault.HEAD)
    await tamper(log, "DELETE FROM {head}")
    assert await broken(database, log) == (last, Fault.NO_HEAD)


@pytest.mark.parametrize(
    ("log", "name", "prefix"), [(Log.EVENTS, "request_id", "req_"), (Log.ACCESS, "account_id", "acc_")]
)
async def test_a_history_rewritten_in_whole_is_found_by_a_noted_head(
    database: Database, tamper: Tamper, log: Log, name: str, prefix: str
) -> None:
    noted = (await found(database, log)).last
    for changed in (name, "entry"):
        statement = "UPDATE {rows} SET {changed} = replace({changed}, '{prefix}', 'x_')"
        await tamper(log, statement, changed=changed, prefix=prefix)
    await rehash(database, tamper, log)
    assert await broken(database, log) is None
    assert await broken(database, log, noted) == (noted.seq, Fault.NOT_AS_NOTED)
    assert await broken(database, log, Mark(0, b"\1" * 32)) == (0, Fault.NOT_AS_NOTED)


async def rehash(database: Database, tamper: Tamper, log: Log) -> None:
    """Compute every hash of a chain anew, as somebody would who knows how."""
    last = GENESIS
    literal = "x'{}'" if database.dialect == "sqlite" else "decode('{}', 'hex')"
    for row in await rows(database, {Log.EVENTS: Event, Log.ACCESS: AccessEvent}[log], "seq"):
        last = chained(last, row.seq, row.entry)
        await tamper(
            log, "UPDATE {rows} SET hash = {new} WHERE seq = {seq}", seq=row.seq, new=literal.format(last.hex())
        )
    await tamper(log, "UPDATE {head} SET hash = {new}", new=literal.format(last.hex()))


async def test_a_log_of_several_pages_is_read_to_its_end(database: Database) -> None:
    hour = datetime(2026, 11, 23, tzinfo=UTC)
    await database.access_log.record({Access(hour, "acc", f"case_{n}", Sensitivity.CLINICAL) for n in range(4_500)})
    told: list[int] = []
    async with database.snapshot() as source:
        finding = await verify(source, Log.ACCESS, advanced=told.append)
    assert (finding.rows, finding.broken) == (4_500, None)
    assert told == [2_000, 2_000, 500]


ENTRIES = st.lists(st.text(max_size=5), min_size=1, max_size=12)


@given(entries=ENTRIES, data=st.data())
def test_the_first_number_that_was_touched_is_the_one_that_is_named(entries: list[str], data: st.DataObject) -> None:
    links = chain_of(entries)
    head = links[-1][0]
    assert judged(links, head) is None
    number = data.draw(st.integers(1, len(links)))
    mark, entry = links[number - 1]
    match data.draw(st.sampled_from(["entry", "hash", "delete", "rewrite"])):
        case "entry":
            links[number - 1] = (mark, entry + "x")
            named = Broken(number, Fault.HASH)
        case "hash":
            links[number - 1] = (Mark(number, mark.hash[::-1][:-1] + b"?"), entry)
            named = Broken(number, Fault.HASH)
        case "delete":
            del links[number - 1]
            named = Broken(number, Fault.MISSING)
        case _:
            links = chain_of([*entries[: number - 1], entry + "x", *entries[number:]])
            named = Broken(len(links), Fault.HEAD)
            assert judged(links, links[-1][0]) is None
            assert judged(links, links[-1][0], mark) == Broken(number, Fault.NOT_AS_NOTED)
    assert judged(links, head) == named


def chain_of(entries: list[str]) -> list[tuple[Mark, str]]:
    links, last = [], GENESIS
    for number, entry in enumerate(entries, start=1):
        last = chained(last, number, entry)
        links.append((Mark(number, last), entry))
    return links


def judged(links: list[tuple[Mark, str]], head: Mark, *noted: Mark) -> Broken | None:
    walk = Walk(noted)
    for mark, entry in links:
        if fault := walk.step(mark, entry, columns_agree=True):
            return fault
    return walk.end(head)
