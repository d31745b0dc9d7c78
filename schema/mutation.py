"""Every write, one line each: the files of ``schema/mutations`` hold their inputs, errors and payloads."""

import strawberry

from schema.mutations.approve_request import approve_extra_sessions_request
from schema.mutations.confirm_request import confirm_extra_sessions_request
from schema.mutations.decline_request import decline_extra_sessions_request
from schema.mutations.revise_request import revise_extra_sessions_request
from schema.mutations.submit_request import submit_extra_sessions_request
from schema.mutations.withdraw_request import withdraw_extra_sessions_request


@strawberry.type(
    description="Everything that can be done. A refusal is a typed entry of `userErrors`, and changes nothing."
)
class Mutation:
    submit_extra_sessions_request = submit_extra_sessions_request
    revise_extra_sessions_request = revise_extra_sessions_request
    confirm_extra_sessions_request = confirm_extra_sessions_request
    withdraw_extra_sessions_request = withdraw_extra_sessions_request
    approve_extra_sessions_request = approve_extra_sessions_request
    decline_extra_sessions_request = decline_extra_sessions_request
