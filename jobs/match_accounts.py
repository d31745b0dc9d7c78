"""Looks again whether an organisation's accounts match its clients, after either has changed."""

from jobs.actor import JobContext, actor
from models.operations.match_accounts import MatchAccounts
from models.operations.match_accounts import match_accounts as match


@actor()
async def match_accounts(context: JobContext, *, organisation_id: str) -> None:
    command = MatchAccounts(organisation_id=organisation_id)
    await match(command, database=context.database, clock=context.clock, claim=context.claim)
