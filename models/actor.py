"""Who acts: the one description of a signed-in account that every layer passes along."""

from dataclasses import dataclass, replace

from models.rules.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """One account with the scope that its role works in: what the rules need, no personal data beyond the name."""

    account_id: str | None
    name: str
    role: Role
    organisation_id: str | None = None
    practice_id: str | None = None
    consultant_id: str | None = None
    time_zone: str = "UTC"

    def unnamed(self) -> "Actor":
        """Return somebody who reaches the same and is nobody: what a statement may be remembered by."""
        return replace(self, account_id=None, name="", time_zone="UTC")


SYSTEM = Actor(account_id=None, name="System", role=Role.SYSTEM)
"""The product acting by itself: a clock, a batch or a job."""

OPERATOR = Actor(account_id="operator", name="Operator", role=Role.SYSTEM)
"""Whoever works at the machine itself, by its commands: on record apart from what the product does by itself."""
