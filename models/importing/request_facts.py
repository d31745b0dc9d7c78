"""All that a batch of requests is judged and built with, gathered by a handful of statements."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from models.importing.batch import Batch, Desk
from models.importing.references import Found, referred
from models.key_store import Keys
from models.queries.agreements import Terms, load_current_terms
from models.queries.matches import cases_with_a_matching_account
from models.queries.tallies import load_tallies
from models.rules.entitlement import Tally
from models.rules.lifecycle import OPEN
from models.rules.release import why_withheld
from models.rules.vocabulary import Withheld
from models.tables import (
    Appointment,
    AssistCase,
    Client,
    Consultant,
    ExtraSessionsRequest,
    Organisation,
)

_CASES = (
    select(
        AssistCase.number,
        AssistCase.id,
        AssistCase.client_id,
        AssistCase.organisation_id,
        AssistCase.practice_id,
        AssistCase.status,
        AssistCase.entitled_sessions,
    )
    .where(AssistCase.client_id.not_in(select(Client.id).where(Client.erased_at.is_not(None))))
    .with_for_update()
)
_CONSULTANTS = select(Consultant.external_id, Consultant.id, Consultant.practice_id, Consultant.time_zone)
_APPOINTMENTS = select(Appointment.external_id, Appointment.id, Appointment.case_id)


@dataclass(frozen=True, slots=True)
class Facts:
    """``taken`` are the cases with an open request: it grows as rows are accepted."""

    cases: dict[str, Found]
    consultants: dict[str, Found]
    appointments: dict[str, Found]
    terms: Mapping[str, Terms]
    headcounts: dict[str, int | None]
    matched: set[str]
    keys: Keys
    tallies: dict[str, Tally]
    taken: set[str]

    def why_withheld(self, case: Found) -> Withheld | None:
        """Return why the case's organisation is not shown its requests."""
        terms = self.terms[case.organisation_id]
        return why_withheld(
            headcount=self.headcounts[case.organisation_id],
            smallest_headcount=terms.smallest_headcount,
            account_matches_client=case.id in self.matched,
            delegation=terms.delegation,
        )


async def gather(batch: Batch, desk: Desk) -> Facts:
    """Refuse the rows that refer to nothing, and return what the others need. Locks their cases."""
    cases = await referred(batch, desk, "case", query=_CASES, reason="names no case that has been loaded")
    consultants = await referred(
        batch, desk, "consultant", query=_CONSULTANTS, reason="names no consultant that has been loaded"
    )
    appointments = await referred(
        batch, desk, "appointment", query=_APPOINTMENTS, reason="names no appointment that has been loaded"
    )
    ids = {case.id: case.entitled_sessions for case in cases.values()}
    organisations = {case.organisation_id for case in cases.values()}
    return Facts(
        cases=cases,
        consultants=consultants,
        appointments=appointments,
        terms=await load_current_terms(desk.session, organisations),
        headcounts=await _headcounts(desk, organisations),
        matched=await cases_with_a_matching_account(desk.session, ids),
        keys=await desk.keys.opened({case.client_id for case in cases.values()}, desk.session),
        tallies=await load_tallies(desk.session, ids),
        taken=await _taken(desk, ids),
    )


async def _headcounts(desk: Desk, organisations: Collection[str]) -> dict[str, int | None]:
    query = select(Organisation.id, Organisation.headcount).where(Organisation.id.in_(organisations))
    return {each.id: each.headcount for each in await desk.session.execute(query)}


async def _taken(desk: Desk, cases: Collection[str]) -> set[str]:
    query = select(ExtraSessionsRequest.case_id).where(
        ExtraSessionsRequest.case_id.in_(cases), ExtraSessionsRequest.status.in_(OPEN)
    )
    return set((await desk.session.execute(query)).scalars())
