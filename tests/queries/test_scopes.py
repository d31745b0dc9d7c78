"""Who reaches what: each role's scope, and that what lies outside it looks like what does not exist."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from models.actor import Actor
from models.database import Database
from models.ids import new_id
from models.queries.appointments import appointment_of
from models.queries.cases import case_by_id, case_by_number
from models.queries.nodes import read_nodes
from models.queries.people import find_consultant
from models.queries.request_lists import RequestFilter, RequestOrder, read_requests
from models.queries.requests import request_by_reference, request_of
from models.rules.refusals import Malformed
from models.rules.vocabulary import RequestStatus, Role
from models.tables import AssistCase, ExtraSessionsRequest
from models.views.want import Page, asking
from tests.builders import World, a_world
from tests.clock import FixedClock
from tests.queries.asked import a_list_of, read
from tests.rows import building

ID = asking("id")


@dataclass(frozen=True, slots=True)
class Thing:
    """A case with one appointment and one request, of which somebody may know."""

    case: AssistCase
    appointment_id: str
    request: ExtraSessionsRequest
    consultant: Actor


@dataclass(frozen=True, slots=True)
class Scene:
    """The world's own case, and four that each lie outside somebody's scope for another reason."""

    world: World
    things: dict[str, Thing]


async def a_scene(database: Database, clock: FixedClock) -> Scene:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        colleague = await build.consultant(world.practice_id)
        elsewhere = await build.practice()
        stranger = await build.consultant(elsewhere)
        foreign = await build.organisation()

        async def thing(organisation: str, practice: str, by: Actor, **columns: Any) -> Thing:
            case = await build.case(await build.client(), organisation, practice)
            appointment = await build.appointment(case.id, by)
            return Thing(case, appointment, await build.request(case, by, **columns), by)

        home, practice = world.organisation_id, world.practice_id
        shown = {"status": RequestStatus.ORGANISATION_REVIEW, "released_at": clock.now()}
        later = {**shown, "released_at": clock.now() + timedelta(microseconds=1)}
        things = {
            "released": await thing(home, practice, world.consultant, **shown),
            "unreleased": await thing(home, practice, world.consultant),
            "released later": await thing(home, practice, world.consultant, **later),
            "a colleague's": await thing(home, practice, colleague, **shown),
            "another practice's": await thing(home, elsewhere, stranger, **shown),
            "another organisation's": await thing(foreign, practice, world.consultant, **shown),
            "in clinical review": await thing(home, practice, colleague, needs_clinical_review=True),
        }
    return Scene(world, things)


OWN = {"released", "unreleased", "released later", "another organisation's"}
OF_THE_PRACTICE = OWN | {"a colleague's", "in clinical review"}
ALL = OF_THE_PRACTICE | {"another practice's"}
RELEASED = {"released", "a colleague's", "another practice's"}
REQUESTS: list[tuple[str, set[str]]] = [
    ("consultant", OWN),
    ("manager", OF_THE_PRACTICE),
    ("reviewer", RELEASED),
    ("clinical_reviewer", {"in clinical review"}),
    ("staff", ALL),
    ("integrator", ALL),
    ("practice_integrator", OF_THE_PRACTICE),
    ("organisation_integrator", RELEASED),
]
CASES = [(who, set() if seen == RELEASED else seen) for who, seen in REQUESTS]
"""To an organisation there are requests and nothing else: no case, no appointment."""


async def test_each_role_reaches_the_requests_of_its_scope_by_every_way_and_no_other(
    database: Database, clock: FixedClock
) -> None:
    scene = await a_scene(database, clock)
    everything = {"filtered": RequestFilter(), "order": RequestOrder(), "page": Page(100), "want": a_list_of(ID)}
    for who, seen in REQUESTS:
        by = getattr(scene.world, who)
        assert await reached(scene, by, request_of, lambda thing: thing.request.id) == seen, who
        assert await reached(scene, by, request_by_reference, lambda thing: thing.request.reference) == seen, who
        assert await reached_as_nodes(scene, by, lambda thing: thing.request.id) == seen, who
        listed = await read(database, clock, by, read_requests, **everything)
        named = {thing.request.id: name for name, thing in scene.things.items()}
        assert {named[view.id] for view in listed.nodes} == seen, who
        assert listed.total_count == len(seen), who


async def test_each_role_reaches_the_cases_and_appointments_of_its_scope_and_no_other(
    database: Database, clock: FixedClock
) -> None:
    scene = await a_scene(database, clock)
    for who, seen in CASES:
        by = getattr(scene.world, who)
        assert await reached(scene, by, case_by_id, lambda thing: thing.case.id) == seen, who
        assert await reached(scene, by, case_by_number, lambda thing: thing.case.number) == seen, who
        assert await reached(scene, by, appointment_of, lambda thing: thing.appointment_id) == seen, who
        assert await reached_as_nodes(scene, by, lambda thing: thing.case.id) == seen, who
        assert await reached_as_nodes(scene, by, lambda thing: thing.appointment_id) == seen, who


async def test_each_role_reaches_the_consultants_that_it_works_with(database: Database, clock: FixedClock) -> None:
    scene = await a_scene(database, clock)
    everybody = set(scene.things)
    nobody = {"reviewer", "clinical_reviewer", "organisation_integrator"}
    for who, _ in REQUESTS:
        seen = set() if who in nobody else everybody
        if who in {"consultant", "manager", "practice_integrator"}:
            seen = everybody - {"another practice's"}
        found = await reached(
            scene, getattr(scene.world, who), find_consultant, lambda thing: thing.consultant.consultant_id
        )
        assert found == seen, who


async def test_a_consultant_of_a_shared_case_sees_their_colleagues_appointment_on_it(
    database: Database, clock: FixedClock
) -> None:
    scene = await a_scene(database, clock)
    shared = scene.things["another practice's"]
    async with building(database, clock) as build:
        await build.appointment(shared.case.id, scene.world.consultant)
    for query, identifier in (
        (appointment_of, shared.appointment_id),
        (case_by_id, shared.case.id),
        (request_of, shared.request.id),
    ):
        assert await read(database, clock, scene.world.consultant, query, identifier, ID) is not None


async def test_a_clients_other_cases_are_those_of_the_viewers_own_scope(database: Database, clock: FixedClock) -> None:
    world = await a_world(database, clock)
    async with building(database, clock) as build:
        stranger = await build.consultant(await build.practice())
        second = await build.case(world.case.client_id, world.organisation_id, world.practice_id)
        foreign = await build.case(world.case.client_id, world.organisation_id, stranger.practice_id or "")
        await build.appointment(foreign.id, stranger)
    first = world.case.number
    for by, numbers in (
        (world.consultant, [first]),
        (world.manager, [first, second.number]),
        (world.staff, [first, second.number, foreign.number]),
        (world.integrator, None),
    ):
        want = asking(client=asking(cases=asking("number")))
        case = await read(database, clock, by, case_by_id, world.case.id, want)
        assert case is not None
        cases = case.client.cases
        assert (None if cases is None else [each.number for each in cases]) == numbers


@pytest.mark.parametrize("role", Role)
async def test_an_account_that_was_given_no_scope_reaches_nothing_that_needs_one(
    database: Database, clock: FixedClock, role: Role
) -> None:
    scene = await a_scene(database, clock)
    unscoped = {Role.PROVIDER_STAFF: ALL, Role.SYSTEM: ALL, Role.INTEGRATOR: ALL}
    unscoped[Role.CLINICAL_REVIEWER] = {"in clinical review"}
    actor = Actor("acc_x", "Nobody", role)
    seen = await reached(scene, actor, request_of, lambda thing: thing.request.id)
    assert seen == unscoped.get(role, set())


async def test_a_role_that_this_version_does_not_know_reaches_nothing(database: Database, clock: FixedClock) -> None:
    scene = await a_scene(database, clock)
    world = scene.world
    stranger = Actor("acc_x", "X", "AUDITOR", world.organisation_id, world.practice_id)  # type: ignore[arg-type]  # tomorrow's role
    for query, name in (
        (request_of, lambda thing: thing.request.id),
        (case_by_id, lambda thing: thing.case.id),
        (appointment_of, lambda thing: thing.appointment_id),
        (find_consultant, lambda thing: thing.consultant.consultant_id),
    ):
        assert await reached(scene, stranger, query, name) == set()


async def test_unknown_foreign_and_malformed_names_look_the_same(database: Database, clock: FixedClock) -> None:
    scene = await a_scene(database, clock)
    by = scene.world.consultant
    foreign = scene.things["another practice's"]
    for query, kind, name in (
        (request_of, "req", foreign.request.id),
        (request_by_reference, "R", foreign.request.reference),
        (case_by_id, "case", foreign.case.id),
        (case_by_number, "ASST", foreign.case.number),
        (appointment_of, "apt", foreign.appointment_id),
        (find_consultant, "con", foreign.consultant.consultant_id),
    ):
        for text in (name, new_id(kind), f"{kind}\x00", "\ud800", "", "x" * 10_000, "' OR ''='"):
            assert await read(database, clock, by, query, text, ID) is None


async def test_nodes_come_in_the_order_asked_with_none_for_each_that_is_not_there(
    database: Database, clock: FixedClock
) -> None:
    scene = await a_scene(database, clock)
    own, foreign = scene.things["unreleased"], scene.things["another practice's"]
    ids = [own.request.id, new_id("req"), foreign.case.id, own.case.id, new_id("org"), own.appointment_id, own.case.id]
    found = await read(database, clock, scene.world.consultant, read_nodes, ids, lambda _kind: ID)
    named = [getattr(view, "id", None) for view in found]
    assert named == [own.request.id, None, None, own.case.id, None, own.appointment_id, own.case.id]


@pytest.mark.parametrize("ids", [["nonsense"], ["req_\x00"], [""], [new_id("req")] * 101])
async def test_text_that_is_no_id_and_too_many_of_them_are_refused(
    database: Database, clock: FixedClock, ids: list[str]
) -> None:
    world = await a_world(database, clock)
    with pytest.raises(Malformed):
        await read(database, clock, world.staff, read_nodes, ids, lambda _kind: ID)


Name = Callable[[Thing], str | None]


async def reached(scene: Scene, by: Actor, query: Callable[..., Any], name: Name) -> set[str]:
    """Return the things of which this actor finds the part that ``name`` names."""
    database, clock = scene.world.database, scene.world.clock
    return {
        label
        for label, thing in scene.things.items()
        if await read(database, clock, by, query, name(thing), ID) is not None
    }


async def reached_as_nodes(scene: Scene, by: Actor, name: Name) -> set[str]:
    ids = [name(thing) for thing in scene.things.values()]
    found = await read(scene.world.database, scene.world.clock, by, read_nodes, ids, lambda _kind: ID)
    return {label for label, view in zip(scene.things, found, strict=True) if view is not None}
