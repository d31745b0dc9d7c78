"""Who may reach what: each role's scope, and who decides a request."""

from enum import Enum, auto
from typing import Protocol

from models.rules.refusals import NotAllowed
from models.rules.vocabulary import Delegation, Role, Withheld


class Acting(Protocol):
    """What the rules need to know of whoever acts."""

    @property
    def role(self) -> Role: ...
    @property
    def organisation_id(self) -> str | None: ...
    @property
    def practice_id(self) -> str | None: ...


class Scope(Enum):
    """The part of the data in which a role works; queries turn each into one SQL condition."""

    OWN_CASES = auto()
    """Cases on which the consultant has an appointment."""
    PRACTICE = auto()
    RELEASED = auto()
    """The organisation's released requests, and nothing else."""
    CLINICAL = auto()
    """Requests that are or were in AWAITING_DETAILS or CLINICAL_REVIEW, and their cases."""
    EVERYTHING = auto()
    NOTHING = auto()


_SCOPES = {
    Role.CONSULTANT: Scope.OWN_CASES,
    Role.PRACTICE_MANAGER: Scope.PRACTICE,
    Role.ORG_REVIEWER: Scope.RELEASED,
    Role.CLINICAL_REVIEWER: Scope.CLINICAL,
    Role.PROVIDER_STAFF: Scope.EVERYTHING,
    Role.SYSTEM: Scope.EVERYTHING,
}


def scope_of(actor: Acting) -> Scope:
    """Return where this actor works; a machine account works in the narrowest scope that it was given."""
    if actor.role is not Role.INTEGRATOR:
        return _SCOPES.get(actor.role, Scope.NOTHING)
    if actor.organisation_id is not None:
        return Scope.RELEASED
    return Scope.PRACTICE if actor.practice_id is not None else Scope.EVERYTHING


def reaches_cases(actor: Acting) -> bool:
    """Whether a case, an appointment or a consultant could ever be within this actor's scope.

    Where none could, none is looked for: no statement on an organisation's behalf names what links.
    """
    return scope_of(actor) not in {Scope.RELEASED, Scope.NOTHING}


def check_may_decide(role: Role, delegation: Delegation, withheld: Withheld | None) -> None:
    """Raise NotAllowed unless this role decides under this agreement.

    A request that the organisation must not learn of is decided by provider staff; so is one whose agreement says so.
    """
    if role is Role.ORG_REVIEWER and delegation is not Delegation.STAFF_INSTEAD and withheld is None:
        return
    if role is Role.PROVIDER_STAFF and (delegation is not Delegation.NONE or withheld is not None):
        return
    msg = "Under this agreement the decision is not yours to make."
    raise NotAllowed(msg)


def check_is_staff(role: Role) -> None:
    """Raise NotAllowed for every role but the provider's staff."""
    if role is not Role.PROVIDER_STAFF:
        raise NotAllowed


def check_may_answer(by_role: Role, *, consultant_has_left: bool) -> None:
    """Raise NotAllowed for a manager, unless the request's consultant has left the practice.

    Who else may answer, the lifecycle says.
    """
    if by_role is Role.PRACTICE_MANAGER and not consultant_has_left:
        msg = "The consultant answers this; you may only in the place of one who has left the practice."
        raise NotAllowed(msg)
