"""Reads of all that could tell an organisation who a request is about, so that a text can be checked for it."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from models.queries.clients import SEALED_FIELDS, load_clients, may_identify
from models.queries.reading import Reading
from models.rules.confidentiality import Sensitivity
from models.rules.identifiers import KnownIdentifiers
from models.rules.refusals import NotAllowed, NotFound
from models.scope import named, visible_requests
from models.tables import Agreement, Appointment, AssistCase, Consultant, ExtraSessionsRequest, Practice
from models.views.want import asking


async def known_identifiers(reading: Reading, request_id: str) -> KnownIdentifiers:
    """Return what is known of the people behind a request, for the rules alone: it goes into no view.

    Takes in all of the client's cases, closed ones and those of another practice too: they tell who it is as well.
    """
    if not may_identify(reading):
        raise NotAllowed
    request = await _request(reading, request_id)
    cases = await reading.rows(
        select(AssistCase.id, AssistCase.number, Practice.name, Practice.suburb, Practice.time_zone)
        .join(Practice, Practice.id == AssistCase.practice_id)
        .where(AssistCase.client_id == request.client_id)
    )
    appointments = await reading.rows(
        select(Appointment.starts_at, Appointment.consultant_id).where(
            Appointment.case_id.in_({case.id for case in cases})
        )
    )
    consultants = await reading.rows(
        select(Consultant.name, Consultant.email, Consultant.time_zone).where(
            Consultant.id.in_({request.consultant_id, *(each.consultant_id for each in appointments)})
        )
    )
    reading.note(Sensitivity.IDENTIFYING, {request.case_id})
    client = (await load_clients(reading, {request.client_id}, asking(*SEALED_FIELDS)))[request.client_id]
    zones = {request.time_zone, *(each.time_zone for each in (*cases, *consultants))}
    return KnownIdentifiers(
        client_name=client.display_name,
        client_email=client.email,
        client_phone=client.phone,
        date_of_birth=client.date_of_birth,
        employee_number=client.employee_number,
        case_numbers=frozenset(case.number for case in cases),
        appointment_days=_days((each.starts_at for each in appointments), zones),
        consultant_names=frozenset(each.name for each in consultants),
        consultant_emails=frozenset(each.email for each in consultants),
        practice_names=frozenset(case.name for case in cases),
        practice_suburbs=frozenset(case.suburb for case in cases),
    )


async def _request(reading: Reading, request_id: str) -> Any:
    rows = await reading.rows(
        select(
            ExtraSessionsRequest.case_id,
            ExtraSessionsRequest.consultant_id,
            AssistCase.client_id,
            Agreement.time_zone,
        )
        .join(AssistCase, AssistCase.id == ExtraSessionsRequest.case_id)
        .join(Agreement, Agreement.id == ExtraSessionsRequest.agreement_id)
        .where(named(ExtraSessionsRequest.id, request_id), visible_requests(reading.by, reading.now))
    )
    if not rows:
        raise NotFound("requestId")
    return rows[0]


def _days(moments: Iterable[datetime], zones: Iterable[str]) -> frozenset[date]:
    """Return every day that a moment is, wherever whoever speaks of it may be."""
    return frozenset(moment.astimezone(ZoneInfo(zone)).date() for moment, zone in product(set(moments), zones))
