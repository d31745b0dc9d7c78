"""Every actor that a worker carries out. A job whose actor is not listed is tried again, and is dead in the end."""

from jobs.actor import ActorSpec
from jobs.outcome_email import outcome_email_client, outcome_email_consultant
from jobs.received_email import received_email
from jobs.release_request import release_request
from jobs.review_invitation import review_invitation

ACTORS: tuple[ActorSpec, ...] = (
    release_request,
    received_email,
    review_invitation,
    outcome_email_consultant,
    outcome_email_client,
)
