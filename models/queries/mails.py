"""Reads of what one owed e-mail says and to whom: each built from a view made for its recipient."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from models.actor import SYSTEM, Actor
from models.queries.accounts import actor_and_address
from models.queries.clients import load_clients
from models.queries.reading import Reading, Source
from models.queries.requests import request_of
from models.rules.confidentiality import Sensitivity
from models.rules.mails import READERS, still_true
from models.rules.matching import matchable_email
from models.rules.vocabulary import MailKind, Role
from models.tables import (
    Account,
    Agreement,
    AssistCase,
    Client,
    Consultant,
    ExtraSessionsRequest,
    Mail,
    SuppressedAddress,
)
from models.views.request import RequestView
from models.views.want import Want, asking, merged

_NAME = asking("id", "reference", "status")
_DUE = asking(deadlines=asking("kind", "due_at"))
_OUTCOME = asking("outcome", "sessions_requested", "sessions_granted")
_MORE: Final[Mapping[MailKind, Want]] = {
    MailKind.RECEIVED: merged(_DUE, asking("sessions_requested")),
    MailKind.DETAILS_NEEDED: _DUE,
    MailKind.DETAILS_REMINDER: _DUE,
    MailKind.QUESTION_ASKED: merged(_DUE, asking(questions=asking("topic", "text"))),
    MailKind.OUTCOME_CONSULTANT: merged(_OUTCOME, asking(decision=asking("reason"), reconsideration_of=asking("id"))),
    MailKind.OUTCOME_CLIENT: _OUTCOME,
    MailKind.REVIEW_INVITATION: _DUE,
    MailKind.REVIEW_REMINDER: _DUE,
    MailKind.REVIEW_RESUMED: merged(_DUE, asking("timeline")),
    MailKind.OVERDUE_BACKUP: _DUE,
    MailKind.OVERDUE_STAFF: _DUE,
    MailKind.CLINICAL_REVIEW_WAITING: merged(_DUE, asking(case=asking("number"))),
    MailKind.ANSWER_DRAFTED: _DUE,
    MailKind.DECISION_NEEDED: _DUE,
    MailKind.RELAY_STUCK: _DUE,
}
"""What a kind says beside the name of the request; where one is not listed, nothing is read for it."""
_WANT: Final = {kind: merged(_NAME, _MORE.get(kind, Want())) for kind in MailKind}

_OPEN_MAIL: Final = select(Mail.kind, Mail.account_id, Mail.request_id, Mail.created_at).where(
    Mail.id == bindparam("mail_id"),
    Mail.accepted_at.is_(None),
    Mail.suppressed_at.is_(None),
    Mail.rejected_at.is_(None),
)
_SUPPRESSED: Final = select(SuppressedAddress.mail_id).where(SuppressedAddress.email_index == bindparam("address"))
_CONSULTANT: Final = (
    select(Consultant.name, Consultant.email, Consultant.time_zone, Consultant.left_on, AssistCase.practice_id)
    .join(ExtraSessionsRequest, ExtraSessionsRequest.consultant_id == Consultant.id)
    .join(AssistCase, AssistCase.id == ExtraSessionsRequest.case_id)
    .where(ExtraSessionsRequest.id == bindparam("request_id"))
)


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
    """None where nothing is to be sent: no address, one that sent a mail back, an account that is gone or has another
    role by now, a client marked "do not e-mail", or a request that has moved on, so that the mail would not be true."""
    request: RequestView
    """As the recipient may see it: an organisation's reviewer gets the projection."""
    address_index: bytes | None
    """Blind index of the recipient's address, to be recorded with what becomes of the mail."""


async def owed_mail(reading: Reading, mail_id: str) -> OwedMail | None:
    """Return what is to be sent, or None for a mail whose end is on record. Only for SYSTEM."""
    source = reading.source
    mail = (await source.execute(_OPEN_MAIL, {"mail_id": mail_id})).one_or_none()
    if mail is None:
        return None
    recipient, reader = await _addressee(reading, mail)
    view = await request_of(replace(reading, by=reader), mail.request_id, _WANT[mail.kind])
    if view is None:  # a reviewer who may not see the request any more
        recipient, view = None, await request_of(reading, mail.request_id, Want())
    elif not still_true(mail.kind, view.status):
        recipient = None
    assert view is not None  # noqa: S101 - a mail's request is never deleted
    index = None if recipient is None else reading.vault.blind_index("email", matchable_email(recipient.address))
    if (await source.execute(_SUPPRESSED, {"address": index})).first() is not None:
        recipient, index = None, None
    return OwedMail(mail_id, mail.kind, mail.created_at, recipient, view, index)


async def _addressee(reading: Reading, mail: Any) -> tuple[Recipient | None, Actor]:
    """Return to whom a mail goes, and through whose eyes its request is read."""
    if mail.account_id is not None:
        return await _account(reading.source, mail)
    if mail.kind is MailKind.OVERDUE_BACKUP:
        return await _backup(reading.source, mail.request_id)
    if mail.kind is MailKind.OUTCOME_CLIENT:
        return await _client(reading, mail.request_id), SYSTEM
    return await _consultant(reading.source, mail.request_id), SYSTEM


async def _account(source: Source, mail: Any) -> tuple[Recipient | None, Actor]:
    """An account that was disabled, or given another role since, is not written to.

    Reviewers are told moments in their organisation's zone.
    """
    found = await actor_and_address(source, mail.account_id)
    if found is None or found[0].role is not READERS[mail.kind]:
        return None, SYSTEM
    actor, email = found
    if actor.role is not Role.ORG_REVIEWER:
        return Recipient(actor.name, email, actor.time_zone), actor
    zone = (await source.execute(_terms_of(mail.request_id, Agreement.time_zone))).scalar_one()
    return Recipient(actor.name, email, zone), actor


async def _backup(source: Source, request_id: str) -> tuple[Recipient | None, Actor]:
    """The agreement's backup reviewer has an address and no account; they may know what any reviewer may."""
    columns = (Agreement.backup_reviewer, Agreement.time_zone, Agreement.organisation_id)
    terms = (await source.execute(_terms_of(request_id, *columns))).one()
    reader = Actor(None, "Backup reviewer", Role.ORG_REVIEWER, terms.organisation_id, time_zone=terms.time_zone)
    if terms.backup_reviewer is None:
        return None, reader
    return Recipient("", terms.backup_reviewer, terms.time_zone), reader


def _terms_of(request_id: str, *columns: Any) -> Select[Any]:
    request = ExtraSessionsRequest
    return select(*columns).join(request, request.agreement_id == Agreement.id).where(request.id == request_id)


async def _consultant(source: Source, request_id: str) -> Recipient | None:
    """The consultant, or in the place of one who has left the manager of the case's practice: no other may see it."""
    consultant = (await source.execute(_CONSULTANT, {"request_id": request_id})).one()
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
