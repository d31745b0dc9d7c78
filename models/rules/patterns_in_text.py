"""The search for known letters in a folded text, whatever spaces and signs somebody has put between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise

from models.rules.folded_text import FoldedText, Place, Sign

_SHORTEST_PLURAL = 4
_SHORTEST_HALF = 3
_DASHES = frozenset("-\u2010\u2011\u2013")


class Gaps(Enum):
    """What may stand between the letters of one occurrence."""

    ANY = auto()
    SIGNS = auto()
    """No space: ``jo.hn``, but not ``jo hn``."""
    NAME = auto()
    """A space too where it does not look like the end of a word: ``j o h n``, ``Jo Hn``, ``mary anne``."""


@dataclass(frozen=True, slots=True)
class Pattern:
    letters: str
    """Folded, and at least one."""
    gaps: Gaps = Gaps.NAME
    breaks: frozenset[int] = frozenset()
    """The letters, counted from 0, before which anything at all may stand."""
    anywhere: bool = False
    """Also inside a longer word."""
    capital: bool = False
    """Only with a capital letter."""


def occurrences(text: FoldedText, pattern: Pattern) -> Iterator[tuple[int, int]]:
    """Yield each occurrence as its first letter and the one after its last, counted in the folded text."""
    first = text.letters.find(pattern.letters)
    while first >= 0:
        end = first + len(pattern.letters)
        if _fits(text, pattern, first, end):
            yield first, end
        first = text.letters.find(pattern.letters, first + 1)


def places(text: FoldedText, pattern: Pattern) -> Iterator[Place]:
    """Yield where each occurrence stood in the original."""
    for first, end in occurrences(text, pattern):
        part = text.part(first, end)
        yield part.start, part.end


def _fits(text: FoldedText, pattern: Pattern, first: int, end: int) -> bool:
    if pattern.capital and not text.signs[first].capital:
        return False
    if not pattern.anywhere and not _is_whole(text, first, end):
        return False
    return pattern.gaps is Gaps.ANY or _holds_together(text.signs[first:end], pattern)


def _is_whole(text: FoldedText, first: int, end: int) -> bool:
    """Whether a word begins and ends here; an ``s`` more may follow, as in ``janes`` for ``Jane's``."""
    if not text.signs[first].opens:
        return False
    if text.closes(end - 1):
        return True
    is_plural = text.letters[end] == "s" and text.closes(end)
    return is_plural and end - first >= _SHORTEST_PLURAL


def _holds_together(signs: tuple[Sign, ...], pattern: Pattern) -> bool:
    gaps = [at for at in range(1, len(signs)) if signs[at].before and at not in pattern.breaks]
    if not any(_is_spaced(signs[at].before) for at in gaps):
        return True
    return pattern.gaps is Gaps.NAME and _reads_as_one(signs)


def _is_spaced(gap: str) -> bool:
    """Whether this ends a word; a hyphen before the end of a line does not."""
    if gap[0] in _DASHES and gap[1:].strip(" \r\n") == "" and "\n" in gap:
        return False
    return any(character.isspace() for character in gap)


def _reads_as_one(signs: tuple[Sign, ...]) -> bool:
    """Whether the parts are single letters as typed (``ß`` is one), halves like ``mary anne``, or written large."""
    starts = [0, *(at for at in range(1, len(signs)) if signs[at].before)]
    lengths = [len({sign.start for sign in signs[start:end]}) for start, end in pairwise([*starts, len(signs)])]
    return max(lengths) == 1 or min(lengths) >= _SHORTEST_HALF or all(signs[at].capital for at in starts)
