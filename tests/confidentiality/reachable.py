"""What an organisation's people can reach at all: each field and each error code, worked out from the schema itself.

A field that a role may not read is reached all the same: it is answered with null. What lies below it is not.
"""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
)

from api import errors
from api.limits import too_complex
from models.actor import Actor
from models.rules import lifecycle
from models.rules.confidentiality import Sensitivity, may_read
from models.rules.lifecycle import Move
from models.rules.refusals import Refusal
from models.rules.vocabulary import Role
from schema.mutations.answering import CODES
from tests.schema.widest import the_schema


def reachable_fields(by: Actor) -> set[str]:
    """Return each field that this actor can select on an object that is there, as ``Type.field``."""
    schema, found = the_schema(), set[str]()
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert schema.subscription_type is not None
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        _enter(root, by, found)
    return found


def _enter(kind: GraphQLObjectType, by: Actor, found: set[str]) -> None:
    for name, field in kind.fields.items():
        called = f"{kind.name}.{name}"
        if called in found:
            continue
        found.add(called)
        if may_read(by, sensitivity_of(field)):
            for below in _objects(field):
                if _is_shown(below, by):
                    _enter(below, by, found)


def _objects(field: GraphQLField) -> Iterator[GraphQLObjectType]:
    below = get_named_type(field.type)
    if isinstance(below, GraphQLInterfaceType):
        yield from the_schema().get_possible_types(below)
    elif isinstance(below, GraphQLObjectType):
        yield below


def _is_shown(kind: GraphQLObjectType, by: Actor) -> bool:
    """Whether this actor can be shown such an object: by its id where it has one, else by any field.

    Nor is there an edge without its node.
    """
    if kind.name == "RequestAction":  # a role that moves nothing is listed no actions
        return any(lifecycle.role_may(by.role, move) for move in Move)
    telling = [kind.fields["id"]] if "id" in kind.fields else list(kind.fields.values())
    if not any(may_read(by, sensitivity_of(field)) for field in telling):
        return False
    nodes = [field for field in kind.fields.values() if isinstance(field.type, GraphQLNonNull)]
    held = [get_named_type(field.type) for field in nodes if isinstance(field.type.of_type, GraphQLObjectType)]
    return all(_is_shown(each, by) for each in held if isinstance(each, GraphQLObjectType) and each is not kind)


def sensitivity_of(field: GraphQLField) -> Sensitivity:
    """Return what the schema's directive declares."""
    directives: Any = field.ast_node and field.ast_node.directives
    [level] = [each.arguments[0].value.value for each in directives if each.name.value == "sensitivity"]
    return Sensitivity(level)


def reachable_codes(by: Actor) -> set[str]:
    """Return each code that this actor can be answered: top-level ones bare, a mutation's own as ``Type.CODE``."""
    return set(_top_level_codes()) | set(_user_error_codes(by))


def _top_level_codes() -> Iterator[str]:
    yield from (errors.BAD_USER_INPUT, errors.INTERNAL_SERVER_ERROR, errors.UNAUTHENTICATED)
    extensions: Any = too_complex("depth", 1).extensions
    yield str(extensions["code"])
    yield from (refusal.code for refusal in _refusals(Refusal) if refusal.code not in CODES)


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for refusal in kind.__subclasses__():
        yield refusal
        yield from _refusals(refusal)


def _user_error_codes(by: Actor) -> Iterator[str]:
    mutation = the_schema().mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        payload: Any = get_named_type(field.type)
        error: Any = get_named_type(payload.fields["userErrors"].type)
        codes: Any = get_named_type(error.fields["code"].type)
        assert isinstance(codes, GraphQLEnumType)
        told = sorted(codes.values) if _may(by, name) else ["NOT_ALLOWED"]
        yield from (f"{error.name}.{code}" for code in told)


_MOVES = {
    "answerFurtherDetails": Move.ANSWER_DETAILS,
    "recordClinicalReview": Move.ENDORSE,
    "askOrganisationQuestion": Move.ASK_QUESTION,
    "draftAnswer": Move.DRAFT_ANSWER,
    "releaseAnswer": Move.RELEASE_ANSWER,
    **{f"{move.lower()}ExtraSessionsRequest": move for move in (Move.REVISE, Move.CONFIRM, Move.WITHDRAW)},
    **{f"{move.lower()}ExtraSessionsRequest": move for move in (Move.APPROVE, Move.DECLINE)},
}
_ROLES = {
    "submitExtraSessionsRequest": lifecycle.SUBMITTERS,
    "reconsiderExtraSessionsRequest": lifecycle.SUBMITTERS,
    "closeCase": lifecycle.CASE_CLOSERS,
    "confirmRelay": {Role.PROVIDER_STAFF},
    "completeTask": {Role.PROVIDER_STAFF},
    **{f"{verb}Webhook": {Role.PROVIDER_STAFF} for verb in ("register", "change", "switch", "replay")},
    "rotateWebhookSecret": {Role.PROVIDER_STAFF},
}
"""Whose each mutation is that is no move of the request's life."""


def _may(by: Actor, mutation: str) -> bool:
    """Whether this role can do it at all; one that can't is told so, whatever the input."""
    return by.role in _ROLES[mutation] if mutation in _ROLES else lifecycle.role_may(by.role, _MOVES[mutation])
