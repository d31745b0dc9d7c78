"""Programs written by hand, to reach on purpose every field and every code that an organisation's people can reach."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from models.rules.vocabulary import DeclineReason, Delegation, GoalCategory, QuestionTopic, ReleaseRule, RequestStatus
from tests.confidentiality.arguments import Hole
from tests.confidentiality.directed_streams import a_followed_day, follows_all, too_late
from tests.confidentiality.plots import Known, Plot
from tests.confidentiality.programs import BROKEN, Batch, Break, Do, Hide, Say, Step
from tests.confidentiality.walk import Document
from tests.schema.widest import everything_of, the_schema

_STATUSES = (
    *(RequestStatus.ORGANISATION_REVIEW, RequestStatus.ORGANISATION_REVIEW, RequestStatus.APPROVED),
    *(RequestStatus.DECLINED, RequestStatus.WITHDRAWN, RequestStatus.INFORMATION_REQUESTED),
    *(RequestStatus.ORGANISATION_REVIEW, RequestStatus.ORGANISATION_REVIEW, RequestStatus.ORGANISATION_REVIEW),
)
_HOLES = tuple(Hole("known", "req", index) for index in range(len(_STATUSES)))
_TO_APPROVE, _TO_DECLINE, _APPROVED, _DECLINED, _WITHDRAWN, _WAITING, _ASKED_TWICE, _LATE, _TO_ASK = _HOLES
_NOBODYS = Hole("unknown", "req")
_REQUEST = everything_of("ExtraSessionsRequest", 3)
_LIST = everything_of("ExtraSessionsRequestConnection", 4)
_QUESTIONS = {
    "viewer": "viewer " + everything_of("Viewer"),
    "node": f"node(id: $id) {{ __typename ... on ExtraSessionsRequest {_REQUEST} }}",
    "nodes": f"nodes(ids: [$id]) {{ __typename ... on ExtraSessionsRequest {_REQUEST} }}",
    "request": f"request(by: {{id: $id}}) {_REQUEST}",
    "requests": f"requests(first: 2) {_LIST}",
    "reviewQueue": f"reviewQueue(first: 2) {_LIST}",
    "appointment": "appointment(id: $id) { __typename id }",
    "case": "case(by: {id: $id}) { __typename id }",
    "consultant": "consultant(id: $id) { __typename id }",
    "calendar": f'calendar(from: "2026-11-23", to: "2026-11-24") {everything_of("AppointmentConnection", 3)}',
    "accessEvents": "accessEvents { __typename totalCount }",
    "requestSummary": f"requestSummary {everything_of('RequestSummary')}",
    "requestStatistics": 'requestStatistics(from: "2026-11-01", to: "2026-11-30", by: MONTH) { __typename csv }',
    "staffTasks": "staffTasks { __typename totalCount }",
    "webhooks": "webhooks { __typename totalCount }",
    "events": f"events(first: 3) {everything_of('EventConnection', 4)}",
}
"""What to ask of each root field."""
_INPUTS: dict[str, dict[str, Any]] = {
    "submit": {
        "appointmentId": _NOBODYS,
        "sessionsRequested": 1,
        "dateOfRequest": "2026-11-23",
        "goal": {"category": "OTHER", "statement": "Rest"},
        "referralPathway": {"kind": "NONE_NEEDED"},
        "clientConsents": True,
    },
    **{name: {"requestId": _TO_APPROVE} for name in ("revise", "confirm", "withdraw", "approve")},
    "decline": {"requestId": _TO_DECLINE, "reason": "OTHER"},
    "askOrganisationQuestion": {"requestId": _TO_APPROVE, "topic": "PERIOD"},
    "answerFurtherDetails": {"requestId": _TO_APPROVE, "answers": []},
    "recordClinicalReview": {"requestId": _TO_APPROVE, "verdict": "ENDORSE"},
    "draftAnswer": {"requestId": _WAITING, "answer": "Rest"},
    "releaseAnswer": {"requestId": _WAITING},
    "confirmRelay": {"requestId": _APPROVED},
    "completeTask": {"taskId": Hole("foreign", "task", 0, twin=True)},
    "registerWebhook": {"url": "https://hr.example/hooks", "account": "machine"},
    "changeWebhook": {"webhookId": Hole("unknown", "hook"), "url": "https://hr.example/hooks"},
    "rotateWebhookSecret": {"webhookId": Hole("unknown", "hook")},
    "switchWebhook": {"webhookId": Hole("unknown", "hook"), "on": False},
    "replayWebhook": {"webhookId": Hole("unknown", "hook"), "from": {"start": "EARLIEST"}},
    "closeCase": {"caseId": Hole("foreign", "case", 0, twin=True)},
}
"""An input that would do for each mutation, had the caller the right."""
_INPUTS["reconsider"] = {**_INPUTS["submit"], "requestId": _APPROVED}
del _INPUTS["reconsider"]["appointmentId"]
_WHOLE_NAMES = frozenset(name for name in _INPUTS if not name.islower())
"""Of the mutations that are not named after what they do to a request."""


_OWN = {"askOrganisationQuestion": _TO_ASK, "approve": _TO_APPROVE, "decline": _TO_DECLINE}
"""What is the organisation's to do, each with a request to which it can be done."""
_WRONG: dict[str, tuple[dict[str, Any], ...]] = {
    "approve": ({"sessionsGranted": 0}, {"sessionsGranted": 99}),
    "askOrganisationQuestion": ({"requestId": _ASKED_TWICE}, {"requestId": _LATE}),
}
_HIDDEN, _HIDDEN_REFERENCE = Hole("foreign", "req", 0, twin=True), Hole("foreign", "reference", 0, twin=True)
_LISTED = f"requests(first: 2) {_LIST}"
_PROBES: tuple[tuple[str, dict[str, Any]], ...] = (
    (_LISTED, {}),
    (f"requests(first: 2, after: $after) {_LIST}", {"after": Hole("cursor", index=1)}),
    ("requests(first: 6, orderBy: {descending: false}) { __typename nodes { __typename id dateOfRequest } }", {}),
    ("requests(filter: {statuses: [WITHDRAWN]}) { __typename totalCount nodes { __typename id status } }", {}),
    ("requests(filter: {statuses: [CANCELLED]}) { __typename totalCount nodes { __typename id status } }", {}),
    (f"reviewQueue(first: 1) {_LIST}", {}),
    (f"node(id: $id) {{ __typename ... on ExtraSessionsRequest {_REQUEST} }}", {"id": _HIDDEN}),
    (f"request(by: {{id: $id}}) {_REQUEST}", {"id": _HIDDEN}),
    (f"request(by: {{reference: $reference}}) {_REQUEST}", {"reference": _HIDDEN_REFERENCE}),
)
_PROBED_DECISIONS: tuple[dict[str, Any], ...] = (
    {"requestId": _HIDDEN},
    {"requestId": _WITHDRAWN},
    {"expectedVersion": 99},
)
_LOOKS = (
    (
        "requests(first: 20) { __typename nodes { __typename id status version sessionsRequested dateOfRequest"
        " questions { __typename state askedOn askedAt draft answer }"
        " timeline { __typename type } deadlines { __typename kind state dueAt } } }"
    ),
    f"requestSummary {everything_of('RequestSummary')}",
    "atRisk: requests(filter: {atRisk: true}) { __typename nodes { __typename id } }",
    "overdue: requests(filter: {overdue: true}) { __typename nodes { __typename id } }",
    'due: requests(filter: {dueFrom: "2026-11-24", dueTo: "2026-12-02"}) { __typename nodes { __typename id } }',
)
_TYPES = {"id": "ID!", "reference": "String!", "after": "String"}


_LIVES: dict[Hole, dict[str, Any]] = {
    _APPROVED: {"questions": (QuestionTopic.PERIOD,), "due_in": -1},
    _DECLINED: {"due_in": -1},
    _WITHDRAWN: {"questions": (QuestionTopic.PERIOD, QuestionTopic.FEWER_SESSIONS), "answered": False},
    _WAITING: {"questions": (QuestionTopic.ONWARD_PLAN,)},
    _ASKED_TWICE: {"questions": (QuestionTopic.ONWARD_PLAN, QuestionTopic.PERIOD), "due_in": 1},
    _LATE: {"due_in": -1},
}
"""What some of them have been through."""


def a_plot(delegation: Delegation) -> Plot:
    """Return a plot with a released request in each state that an organisation is shown."""
    decided = {"reason": DeclineReason.BUDGET, "goal": GoalCategory.OTHER, "planned": True, "entitled": 6}
    known = [Known(status, 2, 1, **decided, released_ago=2, due_in=7) for status in _STATUSES]  # type: ignore[arg-type]
    for hole, changes in _LIVES.items():
        known[hole.index] = replace(known[hole.index], **changes)
    released = tuple(known)
    ranks = tuple(range(len(released)))
    return Plot(ReleaseRule.BATCH, delegation, large=True, released=released, pending=(), withheld=1, ranks=ranks)


def a_living_plot() -> Plot:
    """Return one with a request to be released too, and ids in no order."""
    plot = a_plot(Delegation.NONE)
    return replace(plot, pending=plot.released[:1], ranks=(3, 0, 6, 1, 5, 9, 2, 4, 8, 7))


def everything_once(viewer: str) -> list[Step]:
    """Ask for all that there is, send all that is wrong, and decide in every way that is taken or refused."""
    asked = [*follows_all(viewer, _APPROVED), *(_asks(viewer, name, question) for name, question in _QUESTIONS.items())]
    moved = [_does(viewer, name) for name in _INPUTS if name not in _OWN]
    wrong: list[Step] = [*(Break(viewer, how) for how in BROKEN), _fault(viewer)]
    return [*asked, *moved, *_decides(viewer), *wrong, *too_late(viewer)]


def a_life() -> list[Step]:
    """Play a reviewer's days: what is hidden goes on around them, something is released, everything is looked at."""
    probes = [_probe(question, **variables) for question, variables in _PROBES]
    refused = [_does("reviewer", "approve", **changes) for changes in _PROBED_DECISIONS]
    released: list[Step] = [Do("confirm", 0), Batch(), _probe(_LISTED)]
    hidden: list[Step] = [Hide("submit", 2), Hide("erase", 1)]
    return [*hidden, *probes, *refused, _fault("reviewer"), Hide("read", 1), *released]


def a_whole_life() -> list[Step]:
    """Play what comes after a release: questions and drafts, an end, the clock; and reviews that nobody knows of."""
    looks = [_probe(" ".join(_LOOKS))]
    hidden: list[Step] = [Hide("recount", 1), Hide("draft", 2), Hide("review", 2), Hide("reconsider", 1)]
    ends: list[Step] = [Do("withdraw", each.index) for each in (_TO_DECLINE, _ASKED_TWICE, _LATE)]
    known: list[Step] = [*ends, Do("confirm", 0), Do("answer", _WAITING.index)]
    days: list[Step] = [Batch(), *looks, Hide("draft", 1), Hide("relay", 2), Batch(), Batch()]
    late = [_does("reviewer", "approve", requestId=each) for each in (_APPROVED, _DECLINED)]
    counted: list[Step] = [Do("change calendar", 3), *late]
    return [*looks, *hidden, *looks, Do("ask", _TO_ASK.index), Hide("draft", 1), *known, *days, *looks, *counted]


def a_day_of_events() -> list[Step]:
    """Play days of which all that happens is followed."""
    return a_followed_day(_TO_ASK, [_TO_DECLINE, _ASKED_TWICE, _LATE], _HIDDEN)


def not_its_own_decision(viewer: str) -> list[Step]:
    return [_does(viewer, name) for name in _OWN]


def _decides(viewer: str) -> Iterator[Step]:
    for name, own in _OWN.items():
        for other in (_NOBODYS, _APPROVED, _WITHDRAWN):
            yield _does(viewer, name, requestId=other)
        yield _does(viewer, name, expectedVersion=99)
        for changes in _WRONG.get(name, ()):
            yield _does(viewer, name, **changes)
        yield _does(viewer, name, requestId=own, idempotencyKey="once", expectedVersion=1)
        yield _does(viewer, name, requestId=own, idempotencyKey="once", expectedVersion=2)


def _asks(viewer: str, name: str, question: str) -> Say:
    declared = "($id: ID!)" if "$id" in question else ""
    variables = {"id": _APPROVED} if declared else {}
    return Say(
        viewer, Document(f"query Asked{declared} {{ __typename {question} }}", variables, (), f"Query.{name}", ())
    )


def _probe(question: str, **variables: Any) -> Say:
    declared = ", ".join(f"${name}: {_TYPES[name]}" for name in variables)
    text = f"query Probed{f'({declared})' if declared else ''} {{ __typename {question} }}"
    return Say("reviewer", Document(text, variables, (), f"Query.{question.partition('(')[0]}", ()))


def _fault(viewer: str) -> Say:
    text = "query Faulty($reference: String!) { __typename request(by: {reference: $reference}) { __typename id } }"
    named = {"reference": Hole("foreign", "reference", 0)}
    return Say(viewer, Document(text, named, (), "Query.request", ()), faulty=True)


def _does(viewer: str, verb: str, **changes: Any) -> Say:
    name = verb if verb in _WHOLE_NAMES else f"{verb}ExtraSessionsRequest"
    kind = name[0].upper() + name[1:]
    selected = everything_of(f"{kind}Payload", 3)
    text = f"mutation Done($input: {kind}Input!) {{ __typename {name}(input: $input) {selected} }}"
    assert the_schema().mutation_type is not None
    return Say(viewer, Document(text, {"input": {**_INPUTS[verb], **changes}}, (), f"Mutation.{name}", ()))
