"""Who looked at what, as the provider's staff may see it."""

from dataclasses import dataclass
from datetime import datetime

from models.rules.confidentiality import Sensitivity
from models.rules.vocabulary import Role
from models.views.base import View
from models.views.case import CaseView


@dataclass(frozen=True, slots=True)
class LookingAccount:
    id: str
    name: str
    role: Role | None
    """None for the product itself."""


@dataclass(slots=True, init=False, eq=False, repr=False)
class AccessEventView(View):
    account: LookingAccount
    case: CaseView | None
    kind: Sensitivity
    hour: datetime
