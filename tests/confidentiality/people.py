"""Whom nobody may be told of: made-up identities, practices and texts, each of them findable wherever it turns up."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from models.rules.vocabulary import ReferralPathwayKind

_GIVEN = ("Aroha", "Bo", "Ximena-Guadalupe", "Ngaire", "Li", "Maximiliana", "Ky")
_FAMILY = ("Wu", "Featherstonehaugh", "Okonkwo", "Ó Súilleabháin", "Ng", "Papadimitropoulos")
_WORDS = (
    *("grief", "shifts", "manager", "return", "nightmares", "roster"),
    *("sister", "divorce", "panic", "weeks", "sleep", "accident"),
)


@dataclass(slots=True)
class Secrets:
    """Draws one world's protected values, and remembers them."""

    dice: Random
    values: set[str] = field(default_factory=set)

    def keep(self, value: str) -> str:
        self.values.add(value)
        return value

    def _tag(self) -> str:
        """Return letters that stand nowhere else, so that a value which turns up can't be there by chance."""
        return "".join(self.dice.choices("bcdfghjklmnpqrstvwxz", k=self.dice.randint(8, 14)))

    def name(self) -> str:
        return self.keep(f"{self.dice.choice(_GIVEN)} {self._tag().title()} {self.dice.choice(_FAMILY)}")

    def address(self, domain: str) -> str:
        return self.keep(f"{self._tag()}@{domain}.example")

    def text(self, most: int) -> str:
        return self.keep(" ".join([self._tag(), *self.dice.choices(_WORDS, k=self.dice.randint(1, most))]))

    def identity(self) -> dict[str, Any]:
        """Return a client's identity, as ``tests.rows`` takes it; contacts may be missing."""
        born = date(1950, 1, 1) + timedelta(days=self.dice.randrange(18_000))
        phone = f"+61491{self.dice.randrange(100_000, 999_999)}"
        return {
            "name": self.name(),
            "email": self.address("home"),
            "phone": self.keep(phone) if self.dice.random() < 0.7 else None,
            "date_of_birth": self.keep(born.isoformat()),
            "employee_number": self.keep(f"EN{self._tag()}"),
            "do_not_email": self.dice.random() < 0.3,
        }

    def answers(self, *, planned: bool) -> dict[str, Any]:
        """Return clinical answers; whether something follows is known, what it is is not."""
        kinds = [kind for kind in ReferralPathwayKind if kind.planned is planned]
        return {"statement": self.text(40), "kind": self.dice.choice(kinds).value, "detail": self.text(12)}

    def minutes(self, most: int = 50) -> timedelta:
        """Return a few minutes and seconds: less than a day is nobody's business."""
        return timedelta(seconds=self.dice.randrange(most * 60), microseconds=self.dice.randrange(1_000_000))
