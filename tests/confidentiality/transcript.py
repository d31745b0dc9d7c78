"""What a viewer gets to see, as it is and with each opaque token replaced by the order of its first appearance."""

import re
from dataclasses import dataclass, field

TOKENS = re.compile(
    r"(?P<cursor>(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{40,}(?![A-Za-z0-9_-]))"
    r"|(?P<id>(?<![A-Za-z0-9_-])[a-z]{2,5}_[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-]))"
    r"|(?P<reference>(?<![A-Za-z0-9_-])R-[0-9A-HJKMNP-TV-Z]{8}(?![A-Za-z0-9_-]))"
    r"|(?P<mark>(?<![A-Za-z0-9])[0-9a-f]{32}(?![A-Za-z0-9])|(?<![A-Za-z0-9])[0-9a-f]{16}(?![A-Za-z0-9]))"
)
"""Ids, references, cursors, and marks: Message-IDs, MIME boundaries, numbers of requests in logs."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that reached a viewer, or that was done where they could not see it."""

    step: str
    sent: str = ""
    """The document and its variables as this world filled them, for whoever reads a failure."""
    said: bytes = b""
    """Status line, headers and body; or the mails of a batch."""
    statements: tuple[tuple[str, int], ...] = ()
    """What the database was asked meanwhile, with the number of parameters."""
    kind: str = "answer"


@dataclass(slots=True)
class Transcript:
    """All that one world's viewers got, in order."""

    entries: list[Entry] = field(default_factory=list)
    tokens: dict[str, list[str]] = field(default_factory=dict)
    """Each kind's tokens in the order of their first appearance."""
    appeared: dict[str, list[int]] = field(default_factory=dict)
    """The entries in which each token stands."""
    places: dict[str, list[str]] = field(default_factory=dict)
    """Those of the cursors that stand for a place in the event log, by whom they were given to."""
    documents: set[str] = field(default_factory=set)
    """A digest of each generated document."""
    codes: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    operations: set[str] = field(default_factory=set)
    looks: set[str] = field(default_factory=set)
    """What the product asked the database to know which streams to wake."""
    owed: set[str] = field(default_factory=set)
    """What was asked to know what webhooks are owed, and to note how far they are."""
    posted: int = 0
    sent: int = 0
    """What streams have sent."""

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        for match in TOKENS.finditer(entry.said.decode("utf-8", "replace")):
            kind, token = kind_of(match), match[0]
            if token not in self.tokens.setdefault(kind, []):
                self.tokens[kind].append(token)
            places = self.appeared.setdefault(token, [])
            if len(self.entries) - 1 not in places:
                places.append(len(self.entries) - 1)

    def note_place(self, viewer: str, cursor: str) -> None:
        """Keep a cursor of the event log, to go on from."""
        if cursor not in self.places.setdefault(viewer, []):
            self.places[viewer].append(cursor)

    def seen(self, kind: str, index: int) -> str | None:
        known = self.tokens.get(kind, [])
        return known[index % len(known)] if known else None


def kind_of(match: "re.Match[str]") -> str:
    """Return a token's kind; an id's is its prefix."""
    name = str(match.lastgroup)
    return match[0].partition("_")[0] if name == "id" else name


@dataclass(slots=True)
class Names:
    """Replaces tokens by kind, order of first appearance and length."""

    lengths: bool = True
    known: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def rewrite(self, said: bytes) -> str:
        return TOKENS.sub(self._name, said.decode("utf-8", "replace"))

    def _name(self, match: "re.Match[str]") -> str:
        token = match[0]
        if token not in self.known:
            kind = kind_of(match)
            self.counts[kind] = number = self.counts.get(kind, 0) + 1
            length = f":{len(token)}" if self.lengths else ""
            self.known[token] = f"<{kind} {number}{length}>"
        return self.known[token]


def canonical_order(messages: list[bytes]) -> list[bytes]:
    """Sort a batch of mails: by what they say, then by their tokens, which have the same ranks in both worlds."""
    return sorted(messages, key=lambda message: (Names().rewrite(message), _named(message)))


def _named(message: bytes) -> list[str]:
    """Return what names the request; an end is told without the way to it, by the reference alone."""
    found = TOKENS.finditer(message.decode("utf-8", "replace"))
    return [match[0] for match in found if match.lastgroup in {"id", "reference"}]
