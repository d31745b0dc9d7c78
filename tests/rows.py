"""Writes any row that a test's story needs, real and committed: callers say what matters, the rest is plausible."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from models import tables
from models.actor import Actor
from models.database import Database
from models.ids import new_id, new_reference
from models.importing.matching_keys import matching_keys
from models.queries.clients import identity_place
from models.queries.request_rows import clinical_place
from models.rules.vocabulary import (
    AppointmentStatus,
    CaseStatus,
    Delegation,
    GoalCategory,
    ReferralPathwayKind,
    ReleaseRule,
    Requestor,
    RequestStatus,
    Role,
)
from models.sealing import Vault
from tests.clock import FixedClock
from tests.waiting import the, write

MELBOURNE = "Australia/Melbourne"
STATEMENT = "Return to her full roster by March"
DETAIL = "Dr Osei, Carlton clinic"

TERMS: dict[str, Any] = {
    "entitled_sessions": 6,
    "maximum_sessions": 4,
    "clinical_review_threshold": 12,
    "due_days": 7,
    "region": "AU-VIC",
    "time_zone": MELBOURNE,
    "added_dates": [],
    "removed_dates": [],
    "release_rule": ReleaseRule.AT_ONCE,
    "smallest_headcount": 30,
    "delegation": Delegation.NONE,
    "automatic_approval": 0,
}
_numbers = count(100_001)


@dataclass(frozen=True, slots=True)
class Builder:
    """Adds rows to one open transaction. Every method takes what its story cares about; the rest is plausible."""

    session: AsyncSession
    database: Database
    at: datetime
    ids: Callable[[str], str] = new_id
    numbers: Iterator[int] = _numbers
    waiting: list[Any] = field(default_factory=list)
    """Rows that are not written yet."""

    @property
    def vault(self) -> Vault:
        return self.database.vault

    async def organisation(self, *, headcount: int | None = 200, **terms: Any) -> str:
        """Add an organisation with its agreement; ``terms`` are the agreement's columns."""
        number = next(self.numbers)
        row = tables.Organisation(
            id=self.ids("org"), external_id=f"ORG-{number}", name=f"Employer {number}", headcount=headcount
        )
        await self.add(row)
        agreed = {"id": self.ids("agr"), "organisation_id": row.id, "revision": 1, "is_current": True, **TERMS, **terms}
        await self.add(tables.Agreement(**agreed))
        return row.id

    async def practice(self) -> str:
        number = next(self.numbers)
        row = tables.Practice(
            id=self.ids("prac"),
            external_id=f"PRAC-{number}",
            name=f"Practice {number}",
            suburb=f"Suburb {number}",
            time_zone=MELBOURNE,
        )
        return str(await self.add(row))

    async def consultant(self, practice_id: str, *, time_zone: str = MELBOURNE, left_on: date | None = None) -> Actor:
        """Add a consultant with the account that they sign in with."""
        number = next(self.numbers)
        row = tables.Consultant(
            id=self.ids("con"),
            external_id=f"CON-{number}",
            practice_id=practice_id,
            name=f"Consultant {number}",
            email=f"consultant-{number}@practice.example",
            time_zone=time_zone,
            left_on=left_on,
        )
        await self.add(row)
        account = await self.account(
            Role.CONSULTANT, consultant_id=row.id, practice_id=practice_id, time_zone=time_zone, name=row.name
        )
        return Actor(account.account_id, row.name, Role.CONSULTANT, None, practice_id, row.id, time_zone)

    async def account(
        self,
        role: Role,
        *,
        name: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        employee: tuple[str, str] | None = None,
        disabled: bool = False,
        **scope: Any,
    ) -> Actor:
        """Add an account; ``scope`` is ``organisation_id``, ``practice_id``, ``consultant_id`` and ``time_zone``."""
        number = next(self.numbers)
        address = email or f"{role.value.lower()}-{number}@accounts.example"
        zoned = {"time_zone": MELBOURNE, **scope}
        row = tables.Account(
            id=self.ids("acc"),
            external_id=f"account-{number}",
            name=name or f"{role.value.title()} {number}",
            email=address,
            role=role,
            created_at=self.at,
            disabled_at=self.at if disabled else None,
            **matching_keys(self.vault, email=address, phone=phone, employee=employee),
            **zoned,
        )
        await self.add(row)
        return Actor(row.id, row.name, role, **zoned)

    async def client(self, *, do_not_email: bool = False, organisation: str = "none", **identity: Any) -> str:
        """Add a client, identity sealed; ``organisation`` is the external id that an employee number counts in."""
        number = next(self.numbers)
        document = {
            "name": f"Client {number}",
            "email": f"client-{number}@home.example",
            "phone": f"+61491{number}",
            "date_of_birth": "1990-04-01",
            "employee_number": f"E{number}",
            **identity,
        }
        digest = self.vault.blind_index("client", str(number))
        row = tables.Client(id=self.ids("cli"), external_index=digest, do_not_email=do_not_email, created_at=self.at)
        await self.add(row)
        key = self.database.keys.new_key(self.session, row.id)
        await self.add(
            tables.ClientIdentity(
                client_id=row.id,
                key_version=key.version,
                sealed=self.vault.seal(key, identity_place(row.id), document),
                **matching_keys(
                    self.vault,
                    email=document["email"],
                    phone=document["phone"],
                    employee=(organisation, document["employee_number"]) if document["employee_number"] else None,
                ),
            )
        )
        return row.id

    async def case(
        self,
        client_id: str,
        organisation_id: str,
        practice_id: str,
        *,
        status: CaseStatus = CaseStatus.OPEN,
        entitled_sessions: int = 6,
    ) -> tables.AssistCase:
        row = tables.AssistCase(
            id=self.ids("case"),
            number=f"ASST-{next(self.numbers)}",
            client_id=client_id,
            organisation_id=organisation_id,
            practice_id=practice_id,
            status=status,
            entitled_sessions=entitled_sessions,
            opened_on=self.at.date(),
        )
        await self.add(row)
        return row

    async def appointment(
        self,
        case_id: str,
        by: Actor,
        *,
        starts_at: datetime | None = None,
        status: AppointmentStatus = AppointmentStatus.SCHEDULED,
    ) -> str:
        starts_at = starts_at or self.at + timedelta(hours=2)
        row = tables.Appointment(
            id=self.ids("apt"),
            external_id=f"APT-{next(self.numbers)}",
            case_id=case_id,
            consultant_id=by.consultant_id,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=50),
            status=status,
        )
        return str(await self.add(row))

    async def request(
        self, case: tables.AssistCase, by: Actor, *, status: RequestStatus = RequestStatus.SUBMITTED, **columns: Any
    ) -> tables.ExtraSessionsRequest:
        """Add a request in any state, without the events, deadlines and jobs that its operations would leave.

        Its id is given as ``id``, a part of what is sealed as ``answers``.
        """
        agreement = await the(self.session, self.waiting, tables.Agreement, organisation_id=case.organisation_id)
        key = (await self.database.keys.opened([case.client_id], self.session)).newest(case.client_id)
        request_id = columns.pop("id", None) or self.ids("req")
        answers = {"statement": STATEMENT, "kind": ReferralPathwayKind.SPECIALIST.value, "detail": DETAIL}
        answers |= columns.pop("answers", {})
        plausible = {
            "reference": new_reference(),
            "version": 1,
            "organisation_version": 1 if columns.get("released_at") else 0,
            "released_on": self.at.date() if columns.get("released_at") else None,
            "sessions_requested": 3,
            "sessions_released": 3,
            "submitted_at": self.at,
            "date_of_request": self.at.date(),
            "needs_clinical_review": False,
            "entitled_sessions": case.entitled_sessions,
            "goal_category": GoalCategory.RESTORE_FUNCTION,
            "onward_plan": True,
        }
        row = tables.ExtraSessionsRequest(
            id=request_id,
            status=status,
            organisation_id=case.organisation_id,
            agreement_id=agreement.id,
            case_id=case.id,
            consultant_id=by.consultant_id,
            requestor=Requestor.CONSULTANT,
            key_version=key.version,
            clinical_sealed=self.vault.seal(key, clinical_place(request_id), answers),
            **{**plausible, **columns},
        )
        await self.add(row)
        return row

    async def add(self, row: Any) -> Any:
        """Add a row; ``settle`` writes it. Returns its id, if it has one of its own."""
        self.waiting.append(row)
        return getattr(row, "id", None)

    async def settle(self) -> None:
        """Write what waits: before a statement of one's own, and in the end."""
        await write(self.session, self.waiting)


@asynccontextmanager
async def building(database: Database, clock: FixedClock) -> AsyncIterator[Builder]:
    """Build in one transaction, committed in the end."""
    async with database.transaction() as session:
        build = Builder(session, database, clock.now())
        yield build
        await build.settle()
