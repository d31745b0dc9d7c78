"""How every view is built: by name, in part; reading what was not asked for is an error, never an empty value."""

from typing import Any


class View:
    """Base of the slotted views. A field that was not loaded has no value at all: touching it raises AttributeError."""

    __slots__ = ()

    def __init__(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)
