"""Counts what pairs of worlds reached, in one test and over all of a run's workers."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.confidentiality.transcript import Transcript

PROPERTY = "two worlds"
"""Under this name a test's report carries its tally from a worker to whoever prints."""
_COUNTS = ("pairs", "questions", "mails", "sent", "posted")
_SETS = ("documents", "operations", "fields", "codes")


@dataclass(slots=True)
class Tally:
    """What pairs reached; of each document its digest, as many are long."""

    pairs: int = 0
    questions: int = 0
    mails: int = 0
    sent: int = 0
    posted: int = 0
    documents: set[str] = field(default_factory=set)
    operations: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def count(self, transcript: Transcript) -> None:
        self.questions += sum(entry.kind == "answer" for entry in transcript.entries)
        self.sent += transcript.sent
        self.posted += transcript.posted
        self.mails += sum(entry.said.count(b"Message-ID:") for entry in transcript.entries if entry.kind == "mail")
        for name in _SETS:
            getattr(self, name).update(getattr(transcript, name))

    def add(self, other: "Tally") -> None:
        self.pairs += other.pairs
        self.questions += other.questions
        self.mails += other.mails
        self.sent += other.sent
        self.posted += other.posted
        for name in _SETS:
            getattr(self, name).update(getattr(other, name))

    def written(self) -> str:
        sets = {name: sorted(getattr(self, name)) for name in _SETS}
        counted = {name: getattr(self, name) for name in _COUNTS}
        return json.dumps({**counted, **sets})

    def __str__(self) -> str:
        reached = f"{len(self.operations)} operations, {len(self.fields)} fields, {len(self.codes)} error codes"
        asked = f"{self.questions:,} questions, {self.mails:,} mails"
        told = f"{self.sent:,} messages of streams, {self.posted:,} of webhooks"
        return f"{self.pairs:,} pairs: {asked}, {told}, {len(self.documents):,} distinct documents of {reached}"


def read_tally(written: str) -> Tally:
    known = json.loads(written)
    return Tally(*(known[name] for name in _COUNTS), *(set(known[name]) for name in _SETS))


def told(reports: Iterable[Any]) -> Iterator[str]:
    """Yield one line for each kind of proof that these reports of tests counted something for."""
    sums: dict[str, Tally] = {}
    for report in reports:
        for name, written in getattr(report, "user_properties", ()):
            if str(name).startswith(PROPERTY):
                sums.setdefault(str(name), Tally()).add(read_tally(written))
    for name, tally in sorted(sums.items()):
        yield f"{name}: {tally}"
