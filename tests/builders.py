"""One small world for a test's story: an organisation with its terms, a case, everybody who signs in, and a request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from models.actor import Actor
from models.database import Database
from models.ids import new_id
from models.operations.confirm_request import ConfirmRequest, confirm_request
from models.operations.release_request import ReleaseRequest, release_request
from models.operations.submit_request import SubmitRequest, submit_request
from models.rules.vocabulary import AppointmentStatus, CaseStatus, GoalCategory, ReferralPathwayKind, Requestor, Role
from models.tables import Agreement, AssistCase
from models.views.want import asking
from tests.clock import FixedClock
from tests.rows import DETAIL, STATEMENT, building

WANT = asking("id", "version", "status")
FOUR_OF_SIX = (AppointmentStatus.COMPLETED,) * 3 + (AppointmentStatus.SCHEDULED,)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where a story plays. ``appointment_id`` is the last of the case's appointments, all of them the consultant's."""

    database: Database
    clock: FixedClock
    organisation_id: str
    practice_id: str
    case: AssistCase
    appointment_id: str
    consultant: Actor
    manager: Actor
    reviewer: Actor
    second_reviewer: Actor
    clinical_reviewer: Actor
    staff: Actor
    integrator: Actor
    """A machine account of the provider; the next two see a practice and an organisation alone."""
    practice_integrator: Actor
    organisation_integrator: Actor
    everybody: list[Actor] = field(default_factory=list)


async def a_world(
    database: Database,
    clock: FixedClock,
    *,
    headcount: int | None = 200,
    appointments: Sequence[AppointmentStatus] = FOUR_OF_SIX,
    case_status: CaseStatus = CaseStatus.OPEN,
    entitled_sessions: int = 6,
    consultant_zone: str = "Australia/Melbourne",
    client: dict[str, Any] | None = None,
    **terms: Any,
) -> World:
    """Build and commit a world; ``terms`` are the agreement's, ``client`` the client's identity where it matters."""
    async with building(database, clock) as build:
        organisation = await build.organisation(headcount=headcount, entitled_sessions=entitled_sessions, **terms)
        practice = await build.practice()
        consultant = await build.consultant(practice, time_zone=consultant_zone)
        case = await build.case(
            await build.client(**(client or {})),
            organisation,
            practice,
            status=case_status,
            entitled_sessions=entitled_sessions,
        )
        booked = [await build.appointment(case.id, consultant, status=status) for status in appointments]
        people = {
            "consultant": consultant,
            "manager": await build.account(Role.PRACTICE_MANAGER, practice_id=practice),
            "reviewer": await build.account(Role.ORG_REVIEWER, organisation_id=organisation),
            "second_reviewer": await build.account(Role.ORG_REVIEWER, organisation_id=organisation),
            "clinical_reviewer": await build.account(Role.CLINICAL_REVIEWER),
            "staff": await build.account(Role.PROVIDER_STAFF),
            "integrator": await build.account(Role.INTEGRATOR),
            "practice_integrator": await build.account(Role.INTEGRATOR, practice_id=practice),
            "organisation_integrator": await build.account(Role.INTEGRATOR, organisation_id=organisation),
        }
    return World(
        database=database,
        clock=clock,
        organisation_id=organisation,
        practice_id=practice,
        case=case,
        appointment_id=booked[-1],
        everybody=list(people.values()),
        **people,
    )


def a_submission(world: World, **changes: Any) -> SubmitRequest:
    """Return the form of a request that is accepted, but for ``changes``."""
    answers: dict[str, Any] = {
        "appointment_id": world.appointment_id,
        "requestor": Requestor.CONSULTANT,
        "sessions_requested": 3,
        "date_of_request": world.clock.now().astimezone(ZoneInfo(world.consultant.time_zone)).date(),
        "goal_category": GoalCategory.RESTORE_FUNCTION,
        "goal_statement": STATEMENT,
        "pathway_kind": ReferralPathwayKind.SPECIALIST,
        "pathway_detail": DETAIL,
        "client_consents": True,
    }
    return SubmitRequest(**{**answers, **changes})


async def submitted(world: World, **changes: Any) -> str:
    """Submit a request and return its id."""
    command = a_submission(world, **changes)
    view = await submit_request(command, by=world.consultant, database=world.database, clock=world.clock, want=WANT)
    return view.id


async def confirmed(world: World, **changes: Any) -> str:
    """Submit and confirm a request and return its id; nothing is released yet."""
    command = ConfirmRequest(request_id=await submitted(world, **changes))
    view = await confirm_request(command, by=world.consultant, database=world.database, clock=world.clock, want=WANT)
    return view.id


async def released(world: World, **changes: Any) -> str:
    """Submit, confirm and release a request and return its id; or have it withheld, where the terms say so."""
    command = ReleaseRequest(request_id=await confirmed(world, **changes))
    await release_request(command, database=world.database, clock=world.clock)
    return command.request_id


async def new_terms(world: World, **terms: Any) -> None:
    """Give the organisation a new revision of its agreement; requests keep the one they were submitted under."""
    async with world.database.transaction() as session:
        current = select(Agreement).where(Agreement.organisation_id == world.organisation_id, Agreement.is_current)
        old = (await session.execute(current)).scalar_one()
        old.is_current = False
        await session.flush()
        kept = {column.name: getattr(old, column.name) for column in Agreement.__table__.columns}
        changed = {"id": new_id("agr"), "revision": old.revision + 1, "is_current": True, **terms}
        session.add(Agreement(**{**kept, **changed}))
