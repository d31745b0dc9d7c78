"""One mapped table a file; importing this package registers them all."""

from models.tables.access_event import AccessEvent, AccessHead
from models.tables.account import Account
from models.tables.agreement import Agreement
from models.tables.appointment import Appointment
from models.tables.assist_case import AssistCase
from models.tables.base import Base
from models.tables.client import Client, ClientIdentity, ClientKey
from models.tables.consultant import Consultant
from models.tables.deadline import Deadline
from models.tables.event import Event, EventHead
from models.tables.extra_sessions_request import ExtraSessionsRequest
from models.tables.idempotency_record import IdempotencyRecord
from models.tables.job import Job
from models.tables.mail import Mail
from models.tables.organisation import Organisation
from models.tables.practice import Practice
from models.tables.session_grant import SessionGrant

__all__ = [
    "AccessEvent",
    "AccessHead",
    "Account",
    "Agreement",
    "Appointment",
    "AssistCase",
    "Base",
    "Client",
    "ClientIdentity",
    "ClientKey",
    "Consultant",
    "Deadline",
    "Event",
    "EventHead",
    "ExtraSessionsRequest",
    "IdempotencyRecord",
    "Job",
    "Mail",
    "Organisation",
    "Practice",
    "SessionGrant",
]
