"""What identifies a client or is clinical stands in plain in no file: database, log, backup, dump, keys, ledger."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.worker import worker
from models import tables
from models.database import Database
from models.keyring import Keyring
from models.operations.key_backups import back_up_keys
from models.rules.vocabulary import DeadlineKind, Role
from tests import tools
from tests.builders import World
from tests.clock import FixedClock
from tests.jobs.workshop import Outbox, all_ended, surroundings, until
from tests.keys.strongroom import Office, client_of, written_by
from tests.operations.acting import approve, confirm, revise, submit
from tests.operations.clinical import ANSWERS, ASK, ENDORSE, a_long_case, answer, review
from tests.operations.ledger import rows
from tests.operations.questioning import ask, draft, look_at
from tests.rows import building
from tests.schema.every_question import Named, every_question
from tests.schema.house import House

CLIENT = {
    "name": "Quillwyn Zephyrbrook",
    "email": "quillwyn.zephyrbrook@home.example",
    "phone": "+61491578884",
    "date_of_birth": "1957-07-17",
    "employee_number": "ZB-773915",
}
STATEMENT = "Sings to the wrens at dawn again"
DETAIL = "Dr Quokkawhistle, Lyrebird Lane"
DRAFT = "The Bowerbird group takes them on from June"
ANSWERED = "Counts the bandicoots before breakfast"
AGAIN = "Whistles to the numbats at dusk"
NOTED = "Ask after the currawong in the cellar"
CLINICAL = [STATEMENT, "wrens at dawn", DETAIL, "Quokkawhistle", ANSWERED, AGAIN, NOTED]
CANARIES = [*CLIENT.values(), "Zephyrbrook", "491578884", *CLINICAL, "bandicoots", "numbats", "currawong"]
CANARIES += [DRAFT, "Bowerbird"]
READ = [*CLINICAL, DRAFT]
CONTROL = "Controlbird of the Works Council"


def written(text: str) -> Iterator[bytes]:
    """Yield the ways in which a text may stand in a file; base64 by each of its three alignments.

    Of base64 it is every character that the text alone decides: fewer would be met in random ids by chance.
    """
    plain = text.encode()
    yield from (plain, plain.lower(), plain.upper(), plain.hex().encode(), plain[::-1], text.encode("utf-16-le"))
    for ahead in range(3):
        first, end = -(-8 * ahead // 6), 8 * (ahead + len(plain)) // 6
        yield base64.b64encode(b"x" * ahead + plain)[first:end]


def found(content: bytes, texts: list[str] = CANARIES) -> list[str]:
    return [text for text in texts if any(way in content for way in written(text))]


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    """A world in which the whole way of a request was gone, mails and a second look included."""
    world = await a_long_case(database, clock, client=dict(CLIENT))
    async with building(database, clock) as build:
        await build.account(Role.ORG_REVIEWER, organisation_id=world.organisation_id, name=CONTROL)
    context = surroundings(database, clock)
    request_id = await _through_clinical_review(world)
    async with worker(context, threads=2):
        await until(lambda: all_ended(database))
        await ask(world, request_id, idempotency_key="eight")
        await draft(world, request_id, answer=DRAFT, idempotency_key="nine")
        await until(lambda: all_ended(database))
    clock.advance(timedelta(days=8))
    await look_at(world, DeadlineKind.ANSWER)
    await approve(world, request_id, idempotency_key="ten")
    async with worker(context, threads=2):
        await until(lambda: all_ended(database))
    assert isinstance(context.mailer, Outbox)
    assert found(b"".join(message.as_bytes() for message in context.mailer.sent)), "the client was written to"
    return world


async def _through_clinical_review(world: World) -> str:
    view = await submit(world, goal_statement=STATEMENT, pathway_detail=DETAIL, idempotency_key="one")
    await revise(world, view.id, sessions_requested=2, idempotency_key="two")
    await confirm(world, view.id, idempotency_key="three")
    await answer(world, view.id, {**ANSWERS, "RISK": ANSWERED}, idempotency_key="four")
    await review(world, view.id, ASK, questions=("PLAN",), note=NOTED, idempotency_key="five")
    await answer(world, view.id, {"PLAN": AGAIN}, idempotency_key="six")
    await review(world, view.id, ENDORSE, idempotency_key="seven")
    return view.id


async def test_no_file_of_the_deployment_holds_a_canary(
    world: World,
    office: Office,
    keyring: Keyring,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    database_url, capsys = request.getfixturevalue("database_url"), request.getfixturevalue("capsys")
    house = House(world, keyring)
    (asked_about,) = await rows(world.database, tables.ExtraSessionsRequest)
    answers = [
        await house.send(world.consultant, each.document, **each.variables)
        for identifier in (world.case.id, asked_about.id)
        for each in every_question(Named(identifier, world.case.number, asked_about.reference))
    ]
    said = b"".join(answer.content for answer in answers)
    assert found(said, READ) == READ, "they were read, too"
    tools.back_up(database_url, tmp_path / "database.backup")
    await back_up_keys(tmp_path / "keys.backup", keep=timedelta(1), keys=world.database.keys, clock=world.clock)
    await office.erase(await client_of(world))

    places = {str(path): content for path, content in written_by(database_url).items()}
    places |= {path.name: path.read_bytes() for path in tmp_path.glob("*.*")}
    places |= {"a dump": tools.dump(database_url), "what was printed": "".join(capsys.readouterr()).encode()}
    assert any(found(content, [CONTROL]) for content in places.values()), "or the search would find nothing ever"
    assert {"database.backup", "keys.backup", "erasures.jsonl", "a dump"} <= places.keys()
    assert not {place: found(content) for place, content in places.items() if found(content)}
