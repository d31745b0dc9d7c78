"""Reads of whether an organisation's account and a client are one person, by keyed hashes alone.

Never read on a reviewer's behalf. Accounts count whether they are enabled or not, of the case's own organisation alone.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, or_, select

from models.queries.reading import Source
from models.rules.lifecycle import OPEN
from models.tables import Account, AssistCase, ClientIdentity, ExtraSessionsRequest

_SAME_PERSON = or_(
    Account.email_index == ClientIdentity.email_index,
    Account.phone_index == ClientIdentity.phone_index,
    Account.employee_index == ClientIdentity.employee_index,
)


async def cases_with_a_matching_account(source: Source, case_ids: Collection[str]) -> set[str]:
    """Return the cases whose client shares an e-mail, a phone or an employee number with an account."""
    query = _matching(select(AssistCase.id)).where(AssistCase.id.in_(case_ids))
    return set((await source.execute(query)).scalars())


async def open_requests_with_a_stale_match(source: Source, organisation_id: str) -> dict[str, bool]:
    """Return an organisation's open requests whose kept flag is not the truth any more, each with the truth."""
    requests = select(ExtraSessionsRequest.id, ExtraSessionsRequest.account_matches_client).where(
        ExtraSessionsRequest.organisation_id == organisation_id, ExtraSessionsRequest.status.in_(OPEN)
    )
    matching = _matching(
        select(ExtraSessionsRequest.id).join(AssistCase, AssistCase.id == ExtraSessionsRequest.case_id)
    ).where(ExtraSessionsRequest.organisation_id == organisation_id, ExtraSessionsRequest.status.in_(OPEN))
    matched = set((await source.execute(matching)).scalars())
    kept = (await source.execute(requests.order_by(ExtraSessionsRequest.id))).all()
    return {row.id: row.id in matched for row in kept if row.account_matches_client is not (row.id in matched)}


def _matching(statement: Select[Any]) -> Select[Any]:
    return statement.join(ClientIdentity, ClientIdentity.client_id == AssistCase.client_id).join(
        Account, (Account.organisation_id == AssistCase.organisation_id) & _SAME_PERSON
    )
