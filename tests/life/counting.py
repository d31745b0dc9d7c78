"""Counts what the proofs of a request's life did, in one test and over all of a run's workers."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

PROPERTY = "a request's life"
"""Under this name a test's report carries its count from a worker to whoever prints."""


@dataclass
class Count:
    """Figures by what they count: steps, moves made, moves refused by code, states reached."""

    figures: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, which: str = "", number: int = 1) -> None:
        self.figures[f"{what}|{which}"] += number

    def written(self) -> str:
        return json.dumps(self.figures)

    def of(self, what: str) -> dict[str, int]:
        found = [(key.partition("|")[2], number) for key, number in self.figures.items() if key.startswith(f"{what}|")]
        return dict(sorted(found))

    def lines(self) -> Iterator[str]:
        for what in sorted({key.partition("|")[0] for key in self.figures}):
            parts = self.of(what)
            each = ", ".join(f"{name} {number:,}" for name, number in parts.items() if name)
            yield f"{sum(parts.values()):,} {what}" + (f": {each}" if each else "")


def told(reports: Iterable[Any]) -> Iterator[str]:
    """Yield the sums of what these reports of tests counted, for each proof."""
    sums: dict[str, Count] = {}
    for report in reports:
        for name, written in getattr(report, "user_properties", ()):
            if str(name).startswith(PROPERTY):
                sums.setdefault(str(name), Count()).figures.update(json.loads(written))
    for name, count in sorted(sums.items()):
        for line in count.lines():
            yield f"{name}: {line}"
