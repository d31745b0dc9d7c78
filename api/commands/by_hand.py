"""Tells the operator what is wrong with a row that they have typed, by the option that it was typed as."""

import click

from models.importing.by_hand import RowRefused


def in_words(refused: RowRefused, **named: str) -> click.ClickException:
    """Return the refusal with a line for each flaw; ``named`` are columns that are no option."""
    return click.ClickException("\n".join(f"{_place(column, named)}{reason}." for column, reason in refused.flaws))


def _place(column: str | None, named: dict[str, str]) -> str:
    if column is None:
        return ""
    return f"{named.get(column) or '--' + column.replace('_', '-')}: "
