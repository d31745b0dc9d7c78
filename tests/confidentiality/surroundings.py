"""What else exists in a world and is nobody's business: hidden requests, other organisations, work to do."""

from datetime import timedelta
from typing import Any

from models.actor import Actor
from models.ids import new_id
from models.outbox import Job, enqueue
from models.rules.business_days import due_after, relay_due
from models.rules.vocabulary import DeadlineKind, EventType, RequestStatus, Role, Withheld
from models.tables import AssistCase, ExtraSessionsRequest
from tests.clock import MONDAY_MORNING
from tests.confidentiality.history import Happened
from tests.confidentiality.known_lives import add_rounds
from tests.confidentiality.plots import CALENDAR, TODAY
from tests.confidentiality.worlds import World, add_case, add_client, add_deadline, book
from tests.rows import Builder

_NEVER_RELEASED = (
    *(RequestStatus.SUBMITTED, RequestStatus.AWAITING_DETAILS, RequestStatus.CLINICAL_REVIEW),
    *(RequestStatus.DECLINED, RequestStatus.WITHDRAWN, RequestStatus.EXPIRED, RequestStatus.LAPSED),
    *(RequestStatus.CANCELLED, RequestStatus.ORGANISATION_REVIEW),
)

_SOME_DAY = MONDAY_MORNING + timedelta(days=900)
"""When work is due that no program lives to see."""


async def add_surroundings(build: Builder, world: World) -> None:
    dice = world.dice
    for status in dice.sample(_NEVER_RELEASED, dice.randint(1, 3)):
        await _add_hidden(build, world, status)
    for _ in range(world.plot.withheld):
        await _add_withheld(build, world)
    for _ in range(dice.randint(1, 2)):
        case = await add_case(build, world, await add_client(build, world))
        consultant = dice.choice(world.consultants)
        world.spare.append((await book(build, world, case, consultant), consultant))
    for _ in range(dice.randint(1, 2)):
        await _add_other_organisation(build, world)
    for _ in range(dice.randint(0, 3)):
        await build.account(dice.choice((Role.CLINICAL_REVIEWER, Role.PROVIDER_STAFF)), name=world.secrets.name())
        enqueue(build.session, Job("received_email", {"mail_id": new_id("mail")}, run_at=_SOME_DAY), at=build.at)


async def _add_hidden(build: Builder, world: World, status: RequestStatus) -> None:
    """Add a request of this organisation that was never released to it, in any state."""
    case = await add_case(build, world, await add_client(build, world))
    consultant = world.dice.choice(world.consultants)
    await book(build, world, case, consultant)
    withheld = Withheld.BELOW_HEADCOUNT if status is RequestStatus.ORGANISATION_REVIEW else None
    await _request(build, world, (case, consultant), status, withheld=withheld)


async def _add_withheld(build: Builder, world: World) -> None:
    """Add a request whose client is found to be an account of the organisation, by the phone that both gave."""
    client = await add_client(build, world, phone="+61412000111")
    case = await add_case(build, world, client)
    consultant = world.dice.choice(world.consultants)
    await book(build, world, case, consultant)
    kept = {"withheld": Withheld.ACCOUNT_MATCHES_CLIENT, "account_matches_client": True}
    request_id = await _request(build, world, (case, consultant), RequestStatus.ORGANISATION_REVIEW, **kept)
    world.withheld.append(request_id)


async def _request(
    build: Builder, world: World, whose: tuple[AssistCase, Actor], status: RequestStatus, **columns: object
) -> str:
    case, consultant = whose
    at = build.at - timedelta(days=world.dice.randint(0, 4)) - world.secrets.minutes()
    if status in {RequestStatus.AWAITING_DETAILS, RequestStatus.CLINICAL_REVIEW}:
        columns |= {"needs_clinical_review": True, "clinical_review_total": 14}
    sessions = world.dice.randint(1, 4)
    row = await build.request(
        case,
        consultant,
        status=status,
        submitted_at=at,
        sessions_requested=sessions,
        sessions_released=sessions,
        answers=world.secrets.answers(planned=True),
        **columns,
    )
    await _add_what_waits(build, world, row, case)
    world.note("req", row.id)
    world.note("reference", world.secrets.keep(row.reference))
    past = [Happened(row.id, EventType.SUBMITTED, at)] * world.dice.randint(1, 3)
    if row.released_at is not None:
        past.append(Happened(row.id, EventType.RELEASED, row.released_at, row.released_on, world.organisation))
    world.history.append(past)
    return row.id


async def _add_what_waits(build: Builder, world: World, row: ExtraSessionsRequest, case: AssistCase) -> None:
    """Add the deadlines of a request in its state, some of them counted by an earlier calendar, and its rounds."""
    from_day = CALENDAR.local_day(row.submitted_at)
    waits: dict[DeadlineKind, Any] = {}
    match row.status:
        case RequestStatus.SUBMITTED:
            await add_deadline(build, row.id, DeadlineKind.CONFIRMATION, row.submitted_at + timedelta(hours=47))
        case RequestStatus.AWAITING_DETAILS:
            waits[DeadlineKind.DETAILS] = due_after(CALENDAR, from_day, 5)
        case RequestStatus.CLINICAL_REVIEW:
            waits[DeadlineKind.CLINICAL_REVIEW] = due_after(CALENDAR, from_day, 5)
        case RequestStatus.ORGANISATION_REVIEW:
            due = waits[DeadlineKind.DECISION] = due_after(CALENDAR, from_day, 7)
            waits[DeadlineKind.RELAY] = relay_due(CALENDAR, due.at)
    for kind, due in waits.items():
        await add_deadline(build, row.id, kind, due, stale=world.dice.random() < 0.3)
    if row.needs_clinical_review:
        await add_rounds(build, world, row, case, waits=row.status is RequestStatus.AWAITING_DETAILS)
        world.in_review.append(row.id)


async def _add_other_organisation(build: Builder, world: World) -> None:
    """Add another employer with its reviewers and what was released to it."""
    here = world.organisation
    world.organisation = world.note("org", await build.organisation())
    reviewer = await build.account(Role.ORG_REVIEWER, name=world.secrets.name(), organisation_id=world.organisation)
    world.note("acc", str(reviewer.account_id))
    for _ in range(world.dice.randint(1, 2)):
        case = await add_case(build, world, await add_client(build, world))
        consultant = world.dice.choice(world.consultants)
        await book(build, world, case, consultant)
        released = {"released_at": build.at - timedelta(days=1), "released_on": TODAY - timedelta(days=1)}
        status = RequestStatus.ORGANISATION_REVIEW
        request_id = await _request(build, world, (case, consultant), status, decision_due_at=build.at, **released)
        world.elsewhere.append((request_id, reviewer))
    world.organisation = here
