"""What a provider's letters look like beyond their words: two colours and a line at the end."""

import difflib
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

FILE: Final = "brand.toml"
_READABLE: Final = 4.5
"""The least contrast between text and what it stands on, by the Web Content Accessibility Guidelines, level AA."""
_PAGE: Final = "#eff2f1"
"""What the provider's name stands on; the layout has it too."""
_CARD_IN_THE_DARK: Final = "#1a2322"
_LIGHT: Final = "#ffffff"
_DARK: Final = "#0c1f1c"
_STRAIGHT_UNTIL: Final = 0.04045
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}\Z")


class LettersUnusable(Exception):
    """A provider's folder of letters can't be used as it is; the text says which file, where, and what to change."""


@dataclass(frozen=True, slots=True)
class Brand:
    accent: str = "#0b5f58"
    """The button, and the provider's name above the letter."""
    accent_in_the_dark: str = "#7fd3c5"
    """The button where the reader's screen is dark."""
    footer: str = ""
    """A line of the provider's own at the end, such as its address."""

    @property
    def on_accent(self) -> str:
        return _best_on(self.accent)

    @property
    def on_accent_in_the_dark(self) -> str:
        return _best_on(self.accent_in_the_dark)


PLAIN: Final = Brand()


def read_brand(folder: Path) -> Brand:
    """Read ``brand.toml``, which may be absent. Raises LettersUnusable for what it can't say, or nobody could read."""
    file = folder / FILE
    if not file.exists():
        return PLAIN
    try:
        given = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise LettersUnusable(f"{file}: {error}") from None
    _check_names(file, given)
    for name, value in given.items():
        if not isinstance(value, str):
            raise LettersUnusable(f"{file}: {name} must be text in quotes.")
    brand = Brand(**given)
    _check_colour(file, "accent", brand.accent, _PAGE)
    _check_colour(file, "accent_in_the_dark", brand.accent_in_the_dark, _CARD_IN_THE_DARK)
    return brand


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as the Web Content Accessibility Guidelines define it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _check_names(file: Path, given: dict[str, object]) -> None:
    known = [field.name for field in fields(Brand)]
    for name in given:
        if name not in known:
            (close,) = difflib.get_close_matches(name, known, n=1, cutoff=0)
            raise LettersUnusable(f"{file}: {name} is not known here. The nearest one is {close}.")


def _check_colour(file: Path, name: str, colour: str, ground: str) -> None:
    if not _COLOUR.match(colour):
        raise LettersUnusable(f'{file}: {name} must be a colour like "#0b5f58".')
    for other in (ground, _best_on(colour)):
        if (found := contrast(colour, other)) < _READABLE:
            raise LettersUnusable(
                f"{file}: {name} {colour} has a contrast of {found:.1f} with {other}; "
                f"it takes {_READABLE} to be read by everybody."
            )


def _best_on(colour: str) -> str:
    return max((_LIGHT, _DARK), key=lambda text: contrast(colour, text))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    """Undo the gamma of sRGB, whose darkest part is straight."""
    return channel / 12.92 if channel <= _STRAIGHT_UNTIL else ((channel + 0.055) / 1.055) ** 2.4
