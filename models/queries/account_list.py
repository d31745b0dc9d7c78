"""A list of the accounts for the operator: who may sign in, within what, and with what token. It holds no address."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select

from models.queries.reading import Source
from models.rules.vocabulary import Role
from models.tables import Account, AccountToken, Consultant, Organisation, Practice


@dataclass(frozen=True, slots=True)
class ListedAccount:
    sign_in_name: str
    role: Role
    scope: str | None
    """The external id of its organisation, consultant or practice; None for the whole provider."""
    disabled_at: datetime | None
    token_made_at: datetime | None
    token_expires_at: datetime | None


_SCOPE: Final = func.coalesce(Organisation.external_id, Consultant.external_id, Practice.external_id)
_LIST: Final = (
    select(
        Account.external_id,
        Account.role,
        _SCOPE,
        Account.disabled_at,
        AccountToken.created_at,
        AccountToken.expires_at,
    )
    .outerjoin(Organisation, Organisation.id == Account.organisation_id)
    .outerjoin(Consultant, Consultant.id == Account.consultant_id)
    .outerjoin(Practice, Practice.id == Account.practice_id)
    .outerjoin(AccountToken, AccountToken.account_id == Account.id)
    .order_by(Account.role, Account.external_id)
)


async def list_accounts(source: Source) -> list[ListedAccount]:
    """Return every account, disabled ones too, by role and sign-in name."""
    return [ListedAccount(*row) for row in (await source.execute(_LIST)).all()]
