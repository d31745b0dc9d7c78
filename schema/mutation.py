"""Every write, one line each: the files of ``schema/mutations`` hold their inputs, errors and payloads."""

import strawberry

from schema.mutations.answer_details import answer_further_details
from schema.mutations.approve_request import approve_extra_sessions_request
from schema.mutations.ask_question import ask_organisation_question
from schema.mutations.change_webhook import change_webhook
from schema.mutations.close_case import close_case
from schema.mutations.complete_task import complete_task
from schema.mutations.confirm_relay import confirm_relay
from schema.mutations.confirm_request import confirm_extra_sessions_request
from schema.mutations.decline_request import decline_extra_sessions_request
from schema.mutations.draft_answer import draft_answer
from schema.mutations.reconsider_request import reconsider_extra_sessions_request
from schema.mutations.record_clinical_review import record_clinical_review
from schema.mutations.register_webhook import register_webhook
from schema.mutations.release_answer import release_answer
from schema.mutations.replay_webhook import replay_webhook
from schema.mutations.revise_request import revise_extra_sessions_request
from schema.mutations.rotate_webhook_secret import rotate_webhook_secret
from schema.mutations.submit_request import submit_extra_sessions_request
from schema.mutations.switch_webhook import switch_webhook
from schema.mutations.withdraw_request import withdraw_extra_sessions_request


@strawberry.type(
    description="Everything that can be done. A refusal is a typed entry of `userErrors`, and changes nothing."
)
class Mutation:
    submit_extra_sessions_request = submit_extra_sessions_request
    revise_extra_sessions_request = revise_extra_sessions_request
    confirm_extra_sessions_request = confirm_extra_sessions_request
    withdraw_extra_sessions_request = withdraw_extra_sessions_request
    answer_further_details = answer_further_details
    record_clinical_review = record_clinical_review
    approve_extra_sessions_request = approve_extra_sessions_request
    decline_extra_sessions_request = decline_extra_sessions_request
    ask_organisation_question = ask_organisation_question
    draft_answer = draft_answer
    release_answer = release_answer
    confirm_relay = confirm_relay
    complete_task = complete_task
    reconsider_extra_sessions_request = reconsider_extra_sessions_request
    close_case = close_case
    register_webhook = register_webhook
    change_webhook = change_webhook
    rotate_webhook_secret = rotate_webhook_secret
    switch_webhook = switch_webhook
    replay_webhook = replay_webhook
