"""An account that comes to match the client after the release: staff learn of it, and nobody at the organisation."""

import pytest
from sqlalchemy import update

from models import tables
from models.database import Database
from models.keyring import Keyring
from models.operations.match_accounts import MatchAccounts, match_accounts
from models.rules.refusals import NotAllowed, NotFound
from models.rules.vocabulary import EventType, RequestStatus, Role, Withheld
from tests.builders import World, a_world, confirmed, released
from tests.clock import FixedClock
from tests.operations.acting import approve, decline, release
from tests.operations.ledger import changes_nothing, events, refused, rows, the_request
from tests.queries.asked import listening
from tests.rows import building
from tests.schema.every_question import Named, every_question
from tests.schema.house import House
from tests.schema.test_unknown import written

ANA = {"name": "Ana Silva", "email": "ana@home.example", "phone": None, "employee_number": None}
ORGANISATION = ("reviewer", "second_reviewer", "organisation_integrator")


@pytest.fixture
async def world(database: Database, clock: FixedClock) -> World:
    return await a_world(database, clock, client=ANA)


async def hire(world: World, *, matching: bool = True) -> str:
    """Give the organisation an account, the client's own unless told otherwise; return its id."""
    email = ANA["email"] if matching else "somebody.else@home.example"
    async with building(world.database, world.clock) as build:
        actor = await build.account(Role.ORG_REVIEWER, organisation_id=world.organisation_id, email=email)
    return str(actor.account_id)


async def look(world: World) -> None:
    """Run the job that looks for matches."""
    await match_accounts(
        MatchAccounts(organisation_id=world.organisation_id), database=world.database, clock=world.clock
    )


async def shown(world: World, house: House, request_id: str) -> list[object]:
    """Return all that each of the organisation's people gets to every question, and how the database was asked."""
    asked = every_question(Named(request_id, "ASST-1", "R-0"))
    apart = ("approve", "decline", "requests", "reviewQueue")  # these decide, and those hold cursors, each its own
    questions = [(each.document, each.variables) for each in asked if not each.name.startswith(apart)]
    page = "{ totalCount nodes { id version status deadlines { state } } pageInfo { hasNextPage } }"
    questions += [(f"{{ {name} {page} }}", {}) for name in ("requests", "reviewQueue")]
    with listening() as heard:
        answers: list[object] = [
            written(await house.send(getattr(world, who), document, **variables))
            for who in ORGANISATION
            for document, variables in questions
        ]
    return [*answers, *heard]


async def test_for_the_organisation_nothing_at_all_changes(world: World, keyring: Keyring) -> None:
    house, request_id = House(world, keyring), await released(world)
    await hire(world)
    before, mails = await shown(world, house, request_id), await rows(world.database, tables.Mail)

    await look(world)

    assert await shown(world, house, request_id) == before
    assert await rows(world.database, tables.Mail) == mails
    row = await the_request(world, request_id)
    assert (row.account_matches_client, row.organisation_version, row.withheld) == (True, 1, None)


async def test_staff_are_told_and_may_decide_from_then_on(world: World) -> None:
    request_id = await released(world)
    async with refused(world, NotAllowed):
        await approve(world, request_id, by=world.staff)
    await hire(world)
    await look(world)

    assert (await events(world))[-1] is EventType.MATCH_FOUND
    view = await approve(world, request_id, by=world.staff)
    assert view.status is RequestStatus.APPROVED


async def test_the_organisations_reviewers_go_on_as_before(world: World) -> None:
    request_id = await released(world)
    await hire(world)
    await look(world)

    view = await decline(world, request_id)
    assert view.status is RequestStatus.DECLINED


async def test_a_second_look_changes_nothing_and_a_match_that_ends_is_forgotten(world: World) -> None:
    request_id = await released(world)
    account_id = await hire(world)
    await look(world)
    async with changes_nothing(world.database):
        await look(world)

    async with world.database.transaction() as session:
        gone = update(tables.Account).where(tables.Account.id == account_id).values(email_index=b"another person")
        await session.execute(gone)
    await look(world)

    assert not (await the_request(world, request_id)).account_matches_client
    async with refused(world, NotAllowed):
        await approve(world, request_id, by=world.staff)


async def test_a_match_before_the_release_withholds_and_tells_nobody_there(world: World) -> None:
    request_id = await confirmed(world)
    await hire(world)
    await look(world)
    assert (await events(world))[-1] is EventType.CONFIRMED, "there is nothing yet that staff could decide"

    await release(world, request_id)

    assert (await the_request(world, request_id)).withheld is Withheld.ACCOUNT_MATCHES_CLIENT
    async with refused(world, NotFound):
        await approve(world, request_id)


async def test_the_next_request_of_that_client_is_withheld(world: World) -> None:
    await decline(world, await released(world))
    await hire(world)
    await look(world)

    second = await released(world)

    assert (await the_request(world, second)).withheld is Withheld.ACCOUNT_MATCHES_CLIENT


async def test_another_persons_account_is_no_match(world: World) -> None:
    request_id = await released(world)
    await hire(world, matching=False)
    async with changes_nothing(world.database):
        await look(world)
    assert not (await the_request(world, request_id)).account_matches_client


async def test_nobody_but_staff_finds_the_match_in_a_timeline(world: World, keyring: Keyring) -> None:
    house, request_id = House(world, keyring), await released(world)
    await hire(world)
    await look(world)
    timeline = "query ($id: ID!) { request(by: {id: $id}) { timeline { type } } }"

    for who in ("consultant", "manager", "integrator", "practice_integrator", *ORGANISATION):
        told = await house.ask(getattr(world, who), timeline, id=request_id)
        assert {"type": "MATCH_FOUND"} not in told["timeline"], who
    told = await house.ask(world.staff, timeline, id=request_id)
    assert {"type": "MATCH_FOUND"} in told["timeline"]
    queue = await house.ask(world.staff, "{ reviewQueue { nodes { id } } }")
    assert queue["nodes"] == [{"id": request_id}]
