"""Reads of what one owed e-mail says and to whom: each built from a view made for its recipient."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from models.actor import SYSTEM, Actor
from models.queries.accounts import actor_of
from models.queries.agreements import load_terms
from models.queries.clients import load_clients
from models.queries.reading import Reading, Source
from models.queries.requests import request_of
from models.rules.confidentiality import Sensitivity
from models.rules.vocabulary import MailKind, Role
from models.tables import Account, AssistCase, Client, Consultant, ExtraSessionsRequest, Mail
from models.views.request import RequestView
from models.views.want import Want, asking

_ABOUT = asking(
    "id", "reference", "status", "outcome", "sessions_requested", "sessions_granted",
    decision=asking("reason"), deadlines=asking("kind", "due_at"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recipient:
    name: str
    address: str
    time_zone: str
    """The zone in which this recipient is told of moments."""


@dataclass(frozen=True, slots=True)
class OwedMail:
    mail_id: str
    kind: MailKind
    created_at: datetime
    recipient: Recipient | None
    """None where nothing may be sent: no address, an account that is gone, or a client marked "do not e-mail"."""
    request: RequestView
    """As the recipient may see it: an organisation's reviewer gets the projection."""


async def owed_mail(reading: Reading, mail_id: str) -> OwedMail | None:
    """Return what is to be sent, or None for a mail that was already accepted or suppressed. Only for SYSTEM."""
    source = reading.source
    statement = select(Mail.kind, Mail.account_id, Mail.request_id, Mail.created_at).where(
        Mail.id == mail_id, Mail.accepted_at.is_(None), Mail.suppressed_at.is_(None)
    )
    mail = (await source.execute(statement)).one_or_none()
    if mail is None:
        return None
    if mail.kind is MailKind.REVIEW_INVITATION:
        recipient, reader = await _reviewer(source, mail)
    elif mail.kind is MailKind.OUTCOME_CLIENT:
        recipient, reader = await _client(reading, mail.request_id), SYSTEM
    else:
        recipient, reader = await _consultant(source, mail.request_id), SYSTEM
    view = await request_of(replace(reading, by=reader), mail.request_id, _ABOUT)
    if view is None:  # a reviewer who may not see the request any more
        recipient, view = None, await request_of(reading, mail.request_id, Want())
    assert view is not None  # noqa: S101 - a mail's request is never deleted
    return OwedMail(mail_id, mail.kind, mail.created_at, recipient, view)


async def _reviewer(source: Source, mail: Any) -> tuple[Recipient | None, Actor]:
    """An account that was disabled since is not written to; moments are told in the organisation's own zone."""
    actor = await actor_of(source, mail.account_id)
    if actor is None:
        return None, SYSTEM
    email = (await source.execute(select(Account.email).where(Account.id == mail.account_id))).scalar_one()
    statement = select(ExtraSessionsRequest.agreement_id).where(ExtraSessionsRequest.id == mail.request_id)
    agreement_id = (await source.execute(statement)).scalar_one()
    zone = (await load_terms(source, {agreement_id}))[agreement_id].calendar.time_zone
    return Recipient(actor.name, email, zone), actor


async def _consultant(source: Source, request_id: str) -> Recipient | None:
    """The consultant, or the practice's manager in the place of one who has left."""
    statement = (
        select(Consultant.name, Consultant.email, Consultant.time_zone, Consultant.left_on, Consultant.practice_id)
        .join(ExtraSessionsRequest, ExtraSessionsRequest.consultant_id == Consultant.id)
        .where(ExtraSessionsRequest.id == request_id)
    )
    consultant = (await source.execute(statement)).one()
    if consultant.left_on is None:
        return Recipient(consultant.name, consultant.email, consultant.time_zone)
    managers = select(Account.name, Account.email, Account.time_zone).where(
        Account.practice_id == consultant.practice_id,
        Account.role == Role.PRACTICE_MANAGER,
        Account.disabled_at.is_(None),
    )
    manager = (await source.execute(managers.order_by(Account.created_at, Account.id).limit(1))).one_or_none()
    return Recipient(manager.name, manager.email, manager.time_zone) if manager else None


async def _client(reading: Reading, request_id: str) -> Recipient | None:
    statement = (
        select(Client.id, Client.do_not_email, AssistCase.id.label("case_id"))
        .join(AssistCase, AssistCase.client_id == Client.id)
        .join(ExtraSessionsRequest, ExtraSessionsRequest.case_id == AssistCase.id)
        .where(ExtraSessionsRequest.id == request_id)
    )
    row = (await reading.rows(statement))[0]
    if row.do_not_email:
        return None
    reading.note(Sensitivity.IDENTIFYING, {row.case_id})
    client = (await load_clients(reading, {row.id}, asking("display_name", "email")))[row.id]
    return Recipient(client.display_name, client.email, reading.by.time_zone) if client.email else None
