"""Reads of whether an organisation's account and a client are one person, by keyed hashes alone."""

from collections.abc import Collection

from sqlalchemy import or_, select

from models.queries.reading import Source
from models.tables import Account, AssistCase, ClientIdentity

_SAME_PERSON = or_(
    Account.email_index == ClientIdentity.email_index,
    Account.phone_index == ClientIdentity.phone_index,
    Account.employee_index == ClientIdentity.employee_index,
)


async def cases_with_a_matching_account(source: Source, case_ids: Collection[str]) -> set[str]:
    """Return the cases whose client shares an e-mail, a phone or an employee number with an account, enabled or not.

    Only accounts of the case's own organisation count. Never read this on a reviewer's behalf.
    """
    query = (
        select(AssistCase.id)
        .join(ClientIdentity, ClientIdentity.client_id == AssistCase.client_id)
        .join(Account, (Account.organisation_id == AssistCase.organisation_id) & _SAME_PERSON)
        .where(AssistCase.id.in_(case_ids))
    )
    return set((await source.execute(query)).scalars())
