"""The schema's names, arguments and nullabilities that front ends build on: they stay, whatever is added."""

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    print_ast,
)

from schema.build import print_sdl

OUTPUTS = {
    "Node": "id:ID!",
    "UserError": "message:String! path:[String!]",
    "Query": "viewer:Viewer! node:Node nodes:[Node]! calendar:AppointmentConnection! appointment:Appointment "
    "case:AssistCase request:ExtraSessionsRequest requests:ExtraSessionsRequestConnection! "
    "reviewQueue:ExtraSessionsRequestConnection! consultant:Consultant",
    "Viewer": "name:String! role:Role! organisation:Organisation practice:Practice consultant:Consultant "
    "timeZone:String!",
    "Appointment": "id:ID! startsAt:DateTime! endsAt:DateTime! status:AppointmentStatus! client:Client! "
    "case:AssistCase! consultant:Consultant!",
    "Client": "displayName:String! email:String phone:String dateOfBirth:Date employeeNumber:String "
    "cases:[AssistCase!] maskedFields:[String!]!",
    "AssistCase": "id:ID! number:String! status:CaseStatus! client:Client! organisation:Organisation! "
    "practice:Practice! appointments:AppointmentConnection! sessions:SessionTally! availableActions:[CaseAction!]! "
    "extraSessionsForm:ExtraSessionsForm! bookingHold:BookingHold! openRequest:ExtraSessionsRequest "
    "requests:ExtraSessionsRequestConnection!",
    "SessionTally": "entitled:Int! granted:Int! used:Int! scheduled:Int! remaining:Int!",
    "CaseAction": "enabled:Boolean! reason:String",
    "RequestAction": "enabled:Boolean! reason:String",
    "ExtraSessionsForm": "requestors:[Requestor!]! maximumSessions:Int! entitledSessions:Int! dateOfRequest:Date! "
    "goalCategories:[GoalCategoryOption!]! referralPathways:[ReferralPathwayOption!]! "
    "wouldNeedClinicalReview:Boolean guidelines:String",
    "BookingHold": "active:Boolean! bookableSessions:Int! reason:String enquiryAllowedAfter:DateTime",
    "ExtraSessionsRequest": "id:ID! reference:String! version:Int! status:RequestStatus! outcome:Outcome "
    "organisation:Organisation! case:AssistCase practice:Practice consultant:Consultant client:Client! "
    "requestor:Requestor reconsiderationOf:ExtraSessionsRequest sessionsRequested:Int! sessionsGranted:Int "
    "entitledSessions:Int! dateOfRequest:Date! goal:Goal! referralPathway:ReferralPathway! "
    "clinicalReview:ClinicalReview decision:Decision deadlines:[Deadline!]! timeline:[TimelineEntry!]! "
    "questions:[OrganisationQuestion!]! availableActions:[RequestAction!]! maskedFields:[String!]!",
    "Goal": "category:GoalCategory! statement:String",
    "ReferralPathway": "planned:Boolean! kind:ReferralPathwayKind detail:String",
    "Decision": "outcome:Outcome! sessionsGranted:Int reason:DeclineReason decidedOn:Date! decidedAt:DateTime",
    "Deadline": "kind:DeadlineKind! dueAt:DateTime! state:DeadlineState! metOn:Date metAt:DateTime",
    "TimelineEntry": "type:EventType! occurredOn:Date! occurredAt:DateTime summary:String!",
    "PageInfo": "hasNextPage:Boolean! hasPreviousPage:Boolean! startCursor:String endCursor:String",
    "AppointmentConnection": "edges:[AppointmentEdge!]! nodes:[Appointment!]! pageInfo:PageInfo!",
    "AppointmentEdge": "node:Appointment! cursor:String!",
    "ExtraSessionsRequestConnection": "edges:[ExtraSessionsRequestEdge!]! nodes:[ExtraSessionsRequest!]! "
    "pageInfo:PageInfo! totalCount:Int",
    "ExtraSessionsRequestEdge": "node:ExtraSessionsRequest! cursor:String!",
}
ARGUMENTS = {
    "Query.node": "id:ID!",
    "Query.nodes": "ids:[ID!]!",
    "Query.calendar": "from:Date! to:Date! consultantId:ID first:Int=50 after:String",
    "Query.appointment": "id:ID!",
    "Query.case": "by:CaseBy!",
    "Query.request": "by:RequestBy!",
    "Query.requests": "filter:RequestFilter orderBy:RequestOrder first:Int=20 after:String",
    "Query.reviewQueue": "first:Int=20 after:String",
    "Query.consultant": "id:ID!",
    "AssistCase.appointments": "first:Int=20 after:String",
    "AssistCase.extraSessionsForm": "sessionsRequested:Int",
    "AssistCase.requests": "first:Int=20 after:String",
}
REPEATABLE = "expectedVersion:Int idempotencyKey:ID"
INPUTS = {
    "CaseBy": "id:ID number:String",
    "RequestBy": "id:ID reference:String",
    "SubmitExtraSessionsRequestInput": "appointmentId:ID! requestor:Requestor!=CONSULTANT sessionsRequested:Int! "
    "dateOfRequest:Date! goal:GoalInput! referralPathway:ReferralPathwayInput! clientConsents:Boolean! "
    "idempotencyKey:ID",
    "ReviseExtraSessionsRequestInput": "requestId:ID! sessionsRequested:Int goal:GoalInput "
    f"referralPathway:ReferralPathwayInput {REPEATABLE}",
    "ConfirmExtraSessionsRequestInput": f"requestId:ID! {REPEATABLE}",
    "WithdrawExtraSessionsRequestInput": f"requestId:ID! {REPEATABLE}",
    "ApproveExtraSessionsRequestInput": f"requestId:ID! sessionsGranted:Int {REPEATABLE}",
    "DeclineExtraSessionsRequestInput": f"requestId:ID! reason:DeclineReason! {REPEATABLE}",
}
ENUMS = {
    "Role": "CONSULTANT PRACTICE_MANAGER ORG_REVIEWER CLINICAL_REVIEWER PROVIDER_STAFF INTEGRATOR",
    "AppointmentStatus": "SCHEDULED COMPLETED CANCELLED LATE_CANCELLED NOT_ATTENDED",
    "CaseStatus": "OPEN CLOSED",
    "Requestor": "CONSULTANT CLIENT PROVIDER",
    "Outcome": "APPROVED DECLINED",
    "GoalCategory": "RESTORE_FUNCTION CONSOLIDATE_GAINS COMPLETE_PLANNED_WORK MOVE_TO_OTHER_CARE OTHER",
    "ReferralPathwayKind": "GP_MENTAL_HEALTH_PLAN PRIVATE COMMUNITY_SERVICE SPECIALIST NONE_NEEDED NOT_YET_KNOWN",
    "DeadlineKind": "CONFIRMATION DETAILS CLINICAL_REVIEW DECISION ANSWER RELAY",
    "DeadlineState": "ON_TRACK AT_RISK OVERDUE PAUSED MET CANCELLED",
    "RequestStatus": "SUBMITTED AWAITING_DETAILS CLINICAL_REVIEW ORGANISATION_REVIEW INFORMATION_REQUESTED APPROVED "
    "DECLINED WITHDRAWN EXPIRED LAPSED CANCELLED",
    "DeclineReason": "BUDGET NOT_COVERED_BY_AGREEMENT OTHER_SUPPORT_AVAILABLE PREFERS_NEW_CASE OTHER",
}
DECISION_CODES = "ALREADY_DECIDED NOT_OPEN STALE_VERSION NOT_ALLOWED NOT_FOUND IDEMPOTENCY_KEY_REUSED"
CODES = {
    "Submit": "CASE_CLOSED TOO_MANY_SESSIONS NO_SESSIONS DATE_NOT_TODAY OPEN_REQUEST_EXISTS CONSENT_MISSING "
    "REQUESTOR_NOT_ALLOWED TEXT_MISSING TEXT_TOO_LONG TEXT_INVALID NOT_ALLOWED NOT_FOUND IDEMPOTENCY_KEY_REUSED",
    "Revise": "NOT_OPEN STALE_VERSION NOT_ALLOWED NOT_FOUND TOO_MANY_SESSIONS NO_SESSIONS IDEMPOTENCY_KEY_REUSED",
    "Confirm": "ALREADY_CONFIRMED NOT_OPEN STALE_VERSION NOT_ALLOWED NOT_FOUND CASE_CLOSED IDEMPOTENCY_KEY_REUSED",
    "Withdraw": "NOT_OPEN STALE_VERSION NOT_ALLOWED NOT_FOUND IDEMPOTENCY_KEY_REUSED",
    "Approve": f"{DECISION_CODES} TOO_MANY_SESSIONS NO_SESSIONS",
    "Decline": DECISION_CODES,
}


@pytest.fixture(scope="module")
def sdl() -> GraphQLSchema:
    """The contract as a front end's tools read it."""
    return build_schema(print_sdl())


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_type_keeps_its_fields_and_what_may_be_null(sdl: GraphQLSchema, name: str) -> None:
    kind = sdl.type_map[name]
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    assert set(OUTPUTS[name].split()) <= {f"{field}:{held.type}" for field, held in kind.fields.items()}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_field_keeps_its_arguments_and_asks_for_no_more(sdl: GraphQLSchema, name: str) -> None:
    type_name, field_name = name.split(".")
    kind = sdl.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    arguments = {f"{each}:{held.type}{_default(held)}" for each, held in kind.fields[field_name].args.items()}
    assert set(ARGUMENTS[name].split()) <= arguments
    assert not {each for each in arguments - set(ARGUMENTS[name].split()) if each.endswith("!")}


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_keeps_its_fields_and_asks_for_no_more(sdl: GraphQLSchema, name: str) -> None:
    kind = sdl.type_map[name]
    assert isinstance(kind, GraphQLInputObjectType)
    fields = {f"{each}:{held.type}{_default(held)}" for each, held in kind.fields.items()}
    assert set(INPUTS[name].split()) <= fields
    assert not {each for each in fields - set(INPUTS[name].split()) if each.endswith("!")}


@pytest.mark.parametrize("name", ["CaseBy", "RequestBy"])
def test_an_object_is_named_in_exactly_one_way(sdl: GraphQLSchema, name: str) -> None:
    kind = sdl.type_map[name]
    assert isinstance(kind, GraphQLInputObjectType)
    assert kind.is_one_of


@pytest.mark.parametrize("name", ENUMS)
def test_an_enum_keeps_its_values(sdl: GraphQLSchema, name: str) -> None:
    kind = sdl.type_map[name]
    assert isinstance(kind, GraphQLEnumType)
    assert set(ENUMS[name].split()) <= set(kind.values)


@pytest.mark.parametrize("verb", CODES)
def test_a_mutation_keeps_its_shape_and_its_codes(sdl: GraphQLSchema, verb: str) -> None:
    """One input, one payload with the nullable entity, errors of its own with an enum of its own."""
    name = f"{verb}ExtraSessionsRequest"
    assert sdl.mutation_type is not None
    mutation = sdl.mutation_type.fields[name[0].lower() + name[1:]]
    payload, error, codes = (sdl.type_map[name + part] for part in ("Payload", "Error", "ErrorCode"))
    assert isinstance(payload, GraphQLObjectType)
    assert isinstance(error, GraphQLObjectType)
    assert isinstance(codes, GraphQLEnumType)
    assert {each: str(held.type) for each, held in mutation.args.items()} == {"input": f"{name}Input!"}
    assert str(mutation.type) == f"{name}Payload!"
    assert {each: str(held.type) for each, held in payload.fields.items()} == {
        "request": "ExtraSessionsRequest",
        "userErrors": f"[{name}Error!]!",
    }
    assert [each.name for each in error.interfaces] == ["UserError"]
    assert str(error.fields["code"].type) == f"{name}ErrorCode!"
    assert set(CODES[verb].split()) <= set(codes.values)


@pytest.mark.parametrize("name", ["Appointment", "AssistCase", "ExtraSessionsRequest"])
def test_what_has_an_id_of_its_own_is_a_node(sdl: GraphQLSchema, name: str) -> None:
    kind = sdl.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    assert [each.name for each in kind.interfaces] == ["Node"]


def test_a_client_has_no_id_that_could_link_two_requests(sdl: GraphQLSchema) -> None:
    kind = sdl.type_map["Client"]
    assert isinstance(kind, GraphQLObjectType)
    assert "id" not in kind.fields
    assert kind.interfaces == ()


def _default(held: GraphQLArgument | GraphQLInputField) -> str:
    """Return a default as the table has it; to leave a value out, or to say null, is the same."""
    node = held.ast_node.default_value if held.ast_node else None
    written = print_ast(node) if node else "null"
    return "" if written == "null" else f"={written}"
