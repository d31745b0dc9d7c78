"""Who is in the demo: organisations, practices, consultants, accounts and clients, all invented."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

Row = dict[str, object]

CLIENTS = 200
CONSULTANTS_BY_PRACTICE = (4, 2, 2, 2)
_WITHOUT_EMAIL, _NOT_TO_BE_EMAILED = 40, 25
"""One client in so many."""
CONSULTANTS = sum(CONSULTANTS_BY_PRACTICE)

_PRACTICES = (
    ("Banksia Lane Psychology", "Fitzroy", "Australia/Melbourne", "banksia-lane.example"),
    ("Ferry Road Psychology", "Balmain", "Australia/Sydney", "ferry-road.example"),
    ("Jacaranda House", "West End", "Australia/Brisbane", "jacaranda-house.example"),
    ("Pohutukawa Practice", "Ponsonby", "Pacific/Auckland", "pohutukawa.example"),
)
_ORGANISATIONS = (
    ("Wattle Grove Logistics", "wattle-grove.example", 840, "AU-VIC", "Australia/Melbourne", "AT_ONCE"),
    ("Saltwater Council", "saltwater.example", 2_300, "AU-NSW", "Australia/Sydney", "BATCH"),
    ("Northern Reef Foods", "northern-reef.example", 410, "AU-QLD", "Australia/Brisbane", "AT_ONCE"),
    ("Ironbark Mining Services", "ironbark.example", 1_150, "AU-WA", "Australia/Perth", "AT_ONCE"),
    ("Quince & Daughters Joinery", "quince-joinery.example", 18, "AU-SA", "Australia/Adelaide", "AT_ONCE"),
    ("Kowhai Credit Union", "kowhai.example", 520, "NZ-AUK", "Pacific/Auckland", "AT_ONCE"),
)
_FIRST_NAMES = (
    *("Aroha", "Bronte", "Callum", "Daniela", "Eamon", "Farah", "Gus", "Hana", "Imogen", "Jarrah"),
    *("Keiko", "Lachlan", "Mei", "Nikau", "Orla", "Priya", "Quentin", "Rafael", "Saskia", "Tama"),
)
_LAST_NAMES = (
    *("Abernethy", "Bellweather", "Castellane", "Dunmorrow", "Eastlake", "Fairholt", "Greenstone", "Hollowell"),
    *("Inglebrook", "Jessamy", "Kilbirnie", "Larkspur", "Merriweather", "Nightingale", "Overdale", "Pennyroyal"),
    *("Quillfeather", "Rosewarne", "Silverbeck", "Thistlewood"),
)
_CONSULTANT_NAMES = (
    *("Nadia Whitlock", "Theo Marchetti", "Ruth Okafor", "Simon Vale", "Ines Carvalho"),
    *("Patrick Doyle", "Leilani Moana", "Graham Tully", "Wiremu Paki", "Sofia Lindqvist"),
)
_EMPLOYED_AT = (0, 1, 2, 0, 3, 5, 5, 0, 4, 2)
_PROVIDER_ZONE = "Australia/Melbourne"
_SEEN_AT = (0, 1, 2, 1, 0, 3)
"""Each organisation's clients go to one practice."""


@dataclass(frozen=True, slots=True)
class Person:
    number: int
    name: str
    email: str
    organisation: int
    born: date
    do_not_email: bool

    @property
    def practice(self) -> int:
        return _SEEN_AT[self.organisation]

    def row(self) -> Row:
        overseas = _ORGANISATIONS[self.organisation][3].startswith("NZ")
        return {
            "external_id": f"CL-{self.number:04}",
            "organisation": f"org-{self.organisation + 1}",
            "name": self.name,
            "email": self.email,
            "phone": f"021 555 {self.number:04}" if overseas else f"0491 57{self.number // 100} {self.number % 100:03}",
            "date_of_birth": self.born.isoformat(),
            "employee_number": f"E{40_000 + self.number * 7}",
            "do_not_email": "yes" if self.do_not_email else "no",
        }


def organisations() -> Iterator[Row]:
    for number, (name, domain, headcount, region, zone, release) in enumerate(_ORGANISATIONS, start=1):
        yield {
            "external_id": f"org-{number}",
            "name": name,
            "headcount": headcount,
            "region": region,
            "time_zone": zone,
            "entitled_sessions": 6,
            "maximum_sessions": 4,
            "clinical_review_threshold": 12,
            "due_days": 7,
            "release_rule": release,
            "smallest_headcount": 30,
            "delegation": "NONE",
            "automatic_approval": 0,
            "backup_reviewer": f"people-lead@{domain}",
        }


def practices() -> Iterator[Row]:
    for number, (name, suburb, zone, _) in enumerate(_PRACTICES, start=1):
        yield {"external_id": f"practice-{number}", "name": name, "suburb": suburb, "time_zone": zone}


def practice_of(consultant: int) -> int:
    """Return the practice, counted from 0, of a consultant counted from 0."""
    for practice, size in enumerate(CONSULTANTS_BY_PRACTICE):
        if consultant < size:
            return practice
        consultant -= size
    raise IndexError


def consultants_of(practice: int) -> range:
    first = sum(CONSULTANTS_BY_PRACTICE[:practice])
    return range(first, first + CONSULTANTS_BY_PRACTICE[practice])


def time_zone_of(practice: int) -> str:
    return _PRACTICES[practice][2]


def consultants() -> Iterator[Row]:
    for number, name in enumerate(_CONSULTANT_NAMES):
        practice = practice_of(number)
        yield {
            "external_id": f"con-{number + 1:02}",
            "practice": f"practice-{practice + 1}",
            "name": name,
            "email": _address(name, _PRACTICES[practice][3]),
        }


def clients(dice: Random) -> list[Person]:
    """Return the clients; the first is seen by ``consultant`` and employed where ``reviewer`` decides."""
    names = [f"{first} {last}" for first in _FIRST_NAMES for last in _LAST_NAMES]
    dice.shuffle(names)
    return [
        Person(
            number=number + 1,
            name=names[number],
            email="" if (number + 1) % _WITHOUT_EMAIL == 0 else _address(names[number], "example.com"),
            organisation=_EMPLOYED_AT[number % len(_EMPLOYED_AT)],
            born=date(1962, 1, 1) + timedelta(days=dice.randrange(15_000)),
            do_not_email=(number + 1) % _NOT_TO_BE_EMAILED == 0,
        )
        for number in range(CLIENTS)
    ]


def accounts(people: list[Person]) -> Iterator[Row]:
    """Yield who signs in: a plain name for each role, and enough others to see scopes at work."""
    for number, name in enumerate(_CONSULTANT_NAMES):
        domain = _PRACTICES[practice_of(number)][3]
        yield _account(_numbered("consultant", number), name, _address(name, domain), "CONSULTANT",
                       consultant=f"con-{number + 1:02}")  # fmt: skip
    for number, (_, _, _, domain) in enumerate(_PRACTICES):
        yield _account(_numbered("manager", number), f"Practice Manager {number + 1}", f"manager@{domain}",
                       "PRACTICE_MANAGER", practice=f"practice-{number + 1}")  # fmt: skip
    yield from _reviewers(people)
    yield _account("clinical", "Dr Maren Ashby", "maren.ashby@eap.example", "CLINICAL_REVIEWER",
                   time_zone=_PROVIDER_ZONE)  # fmt: skip
    yield _account("staff", "Jules Tamahori", "jules.tamahori@eap.example", "PROVIDER_STAFF",
                   time_zone=_PROVIDER_ZONE)  # fmt: skip
    yield _account("integrator", "Data platform", "platform@eap.example", "INTEGRATOR",
                   time_zone=_PROVIDER_ZONE)  # fmt: skip
    yield _account("integrator-practice", "Practice system", "system@banksia-lane.example", "INTEGRATOR",
                   practice="practice-1")  # fmt: skip
    yield _account("integrator-organisation", "HR system", "hr-system@wattle-grove.example", "INTEGRATOR",
                   organisation="org-1")  # fmt: skip


def _reviewers(people: list[Person]) -> Iterator[Row]:
    """Two to an organisation; one of them is a client too, and shares the client's e-mail address."""
    themselves = next(person for person in people if person.organisation == 1)
    for number, (_, domain, *_rest) in enumerate(_ORGANISATIONS):
        for place, name in enumerate((f"Reviewer {number + 1}a", f"Reviewer {number + 1}b")):
            own = themselves.email if (number, place) == (1, 1) else ""
            sign_in = _numbered("reviewer", 2 * number + place)
            yield _account(sign_in, name, own or f"{sign_in}@{domain}", "ORG_REVIEWER",
                           organisation=f"org-{number + 1}")  # fmt: skip


def _account(sign_in: str, name: str, email: str, role: str, **scope: str) -> Row:
    row: Row = {"external_id": sign_in, "name": name, "email": email, "role": role}
    return {**row, **{key: scope.get(key, "") for key in ("organisation", "practice", "consultant", "time_zone")}}


def _numbered(word: str, place: int) -> str:
    return word if place == 0 else f"{word}-{place + 1}"


def _address(name: str, domain: str) -> str:
    return f"{name.lower().replace(' ', '.')}@{domain}"
