"""A program: steps drawn once and played in both worlds. Steps name things, never ids, so they fit either world."""

from dataclasses import dataclass
from random import Random

from graphql import GraphQLObjectType, GraphQLSchema
from hypothesis import strategies as st

from tests.confidentiality.walk import Document, Picked, Writer
from tests.confidentiality.worlds import VIEWERS
from tests.schema.widest import the_schema

OPENING = "opening"
_OPENING_TEXT = "query Opening { requests(first: 100) { totalCount edges { cursor node { id reference } } } }"
_NODE = Picked("ExtraSessionsRequestEdge", "node", "node", [])
_EDGES = Picked("ExtraSessionsRequestConnection", "edges", "edges", [_NODE])
THE_LIST = Document(_OPENING_TEXT, {}, (), "Query.requests", (Picked("Query", "requests", "requests", [_EDGES]),))
"""What every program begins and ends with: there are ids and cursors to go on with, and what came of it is seen."""
_STREAM_TEXT = (
    "subscription Opened { events { cursor type occurredOn occurredAt deadline request { id status version"
    " timeline { type occurredOn } } } }"
)
_TIMELINE = Picked("ExtraSessionsRequest", "timeline", "timeline", [])
_EVENT = [Picked("Event", name, name, []) for name in ("cursor", "type", "occurredOn", "occurredAt", "deadline")]
_FOLLOWED = Picked("Event", "request", "request", [_TIMELINE])
_ROOT = Picked("Subscription", "events", "events", [*_EVENT, _FOLLOWED])
THE_STREAM = Document(_STREAM_TEXT, {}, (), "Subscription.events", (_ROOT,))
"""What is open in every program from its beginning on, so that all that happens is told, or is not."""
BROKEN = (
    *("no token", "another's token", "syntax", "unknown field", "unknown operation", "no body", "not JSON", "a list"),
    *("wrong type", "wrong media type", "not acceptable", "GET", "too complex", "too deep", "missing variable"),
)
HIDDEN = (
    *("submit", "revise", "withdraw", "decide withheld", "decide elsewhere", "read", "erase", "reconsider", "close"),
    *("review", "review", "draft", "draft", "relay", "bounce", "complete tasks", "recount", "recount", "leave", "mark"),
)
KNOWN = (
    *("withdraw", "decide as staff", "confirm", "confirm", "confirm", "ask", "answer", "answer", "change calendar"),
)


@dataclass(frozen=True, slots=True)
class Ask:
    """A viewer sends a generated document; ``seed`` writes it, ``about`` may name its root field."""

    viewer: str
    seed: int
    about: str = ""

    def document(self) -> Document:
        """Write the document that both worlds are sent."""
        return THE_LIST if self.about == OPENING else write_document(the_schema(), self.seed, self.about)


@dataclass(frozen=True, slots=True)
class Say:
    """A viewer sends a document that was written by hand; it asks for ``__typename`` everywhere."""

    viewer: str
    given: Document
    faulty: bool = False
    """Whether it meets a fault of ours: a table that it reads is away."""

    def document(self) -> Document:
        return self.given


@dataclass(frozen=True, slots=True)
class Follow:
    """A viewer opens a subscription and keeps it, as somebody of another organisation does who asks the same."""

    viewer: str
    seed: int
    about: str = ""
    """Its root field; without one ``seed`` says which."""
    given: Document | None = None
    """One that was written by hand, in place of a generated one."""

    def document(self) -> Document:
        """Write the document that both worlds are sent."""
        return self.given or write_document(the_schema(), self.seed, self.about or "Subscription")


@dataclass(frozen=True, slots=True)
class Break:
    """A viewer, or nobody, sends what can't be answered."""

    viewer: str
    how: str


@dataclass(frozen=True, slots=True)
class Hide:
    """Somebody does what no viewer may learn of: in each world what its own dice say, some minutes apart."""

    what: str
    times: int
    """How often in the first world; the second draws its own number."""
    apart: bool = True
    """Whether streams are read behind it; else it is told in one stretch with what comes next."""


@dataclass(frozen=True, slots=True)
class Do:
    """Somebody does what the organisation may know of, in both worlds, on the same day at another minute."""

    what: str
    index: int


@dataclass(frozen=True, slots=True)
class Batch:
    """The next business day's 09:00 comes, and jobs run."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes, the same in both worlds."""

    hours: int


Step = Ask | Say | Follow | Break | Hide | Do | Batch | Wait


def write_document(schema: GraphQLSchema, seed: int, about: str = "") -> Document:
    """Write one document: about one root field of the schema, or of a few; reads twice as often as writes."""
    dice = Random(seed)
    writer = Writer(schema, dice, density=dice.choice((0.4, 0.7, 0.95)))
    parent, _, name = about.partition(".")
    if not parent:
        parent = dice.choice(("Query", "Query", "Mutation"))
    kind = schema.type_map[parent]
    assert isinstance(kind, GraphQLObjectType)
    roots = [name] if name else [dice.choice(sorted(kind.fields))]
    while parent == "Query" and not name and dice.random() < 0.3:
        roots.append(dice.choice(sorted(kind.fields)))
    return writer.write(parent.lower(), roots)


SEEDS = st.binary(min_size=4, max_size=4).map(int.from_bytes)
"""Not drawn as numbers: of those most would be small, and the same documents would be written again and again."""
_READS = ("Query.requests", "Query.reviewQueue", "Query.nodes", "Query.requestSummary", "Query.events", "Query.events")
_ASKING = "Mutation.askOrganisationQuestion"
_DECISIONS = ("Mutation.approveExtraSessionsRequest", "Mutation.declineExtraSessionsRequest", _ASKING)
FOLLOWED = ("Subscription.events", "Subscription.events", "Subscription.events", "")
_REVIEWERS = ("reviewer", "reviewer", "second")
_KINDS: dict[st.SearchStrategy[Step], int] = {
    st.builds(Ask, st.sampled_from((*VIEWERS, "reviewer", "reviewer")), SEEDS): 5,
    st.builds(Ask, st.sampled_from((*_REVIEWERS, "integrator")), SEEDS, st.sampled_from(_READS)): 4,
    st.builds(Ask, st.sampled_from(_REVIEWERS), SEEDS, st.sampled_from(_DECISIONS)): 3,
    st.builds(Follow, st.sampled_from(VIEWERS), SEEDS, st.sampled_from(FOLLOWED)): 4,
    st.builds(Break, st.sampled_from(VIEWERS), st.sampled_from(BROKEN)): 1,
    st.builds(Hide, st.sampled_from(HIDDEN), st.integers(1, 2), st.booleans()): 3,
    st.builds(Do, st.sampled_from(KNOWN), st.integers(0, 5)): 2,
    st.builds(Batch): 2,
    st.builds(Wait, st.integers(1, 30)): 1,
}
"""Each kind of step with its share."""
_STEPS = st.sampled_from([kind for kind, share in _KINDS.items() for _ in range(share)]).flatmap(lambda kind: kind)


def programs(least: int = 8, most: int = 13) -> st.SearchStrategy[list[Step]]:
    return st.lists(_STEPS, min_size=least, max_size=most)
