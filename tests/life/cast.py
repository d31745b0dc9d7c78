"""Who acts and on what: organisations of different terms, cases, and somebody of every role on each side of a fence."""

from dataclasses import dataclass, field
from typing import Any

from models.actor import Actor
from models.database import Database
from models.rules.vocabulary import AppointmentStatus, Delegation, ReleaseRule, Role
from tests.clock import FixedClock
from tests.life.almanac import Almanac
from tests.life.terms import Company, Terms
from tests.rows import Builder, building

COMPLETED, SCHEDULED = AppointmentStatus.COMPLETED, AppointmentStatus.SCHEDULED


@dataclass(frozen=True)
class Employer:
    """An organisation's terms by the book, and beside them what is written into its agreement."""

    terms: Terms
    headcount: int | None = 200

    def columns(self) -> dict[str, Any]:
        terms, book = self.terms, self.terms.almanac
        return {
            "region": book.region,
            "time_zone": book.zone.key,
            "added_dates": list(book.added),
            "removed_dates": list(book.removed),
            "release_rule": ReleaseRule.BATCH if terms.batch else ReleaseRule.AT_ONCE,
            "delegation": Delegation(terms.delegation),
            "automatic_approval": terms.automatic,
            "clinical_review_threshold": terms.threshold,
            "due_days": terms.due_days,
            "maximum_sessions": terms.maximum,
            "backup_reviewer": "backup@employer.example" if terms.backup else None,
        }


_VIC = Almanac("AU-VIC", "Australia/Melbourne")
_QLD = Almanac("AU-QLD", "Australia/Brisbane", added=("2026-08-12",), removed=("2026-10-05",))
_NSW = Almanac("AU-NSW", "Australia/Sydney")
_NZ = Almanac("NZ-AUK", "Pacific/Auckland")
EMPLOYERS = {
    "plain": Employer(Terms(almanac=_VIC, backup=True)),
    "shared": Employer(Terms(almanac=_QLD, batch=True, delegation="STAFF_AS_WELL", threshold=5)),
    "small": Employer(Terms(almanac=_NZ, batch=True, small=True, automatic=1), headcount=29),
    "delegated": Employer(Terms(almanac=_NSW, delegation="STAFF_INSTEAD", due_days=3), headcount=None),
    "lenient": Employer(Terms(almanac=_VIC, batch=True, automatic=2, threshold=10, maximum=3, due_days=1)),
}
# Case, employer, practice, consultants with an appointment on it.
CASES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("first", "plain", "north", ("ada", "bo")),
    ("second", "plain", "north", ("bo",)),
    ("third", "shared", "south", ("cy",)),
    ("fourth", "shared", "north", ("ada",)),
    ("fifth", "small", "south", ("cy", "di")),
    ("sixth", "delegated", "north", ("bo",)),
    ("seventh", "lenient", "south", ("di",)),
)
PRACTICES = {"north": ("ada", "bo"), "south": ("cy", "di")}


@dataclass(frozen=True)
class Case:
    id: str
    client_id: str
    employer: str
    organisation_id: str
    practice_id: str
    appointments: dict[str, list[str]]
    """The appointments of each consultant who has some on it."""


@dataclass
class Cast:
    people: dict[str, Actor] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    organisations: dict[str, str] = field(default_factory=dict)

    def company(self, employer: str, consultant: str) -> Company:
        """Return whom the mails of a case of this employer's go to, by the names of this cast."""
        return Company(
            consultant=consultant,
            client="client",
            reviewers=(f"reviewer of {employer}", f"colleague of {employer}"),
            backup="backup",
            staff=("staff", "other staff"),
            clinical=("clinical",),
        )


async def a_cast(database: Database, clock: FixedClock) -> Cast:
    """Write all of them into an empty database."""
    cast = Cast()
    async with building(database, clock) as build:
        for name, employer in EMPLOYERS.items():
            organisation = await build.organisation(headcount=employer.headcount, **employer.columns())
            cast.organisations[name] = organisation
            for who in (f"reviewer of {name}", f"colleague of {name}"):
                cast.people[who] = await build.account(Role.ORG_REVIEWER, organisation_id=organisation)
        practices = {name: await _practice(build, cast, name, members) for name, members in PRACTICES.items()}
        for name, employer_name, practice, consultants in CASES:
            client = await build.client()
            organisation = cast.organisations[employer_name]
            case = await build.case(client, organisation, practices[practice], entitled_sessions=4)
            booked = {
                who: [
                    await build.appointment(case.id, cast.people[who], status=each) for each in (COMPLETED, SCHEDULED)
                ]
                for who in consultants
            }
            cast.cases[name] = Case(case.id, client, employer_name, organisation, practices[practice], booked)
        await _provider(build, cast)
    return cast


async def _practice(build: Builder, cast: Cast, name: str, members: tuple[str, ...]) -> str:
    practice = await build.practice()
    for member in members:
        cast.people[member] = await build.consultant(practice)
    cast.people[f"manager of {name}"] = await build.account(Role.PRACTICE_MANAGER, practice_id=practice)
    cast.people[f"machine of {name}"] = await build.account(Role.INTEGRATOR, practice_id=practice)
    return practice


async def _provider(build: Builder, cast: Cast) -> None:
    cast.people["clinical"] = await build.account(Role.CLINICAL_REVIEWER)
    cast.people["staff"] = await build.account(Role.PROVIDER_STAFF)
    cast.people["other staff"] = await build.account(Role.PROVIDER_STAFF)
    cast.people["machine"] = await build.account(Role.INTEGRATOR)
    plain = cast.organisations["plain"]
    cast.people["machine of plain"] = await build.account(Role.INTEGRATOR, organisation_id=plain)
