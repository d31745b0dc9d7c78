"""A text as it is compared: plain letters and digits alone, each of which knows where it stood in the original.

What makes no difference to a reader makes none here: case, accents, full-width and ornamental forms, digits of other
scripts, look-alikes from other alphabets, and whatever is invisible.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

Place = tuple[int, int]
"""Where something stands in the original: its first character, counted from 0, and the one after its last."""

_TWINS = (
    ("авекмнорстухіјѕԁһԝѵӏ", "abekmhopctyxijsdhwvl"),  # Cyrillic
    ("αβεζηικμνορτυχ", "abezhikmnoptyx"),  # Greek
    ("øłđðħıȷŧŋɑɡ", "olddhijtnag"),  # Latin that no decomposition makes plain
)
_PLAIN = {
    **{ord(letter): plain for letters, plains in _TWINS for letter, plain in zip(letters, plains, strict=True)},
    **{ord(letter): pair for letter, pair in {"æ": "ae", "œ": "oe", "þ": "th"}.items()},
    **dict.fromkeys(map(ord, "\u02b9\u02bb\u02bc\u02bd\u02c8"), "'"),  # letters by their category, apostrophes by use
    **dict.fromkeys(map(ord, "\u115f\u1160"), ""),  # fillers: letters without any ink
}
_NARROW = dict.fromkeys(map(ord, "\u2006\u2008\u2009\u200a\u202f\u205f"), "\u00b7")
"""Spaces too thin to be seen as the end of a word count as a sign inside it."""
_LINE_BREAKS_AND_TABS = frozenset("\n\r\t\v\f\x85")
_MOST_LETTERS = 4
"""One character can stand for 18 letters; a text made of such would be compared for long, and holds no name."""
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Mc", "Me"})
_JOINED_SCRIPTS = "\u0590"
"""From here on scripts attach particles to a word, or put no space between two: a word may begin at any letter."""


class Sign(NamedTuple):
    """What is known of one letter or digit."""

    start: int
    end: int
    before: str
    """What parts it from the one before: spaces, signs, or nothing."""
    opens: bool
    """Whether a word may begin here."""
    capital: bool


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A whole text, or a part of one."""

    letters: str
    signs: tuple[Sign, ...]
    """One for each of ``letters``."""

    @property
    def start(self) -> int:
        return self.signs[0].start

    @property
    def end(self) -> int:
        return self.signs[-1].end

    @property
    def before(self) -> str:
        return self.signs[0].before

    def part(self, first: int, end: int) -> "FoldedText":
        return FoldedText(self.letters[first:end], self.signs[first:end])

    def closes(self, at: int) -> bool:
        """Whether a word may end with this letter."""
        return at + 1 == len(self.signs) or self.signs[at + 1].opens

    def breaks(self) -> frozenset[int]:
        """Return the letters at which a word may begin."""
        return frozenset(at for at, sign in enumerate(self.signs) if sign.opens)

    def words(self) -> Iterator["FoldedText"]:
        """Yield the words and numbers: ``12Mar`` is two of them."""
        return self._cut([at for at, sign in enumerate(self.signs) if sign.opens])

    def pieces(self) -> Iterator["FoldedText"]:
        """Yield what stands between spaces and signs: ``12Mar`` is one."""
        return self._cut([at for at, sign in enumerate(self.signs) if sign.before or at == 0])

    def _cut(self, starts: list[int]) -> Iterator["FoldedText"]:
        for first, end in pairwise([*starts, len(self.signs)]):
            yield self.part(first, end)


def fold(text: str) -> FoldedText:
    letters: list[str] = []
    signs: list[Sign] = []
    gap = ""
    for at, character in enumerate(text):
        plain = _plain(character)
        if not plain and signs and not gap:  # an accent, say, belongs to the letter before it
            signs[-1] = signs[-1]._replace(end=at + 1)
        for each in plain:
            if not each.isalnum():
                gap += each
                continue
            capital = character.isupper()
            opens = not letters or bool(gap) or _parts(letters[-1], each)
            opens = opens or (capital and not signs[-1].capital)
            signs.append(Sign(at, at + 1, gap, opens, capital))
            letters.append(each)
            gap = ""
    return FoldedText("".join(letters), tuple(signs))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    """Return what is left of one character, which may be nothing and may be several."""
    spelled = unicodedata.normalize("NFKD", character.translate(_NARROW)).casefold()
    plain = unicodedata.normalize("NFKD", spelled).translate(_PLAIN)
    return "".join(_digit(each) for each in plain if not _is_invisible(each))[:_MOST_LETTERS]


def _digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _is_invisible(character: str) -> bool:
    """Whether there is nothing to see, or only an accent."""
    return character not in _LINE_BREAKS_AND_TABS and unicodedata.category(character) in _INVISIBLE


def _parts(last: str, letter: str) -> bool:
    """Whether one word may end and another begin between two letters that touch."""
    if max(last, letter) >= _JOINED_SCRIPTS:
        return True
    return last.isdecimal() is not letter.isdecimal() or last.isascii() is not letter.isascii()
