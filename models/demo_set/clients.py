"""The invented clients: who they are, how they are reached, and where they work and are seen."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from models.demo_set.places import (
    CLIENT_WHO_REVIEWS,
    ORGANISATIONS,
    PRACTICES,
    Organisation,
    Practice,
    address,
    consultant_ids,
)

CLIENTS = 200
_FIRST_NAMES = (
    "Adelina Alaric Amabel Anneliese Aurelio Basil Bettina Branwen Caspian Cecily Corentin Delphine Dorian Eleni "
    "Eluned Emrys Evander Fiorella Florian Fridolin Ginevra Gwendal Hadrian Halcyon Hestia Ignatius Isolde Jacinta "
    "Jarrah Kalliope Katrijn Leander Linnea Lucasta Maelis Magnus Melisande Nerida Nikolai Octavia "
    "Ondine Orsolya Peregrine Quentin Rosalind Rupert Sidonie Tarquin Thaddeus Undine Valentin Verity "
    "Wilhelmina Xanthe Yolanda Zephyrine"
)
_LAST_NAMES = (
    "Ashgrove Bellweather Birkinshaw Calloway Carrington Cobbledick Dunmarrow Eddington Fairweather Featherstone "
    "Galbraith Greenhalgh Hazelwood Heatherington Inglethorpe Jessamine Kettlewell Larkspur Loveridge Merriweather "
    "Moonstone Netherby Oakenshaw Ottersley Pennywhistle Quickenden Ravenscroft Rosethorne Silverlock Stonebridge "
    "Thistlewood Tolliver Umberleigh Vandersloot Wetherspring Willoughby Woolgrove Yarrowby Yellowlees Zimmerley"
)
_MAIL_DOMAINS = ("example.com", "example.net", "example.org")
_MOBILES = tuple(f"0491 570 {number:03}" for number in (6, 110, 156, 157, 158, 159, 313, 737))
_ADULT = date(1961, 1, 1)
_BORN_WITHIN = 15_000
_WITHOUT_EMAIL, _UNSAFE_TO_EMAIL = 23, 29
"""One client in so many."""


@dataclass(frozen=True, slots=True)
class Client:
    key: str
    name: str
    email: str
    phone: str
    born: date
    employee_number: str
    do_not_email: bool
    organisation: Organisation
    practice: Practice
    consultant: str

    @property
    def reachable(self) -> bool:
        return bool(self.email) and not self.do_not_email

    def row(self) -> dict[str, str]:
        return {
            "external_id": self.key,
            "organisation": self.organisation.slug,
            "name": self.name,
            "email": self.email,
            "phone": self.phone,
            "date_of_birth": self.born.isoformat(),
            "employee_number": self.employee_number,
            "do_not_email": "yes" if self.do_not_email else "no",
        }


def invent_clients(dice: Random) -> list[Client]:
    """Return the clients, twenty to a consultant."""
    names = dice.sample([f"{first} {last}" for first in _FIRST_NAMES.split() for last in _LAST_NAMES.split()], CLIENTS)
    seats = [(practice, consultant) for practice in PRACTICES for consultant in consultant_ids(practice)]
    return [_client(number, name, seats[number % len(seats)], dice) for number, name in enumerate(names)]


def _client(number: int, name: str, seat: tuple[Practice, str], dice: Random) -> Client:
    practice, consultant = seat
    round_ = number // 10
    organisation = _employer(practice, round_)
    reviews = (practice.slug, round_) == ("kurrajong", 0) and consultant.endswith("1")
    name = CLIENT_WHO_REVIEWS if reviews else name
    email = address(name, "ironbark.example" if reviews else dice.choice(_MAIL_DOMAINS))
    return Client(
        key=f"client-{number + 1:04}",
        name=name,
        email="" if number % _WITHOUT_EMAIL == 1 else email,
        phone=_phone(organisation, number, dice),
        born=_ADULT + timedelta(days=dice.randrange(_BORN_WITHIN)),
        employee_number=f"{organisation.slug[:3].upper()}-{dice.randrange(10_000, 100_000)}",
        do_not_email=number % _UNSAFE_TO_EMAIL == 1,
        organisation=organisation,
        practice=practice,
        consultant=consultant,
    )


def _employer(practice: Practice, round_: int) -> Organisation:
    """Spread the organisations over the practices; each practice sees mostly the people of one near by."""
    near = {"bluegum": 0, "riverstone": 2, "kurrajong": 1, "tuistreet": 5}[practice.slug]
    return ORGANISATIONS[near if round_ % 2 == 0 else (near + round_) % len(ORGANISATIONS)]


def _phone(organisation: Organisation, number: int, dice: Random) -> str:
    """Return a number that is nobody's: of the ranges that are set aside for stories, or of their form."""
    if organisation.region.startswith("NZ"):
        return f"04 555 {number:04}"
    return f"(02) 5550 {number:04}" if number % 3 else dice.choice(_MOBILES)
