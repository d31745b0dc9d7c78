"""Adds the requests that a plot declares: released ones as the organisation knows them, pending ones to be confirmed.

Ties in sort orders fall by random id, so the coin is tossed once for both worlds: as many ids are drawn as there are
requests to be known, and each request gets the one of the same rank in either world. References are dealt the same way.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from models.actor import Actor
from models.ids import new_id, new_reference
from models.rules.business_days import relay_due
from models.rules.vocabulary import (
    AppointmentStatus,
    CaseStatus,
    ClinicalResult,
    DeadlineKind,
    EventType,
    RequestStatus,
    StaffTaskKind,
    StaffTaskState,
)
from models.tables import AssistCase, SessionGrant, StaffTask
from tests.confidentiality.history import Happened
from tests.confidentiality.known_lives import add_questions, add_rounds, version_of
from tests.confidentiality.plots import CALENDAR, DECIDED, Known, local
from tests.confidentiality.worlds import World, add_case, add_client, add_deadline, book
from tests.rows import Builder

_HANGING = timedelta(hours=1)
_MANY = 13
"""As many sessions held as make a clinical review whatever is asked."""


_OTHERS = {StaffTaskKind.ANSWER_TO_RELEASE, StaffTaskKind.WEBHOOK_SWITCHED_OFF}
"""Tasks of a drafted answer, which the questions bring, and of no request at all."""


async def add_known_requests(build: Builder, world: World) -> None:
    plot = world.plot
    everything = (*plot.released, *plot.pending)
    ids = sorted(new_id("req") for _ in everything)
    references = sorted(new_reference() for _ in everything)
    clients = [await add_client(build, world) for _ in range(world.dice.randint(1, len(everything)))]
    for position, known in enumerate(everything):
        rank = plot.ranks[position]
        case = await add_case(build, world, world.dice.choice(clients))
        consultant = world.dice.choice(world.consultants)
        await book(build, world, case, consultant)
        world.requests.append(ids[rank])
        world.asked_by[ids[rank]] = consultant
        named: dict[str, Any] = {"id": ids[rank], "reference": references[rank]}
        if position < len(plot.released):
            await _add_released(build, world, (case, consultant), known, named)
        else:
            await _add_pending(build, world, (case, consultant), known, named)


def _facts(world: World, known: Known) -> dict[str, Any]:
    """Return the columns of which the organisation is told, and those that say more than it is told."""
    dice = world.dice
    return {
        "sessions_released": known.sessions,
        "goal_category": known.goal,
        "onward_plan": known.planned,
        "entitled_sessions": known.entitled,
        "answers": world.secrets.answers(planned=known.planned),
        "version": dice.randint(8, 20),
    }


async def _add_released(
    build: Builder, world: World, whose: tuple[AssistCase, Actor], known: Known, named: dict[str, Any]
) -> None:
    dice, (case, consultant) = world.dice, whose
    released_at = local(known.released_on, 9) + world.secrets.minutes()
    submitted_at = released_at - timedelta(days=dice.randint(1, 9)) - world.secrets.minutes()
    columns: dict[str, Any] = {
        **_facts(world, known),
        "released_at": released_at,
        "released_on": known.released_on,
        "submitted_at": submitted_at,
        "confirmed_at": submitted_at + world.secrets.minutes(),
        "date_of_request": submitted_at.date(),
        "sessions_requested": dice.randint(known.sessions, 4),
        "decision_due_at": known.due_at,
        "organisation_version": version_of(known),
        "account_matches_client": dice.random() < 0.3,  # since the release: staff may know, nobody here
    }
    ended_at = local(known.ended_on, 10) + world.secrets.minutes() if known.ended_on else None
    columns["closed_at"] = ended_at
    columns |= _reviewed_before(world, columns)
    columns |= _outcome(known, ended_at)
    status = known.status
    if status is RequestStatus.WITHDRAWN and dice.random() < 0.5:
        status = RequestStatus.CANCELLED
        case.status = CaseStatus.CLOSED
    row = await build.request(case, consultant, status=status, **named, **columns)
    world.decided += [row.id] if known.status in DECIDED else []
    if known.status is RequestStatus.APPROVED:
        granted = columns["sessions_granted"]
        await build.add(SessionGrant(request_id=named["id"], sessions=granted, granted_at=ended_at))
    await _add_deadlines(build, world, row.id, known, ended_at)
    if row.needs_clinical_review:
        await add_rounds(build, world, row, case)
    asked = await add_questions(build, world, row, case, known)
    as_it_is = replace(known, status=status)
    world.history.append(_past(world, row.id, as_it_is, (submitted_at, released_at, ended_at), asked))


def _reviewed_before(world: World, columns: dict[str, Any]) -> dict[str, Any]:
    """Return what says that a clinical review came first, for fewer sessions perhaps; or that none did."""
    if world.dice.random() < 0.6:
        return {"needs_clinical_review": False, "clinical_review_total": world.dice.choice((None, 9))}
    endorsed = {"clinical_result": ClinicalResult.ENDORSED, "clinical_at": columns["released_at"] - _HANGING}
    return {
        "needs_clinical_review": True,
        "clinical_review_total": 14,
        **endorsed,
        "reconsideration_of": world.decided.pop() if world.decided and world.dice.random() < 0.5 else None,
    }


async def _add_deadlines(build: Builder, world: World, request_id: str, known: Known, ended_at: Any) -> None:
    """Add the decision's, which is known, and the relay's: at another moment, met or not, nobody knows."""
    dice, ended, relay = world.dice, dict[str, Any](), dict[str, Any]()
    if known.status in DECIDED:
        ended = {"met_at": ended_at, "met_on": known.ended_on}
        relay = {"met_at": ended_at} if dice.random() < 0.5 else {}
    elif known.ended_on is not None:
        ended = relay = {"cancelled_at": ended_at}
    elif known.status is RequestStatus.INFORMATION_REQUESTED:
        ended = relay = {"paused_at": local(known.waits_from, 9) + world.secrets.minutes()}
    await add_deadline(build, request_id, DeadlineKind.DECISION, known.due, **ended)
    due = relay_due(CALENDAR, known.due_at)
    await add_deadline(build, request_id, DeadlineKind.RELAY, due, stale=dice.random() < 0.5, **relay)
    for kind in StaffTaskKind:
        if dice.random() < 0.2 and kind not in _OTHERS:
            task = {"kind": kind, "state": StaffTaskState.OPEN, "created_at": build.at}
            await build.add(StaffTask(id=world.note("task", new_id("task")), request_id=request_id, **task))


def _outcome(known: Known, ended_at: Any) -> dict[str, Any]:
    if known.status not in DECIDED:
        return {}
    decided = {"decided_at": ended_at, "decided_on": known.ended_on}
    if known.status is RequestStatus.APPROVED:
        return {**decided, "sessions_granted": min(known.granted, known.sessions)}
    return {**decided, "decline_reason": known.reason}


def _past(
    world: World, request_id: str, known: Known, moments: tuple[Any, Any, Any], asked: list[Happened]
) -> list[Happened]:
    """Return a request's events: any number before the release, then what the organisation saw."""
    submitted_at, released_at, ended_at = moments
    past = [Happened(request_id, EventType.SUBMITTED, submitted_at)]
    revised = Happened(request_id, EventType.REVISED, submitted_at)
    past += [revised] * world.dice.randint(0, 3)
    past += [Happened(request_id, EventType.CONFIRMED, released_at - _HANGING)]
    past += [world.told(request_id, EventType.RELEASED, released_at, known.released_on)]
    past += [Happened(request_id, EventType.MATCH_FOUND, released_at)] * world.dice.randint(0, 1)
    past += asked
    if known.ended_on is not None:
        past.append(world.told(request_id, EventType(known.status.value), ended_at, known.ended_on))
    if known.status in DECIDED and world.dice.random() < 0.5:
        past.append(Happened(request_id, EventType.OUTCOME_RELAYED, ended_at))
    return past


async def _add_pending(
    build: Builder, world: World, whose: tuple[AssistCase, Actor], known: Known, named: dict[str, Any]
) -> None:
    """Add a submitted request: released as it is, or after a clinical review endorses what the plot says."""
    case, consultant = whose
    submitted_at = build.at - _HANGING - world.secrets.minutes()
    columns = {**_facts(world, known), "needs_clinical_review": False, "clinical_review_total": None}
    columns |= {"sessions_requested": known.sessions, "submitted_at": submitted_at}
    if world.dice.random() < 0.5:
        world.reviewed.add(named["id"])
        columns["sessions_requested"] = world.dice.randint(known.sessions, 4)
        for week in range(_MANY):
            held: dict[str, Any] = {
                "starts_at": submitted_at - timedelta(days=1 + week),
                "status": AppointmentStatus.COMPLETED,
            }
            await build.appointment(case.id, consultant, **held)
    await build.request(case, consultant, **named, **columns)
    never = build.at + timedelta(days=90)  # whether it expires would be something that the organisation sees
    await add_deadline(build, named["id"], DeadlineKind.CONFIRMATION, never)
    world.history.append([Happened(named["id"], EventType.SUBMITTED, submitted_at)])
