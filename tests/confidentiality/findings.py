"""What a pair of worlds gives away, found by comparing their transcripts step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from tests.confidentiality.play import pretty
from tests.confidentiality.transcript import Entry, Names, Transcript

_SHOWN = 6_000
"""As many characters of an answer as a failure prints."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference or trace. ``detector`` is the kind of leak that it would be."""

    detector: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"[{self.detector}] {self.where}\n{self.what}"


def compare(one: Transcript, other: Transcript) -> Iterator[Finding]:
    """Yield a finding for each entry in which the two transcripts differ, the first one first."""
    names = Names(), Names()
    for first, second in zip_longest(one.entries, other.entries):
        if first is None or second is None:
            yield Finding("answer", "the end", "one transcript is longer than the other")
            return
        texts = names[0].rewrite(first.said), names[1].rewrite(second.said)
        if texts[0] != texts[1]:
            lengths_alone = _unmeasured(texts[0]) == _unmeasured(texts[1])
            detector = "token length" if lengths_alone else first.kind
            yield Finding(detector, first.step, _both(first, second, texts))
        if first.statements != second.statements:
            yield Finding("statements", first.step, _statements(first, second))


def _unmeasured(text: str) -> str:
    """Return a rewritten text without its tokens' lengths, nor the length of the body, which follows from them."""
    lines = [line for line in text.split("\n") if not line.startswith("content-length:")]
    return "\n".join(
        ":".join(part.split(":")[:1]) if part.startswith("<") else part for part in _split("\n".join(lines))
    )


def _split(text: str) -> Iterator[str]:
    """Yield a text's pieces, each token's name a piece of its own."""
    rest = text
    while "<" in rest:
        before, _, rest = rest.partition("<")
        name, closed, after = rest.partition(">")
        yield before
        yield f"<{name}" if closed else f"<{rest}"
        rest = after if closed else ""
    yield rest


def _both(first: Entry, second: Entry, texts: tuple[str, str]) -> str:
    at = next(
        (place for place, pair in enumerate(zip(*texts, strict=False)) if pair[0] != pair[1]), min(map(len, texts))
    )
    context = [text[max(0, at - 200) : at + 300] for text in texts]
    parts = [
        f"  in one world: ...{context[0]!r}",
        f"  in the other: ...{context[1]!r}",
        f"  sent: {pretty(first.sent)}",
        f"  and:  {pretty(second.sent)}",
        f"  whole, in one world:\n{texts[0][:_SHOWN]}",
        f"  whole, in the other:\n{texts[1][:_SHOWN]}",
    ]
    return "\n".join(parts)


def _statements(first: Entry, second: Entry) -> str:
    texts = [f"  sent: {pretty(first.sent)}", f"  and:  {pretty(second.sent)}"]
    for one, other in zip_longest(first.statements, second.statements):
        if one != other:
            texts += [f"  in one world: {one}", f"  in the other: {other}"]
    return "\n".join(texts)
