"""Shows each field's sensitivity in the schema: the record's from the table that the data layer masks by.

What is declared here carries the record, or is about the viewer alone; it tells no more than what it carries.
"""

from collections.abc import Iterator
from typing import Final

import strawberry
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from models.rules.confidentiality import FIELDS, Sensitivity

R, L, *_ = Sensitivity

_CARRIERS: Final[dict[str, dict[str, Sensitivity]]] = {
    "Query": {
        "viewer": R,
        "node": R,
        "nodes": R,
        "calendar": L,
        "appointment": L,
        "case": L,
        "consultant": L,
        "request": R,
        "requests": R,
        "review_queue": R,
        "access_events": L,
        "staff_tasks": L,
        "webhooks": L,
        "request_summary": R,
        "request_statistics": L,
        "events": R,
    },
    "Mutation": dict.fromkeys(
        (
            "submit_extra_sessions_request",
            "revise_extra_sessions_request",
            "confirm_extra_sessions_request",
            "approve_extra_sessions_request",
            "decline_extra_sessions_request",
            "withdraw_extra_sessions_request",
            "answer_further_details",
            "record_clinical_review",
            "ask_organisation_question",
            "draft_answer",
            "release_answer",
            "confirm_relay",
            "complete_task",
            "reconsider_extra_sessions_request",
            "close_case",
            "register_webhook",
            "change_webhook",
            "rotate_webhook_secret",
            "switch_webhook",
            "replay_webhook",
        ),
        R,
    ),
    "Subscription": dict.fromkeys(("events", "extra_sessions_request"), R),
    "EventConnection": dict.fromkeys(("nodes", "edges", "page_info"), R),
    "CloseCasePayload": {"case": L, "user_errors": R},
    "CompleteTaskPayload": {"task": L, "user_errors": R},
    "ChangeWebhookPayload": {"webhook": L, "user_errors": R},
    "RegisterWebhookPayload": {"webhook": L, "secret": L, "user_errors": R},
    "ReplayWebhookPayload": {"webhook": L, "user_errors": R},
    "RotateWebhookSecretPayload": {"webhook": L, "secret": L, "user_errors": R},
    "SwitchWebhookPayload": {"webhook": L, "user_errors": R},
    "Viewer": {"name": R, "role": R, "organisation": R, "practice": L, "consultant": L, "time_zone": R},
    "ExtraSessionsForm": {
        "requestors": L,
        "maximum_sessions": L,
        "entitled_sessions": L,
        "date_of_request": L,
        "goal_categories": L,
        "referral_pathways": L,
        "guidelines": L,
        "would_need_clinical_review": L,
        "clinical_review_estimate": L,
    },
    "ClinicalReviewEstimate": dict.fromkeys(
        ("used", "scheduled", "remaining", "requested", "total", "threshold", "needed"), L
    ),
    "GoalCategoryOption": dict.fromkeys(("value", "label"), R),
    "ReferralPathwayOption": dict.fromkeys(("value", "label", "planned"), R),
    "QuestionTopicOption": dict.fromkeys(("value", "label"), R),
    "Node": {"id": R},
    "PageInfo": dict.fromkeys(("has_next_page", "has_previous_page", "start_cursor", "end_cursor"), R),
    "UserError": dict.fromkeys(("message", "path"), R),
}
_FAMILIES: Final[dict[str, dict[str, Sensitivity]]] = {
    "Connection": dict.fromkeys(("nodes", "edges", "page_info", "total_count"), R),
    "Edge": dict.fromkeys(("node", "cursor"), R),
    "Payload": dict.fromkeys(("request", "user_errors"), R),
    "Error": dict.fromkeys(("message", "path", "code"), R),
}
"""By how a type's name ends: one declaration for all of a kind. A field beyond it does not build."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="sensitivity",
    description="How much a field could tell about a client; decides for which roles it is masked.",
)
class SensitivityDirective:
    level: Sensitivity = strawberry.directive_field(name="level")


def show_sensitivity(schema: strawberry.Schema) -> None:
    """Put the directive on every field. Raises LookupError where a declaration and the schema don't agree.

    That is a field without a sensitivity, and as well a declaration of what is no longer there.
    """
    named = set[str]()
    for kind in _types_of(schema):
        levels = _declared(kind.name)
        shown = {_python_name(field) for field in kind.fields.values()}
        if shown != set(levels):
            apart = ", ".join(f"{kind.name}.{field}" for field in sorted(shown ^ set(levels)))
            msg = f"declared or there, but not both: the sensitivity of {apart}"
            raise LookupError(msg)
        for field in kind.fields.values():
            presented = _presented(field)
            presented.directives = [SensitivityDirective(level=levels[_python_name(field)])]
        named.add(kind.name)
    if gone := {*FIELDS, *_CARRIERS} - named:
        msg = f"a sensitivity is declared for types that are not there: {', '.join(sorted(gone))}"
        raise LookupError(msg)


def _types_of(schema: strawberry.Schema) -> Iterator[GraphQLObjectType | GraphQLInterfaceType]:
    for name, kind in schema._schema.type_map.items():  # noqa: SLF001 - the finished types; Strawberry has no public way
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__"):
            yield kind


def _declared(name: str) -> dict[str, Sensitivity]:
    if own := FIELDS.get(name) or _CARRIERS.get(name):
        return own
    families = [levels for ending, levels in _FAMILIES.items() if name.endswith(ending)]
    return families[0] if families else {}


def _presented(field: GraphQLField) -> StrawberryField:
    presented: StrawberryField = field.extensions["strawberry-definition"]
    return presented


def _python_name(field: GraphQLField) -> str:
    return _presented(field).python_name
