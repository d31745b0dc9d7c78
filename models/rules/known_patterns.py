"""What a known name, address or number may look like in a text, as patterns to search it for."""

import unicodedata
from collections.abc import Iterator
from itertools import permutations, product

from models.rules.folded_text import FoldedText, fold
from models.rules.patterns_in_text import Gaps, Pattern

_EVERYDAY = (
    "a am an and as at be by can do for he her here him his i if in is it me my no not of on or our she so that the "
    "them they this to up us was we with you"
)
EVERYDAY_WORDS = frozenset(_EVERYDAY.split())
"""No text can do without them, so a name among them counts where it begins with a capital letter."""

TITLES = frozenset({"dr", "mr", "mrs", "ms", "mx", "prof", "professor"})

_GENERIC = (
    "allied and assistance associates care center centre clinic clinical clinics consulting counseling counselling "
    "counsellor counsellors employee for group health inc limited ltd mental of practice private psychological "
    "psychologist psychologists psychology pty service services support the therapies therapist therapists therapy "
    "wellbeing wellness"
)
GENERIC_WORDS = frozenset(_GENERIC.split())
"""Words of a practice's name that could be any practice's."""

_SHARED = (
    "admin appointments bookings care contact enquiries hello help home info mail office reception support team work"
)
SHARED_MAILBOXES = frozenset(_SHARED.split())
"""What stands before the ``@`` of nobody's own address."""

_SHORTEST_PART, _SHORTEST_JOINED, _SHORTEST_WITH_INITIAL = 2, 4, 5
_SHORTEST_ANYWHERE = 7
"""So many letters are no accident, even inside a longer word."""
_SHORTEST_LOCAL, _SHORTEST_NUMBER, _SHORTEST_BARE = 4, 3, 4

_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_CONTRACTED = {"ae": "a", "oe": "o", "ue": "u", "aa": "a"}


def name_patterns(name: str) -> Iterator[Pattern]:
    """Yield each part of a person's name by itself, any two of them joined, and one with another's initial."""
    for parts in _spellings(name):
        for part in parts:
            yield from _part_patterns(part)
        for one, other in permutations([part.letters for part in parts], 2):
            yield from _joined(one, other)


def practice_patterns(name: str) -> Iterator[Pattern]:
    """Yield the whole name in order, and each of its parts that is not any practice's."""
    yield from phrase_patterns(name)
    words = [word for word in name.split() if not _is_generic(word)]
    for parts in _spellings(" ".join(words)):
        for part in parts:
            if not (_is_generic(part.letters) or _is_small_number(part.letters)):
                yield from _part_patterns(part)


def phrase_patterns(phrase: str) -> Iterator[Pattern]:
    """Yield the words of a phrase in order, apart or joined."""
    folded = fold(phrase)
    if folded.letters:
        anywhere = len(folded.letters) >= _SHORTEST_ANYWHERE
        yield Pattern(folded.letters, breaks=folded.breaks(), anywhere=anywhere)


def email_patterns(address: str) -> Iterator[Pattern]:
    """Yield an address with its signs or their names (``at``, ``dot``), and what stands before the ``@`` alone."""
    if not fold(address).letters:
        return
    mailbox, _, domain = address.rpartition("@")
    for local in {mailbox, mailbox.partition("+")[0]}:
        for at, dot, domain_dot in product(("", "at"), ("", "dot"), ("", "dot")):
            letters = fold(local.replace(".", dot) + at + domain.replace(".", domain_dot)).letters
            yield Pattern(letters, Gaps.ANY, anywhere=len(letters) >= _SHORTEST_ANYWHERE)
        alone = fold(local).letters
        if len(alone) >= _SHORTEST_LOCAL and alone not in SHARED_MAILBOXES:
            yield Pattern(alone, Gaps.SIGNS)


def number_patterns(number: str) -> Iterator[Pattern]:
    """Yield an employee or case number with any separators or none; a short one only if letters and digits mix."""
    letters = fold(number).letters
    is_mixed = letters.isalnum() and not letters.isalpha() and not letters.isdecimal()
    if len(letters) >= _SHORTEST_NUMBER or is_mixed:
        yield Pattern(letters, Gaps.ANY)


def bare_number_patterns(number: str) -> Iterator[Pattern]:
    """Yield the digits of such a number by themselves, with and without leading zeros."""
    digits = "".join(filter(str.isdecimal, fold(number).letters))
    for each in {digits, digits.lstrip("0")}:
        if len(each) >= _SHORTEST_BARE:
            yield Pattern(each, Gaps.ANY)


def _spellings(name: str) -> Iterator[list[FoldedText]]:
    """Yield the parts of a name as it is written, with its umlauts spelled out, and with those that are drawn in."""
    written = unicodedata.normalize("NFC", name)
    parts = _parts(written)
    yield parts
    yield _parts(written.casefold().translate(_SPELLED_OUT))
    yield [fold(_contracted(part.letters)) for part in parts]


def _parts(name: str) -> list[FoldedText]:
    return [part for part in fold(name).pieces() if part.letters not in TITLES]


def _contracted(letters: str) -> str:
    shorter = letters
    for pair, single in _CONTRACTED.items():
        shorter = shorter.replace(pair, single)
    return shorter if len(shorter) > _SHORTEST_PART else letters


def _part_patterns(part: FoldedText) -> Iterator[Pattern]:
    if len(part.letters) >= _SHORTEST_PART:
        yield Pattern(part.letters, breaks=part.breaks(), capital=part.letters in EVERYDAY_WORDS)


def _joined(one: str, other: str) -> Iterator[Pattern]:
    both = one + other
    if len(both) >= _SHORTEST_JOINED or not both.isascii():
        capital = {one, other} <= EVERYDAY_WORDS
        anywhere = len(both) >= _SHORTEST_ANYWHERE and not capital
        yield Pattern(both, breaks=frozenset({len(one)}), anywhere=anywhere, capital=capital)
    if len(one) >= _SHORTEST_WITH_INITIAL:
        yield Pattern(one + other[0], Gaps.SIGNS)
        yield Pattern(other[0] + one, Gaps.SIGNS)


def _is_generic(word: str) -> bool:
    return fold(word).letters in GENERIC_WORDS


def _is_small_number(letters: str) -> bool:
    return letters.isdecimal() and len(letters) < _SHORTEST_NUMBER
