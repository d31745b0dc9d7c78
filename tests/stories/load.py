"""Consultants' software at work: clients that submit and confirm until they are answered, whatever happens."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

from httpx2 import AsyncClient, ConnectError, NetworkError, RemoteProtocolError

from api.errors import SERVICE_UNAVAILABLE
from models.actor import Actor
from models.clock import SystemClock
from models.rules.vocabulary import Role
from tests.clock import FixedClock
from tests.rows import building
from tests.stories.server import Deployment

CLIENTS = 6
_PAUSE = 0.03

_SUBMIT = """
mutation Submit($input: SubmitExtraSessionsRequestInput!) {
  answer: submitExtraSessionsRequest(input: $input) { request { id } userErrors { code message } }
}"""
_CONFIRM = """
mutation Confirm($input: ConfirmExtraSessionsRequestInput!) {
  answer: confirmExtraSessionsRequest(input: $input) { request { id } userErrors { code message } }
}"""

Booked = dict[Actor, list[str]]
"""The appointments of each consultant, every one on a case of its own."""


class Front(Protocol):
    """Where the clients' calls go: a deployment, or what stands before several."""

    def client(self, actor: Actor) -> AsyncClient: ...


@dataclass
class Load:
    """What the clients were told, and how often their line was cut."""

    told: dict[str, str] = field(default_factory=dict)
    """The request that each call was answered with, by the call's idempotency key."""
    cut: list[tuple[str, datetime]] = field(default_factory=list)
    """Each call whose server died while it was under way, and when."""
    turned_away: int = 0
    """How many calls were told to come again, as the database was away."""
    answers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    """Released once for each answer."""

    async def put_on(self, front: Front, booked: Booked) -> None:
        """Submit and confirm a request on each appointment, all consultants at the same time."""
        async with asyncio.TaskGroup() as group:
            for consultant, appointments in booked.items():
                group.create_task(self._work(front, consultant, appointments))

    async def _work(self, front: Front, by: Actor, appointments: list[str]) -> None:
        today = SystemClock().now().astimezone(ZoneInfo(by.time_zone)).date()
        async with front.client(by) as client:

            async def call(document: str, key: str, **answers: Any) -> str:
                """Send one call until it is answered, always with the same key. Returns the request's id."""
                data = None
                while data is None:
                    data = await self._attempt(client, document, {**answers, "idempotencyKey": key}, key)
                assert data["answer"]["userErrors"] == []
                self.told[key] = data["answer"]["request"]["id"]
                self.answers.release()
                return self.told[key]

            for appointment in appointments:
                request_id = await call(_SUBMIT, f"submit-{appointment}", **_form(appointment, today.isoformat()))
                assert await call(_CONFIRM, f"confirm-{appointment}", requestId=request_id) == request_id

    async def before(self, client: AsyncClient, payload: object) -> None:
        """Do something ahead of each call; here nothing."""

    async def _attempt(
        self, client: AsyncClient, document: str, answers: dict[str, Any], key: str
    ) -> dict[str, Any] | None:
        """Return the answer; None, after a pause, where the server or its database is away or dies meanwhile."""
        payload = {"query": document, "variables": {"input": answers}}
        await self.before(client, payload)
        try:
            response = await client.post("/graphql", json=payload)
        except (NetworkError, RemoteProtocolError) as error:
            if not isinstance(error, ConnectError):
                self.cut.append((key, SystemClock().now()))
        else:
            answer = response.json()
            if "errors" not in answer:
                return cast("dict[str, Any]", answer["data"])
            assert {error["extensions"]["code"] for error in answer["errors"]} == {SERVICE_UNAVAILABLE}, answer
            self.turned_away += 1
        await asyncio.sleep(_PAUSE)
        return None


async def populate(deployment: Deployment, pairs: int) -> Booked:
    """Give the consultants one case, with one appointment, for every pair; their one organisation has one reviewer."""
    clock = FixedClock(SystemClock().now())
    booked: Booked = {}
    async with deployment.database() as database, building(database, clock) as build:
        organisation = await build.organisation()
        await build.account(Role.ORG_REVIEWER, organisation_id=organisation)
        practice = await build.practice()
        for number in range(CLIENTS):
            consultant = await build.consultant(practice, time_zone=_zone_far_from_midnight(clock.now()))
            client = await build.client()
            booked[consultant] = []
            for _ in range(number, pairs, CLIENTS):
                case = await build.case(client, organisation, practice)
                booked[consultant].append(await build.appointment(case.id, consultant))
    return booked


def _form(appointment_id: str, today: str) -> dict[str, Any]:
    return {
        "appointmentId": appointment_id,
        "sessionsRequested": 3,
        "dateOfRequest": today,
        "goal": {"category": "RESTORE_FUNCTION", "statement": "Return to full hours"},
        "referralPathway": {"kind": "NONE_NEEDED"},
        "clientConsents": True,
    }


def _zone_far_from_midnight(now: datetime) -> str:
    """Say where it is day, and remains so: the date on a form has to be today when it arrives."""
    return "UTC" if now.hour in range(6, 18) else "Pacific/Auckland"
