"""One mapped table a file; importing this package registers them all."""

from models.tables.access_event import AccessEvent, AccessHead
from models.tables.account import Account
from models.tables.account_token import AccountToken
from models.tables.agreement import Agreement
from models.tables.appointment import Appointment
from models.tables.assist_case import AssistCase
from models.tables.base import Base
from models.tables.browser_session import BrowserSession
from models.tables.client import Client, ClientIdentity
from models.tables.consultant import Consultant
from models.tables.deadline import Deadline
from models.tables.deployment import Deployment
from models.tables.event import Event, EventHead
from models.tables.extra_sessions_request import ExtraSessionsRequest
from models.tables.further_details import FurtherDetails
from models.tables.idempotency_record import IdempotencyRecord
from models.tables.job import Job
from models.tables.mail import Mail
from models.tables.organisation import Organisation
from models.tables.organisation_question import OrganisationQuestion
from models.tables.practice import Practice
from models.tables.session_grant import SessionGrant
from models.tables.staff_task import StaffTask
from models.tables.suppressed_address import SuppressedAddress
from models.tables.webhook_endpoint import WebhookEndpoint

__all__ = [
    "AccessEvent",
    "AccessHead",
    "Account",
    "AccountToken",
    "Agreement",
    "Appointment",
    "AssistCase",
    "Base",
    "BrowserSession",
    "Client",
    "ClientIdentity",
    "Consultant",
    "Deadline",
    "Deployment",
    "Event",
    "EventHead",
    "ExtraSessionsRequest",
    "FurtherDetails",
    "IdempotencyRecord",
    "Job",
    "Mail",
    "Organisation",
    "OrganisationQuestion",
    "Practice",
    "SessionGrant",
    "StaffTask",
    "SuppressedAddress",
    "WebhookEndpoint",
]
