"""Reads of the session arithmetic: two statements for any number of cases."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from sqlalchemy import bindparam, func, select

from models.queries.reading import Source
from models.rules.entitlement import Tally
from models.rules.vocabulary import AppointmentStatus
from models.tables import Appointment, ExtraSessionsRequest, SessionGrant

_COUNTED: Final = (
    select(Appointment.case_id, Appointment.status, func.count().label("number"))
    .where(Appointment.case_id.in_(bindparam("cases", expanding=True)))
    .group_by(Appointment.case_id, Appointment.status)
)
_GRANTED: Final = (
    select(ExtraSessionsRequest.case_id, func.sum(SessionGrant.sessions).label("sessions"))
    .join(ExtraSessionsRequest, ExtraSessionsRequest.id == SessionGrant.request_id)
    .where(ExtraSessionsRequest.case_id.in_(bindparam("cases", expanding=True)))
    .group_by(ExtraSessionsRequest.case_id)
)


async def load_tallies(source: Source, entitled: Mapping[str, int]) -> dict[str, Tally]:
    """Return the tally of each case in ``entitled`` (case id to entitled sessions)."""
    counts: dict[str, dict[AppointmentStatus, int]] = defaultdict(dict)
    cases = {"cases": tuple(entitled)}
    for row in (await source.execute(_COUNTED, cases)).all():
        counts[row.case_id][row.status] = row.number
    grants = {row.case_id: int(row.sessions) for row in (await source.execute(_GRANTED, cases)).all()}
    return {case: Tally.of(sessions, grants.get(case, 0), counts[case]) for case, sessions in entitled.items()}
