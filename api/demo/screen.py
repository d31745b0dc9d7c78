"""What the demo prints: numbered steps, one side's view under the other, in colour where the terminal has it."""

import textwrap
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import click

from api.demo.mailbox import Letter
from api.demo.wording import moment

_WIDTH = 92
_INDENT = "    "


class Screen:
    def __init__(self, *, pause: bool = False) -> None:
        self._pause = pause
        self._numbers = count(1)
        self._chapters = count(1)

    def chapter(self, title: str) -> None:
        """Begin another story."""
        click.echo()
        click.echo()
        click.secho(f"{next(self._chapters)}. {title}", bold=True)
        click.secho("═" * _WIDTH, dim=True)

    def side(self, who: str, about: str) -> None:
        """Say whose eyes the next steps are seen through."""
        click.echo()
        click.secho(f"{who.upper()}  ", bold=True, nl=False)
        click.echo(about)
        click.secho("─" * _WIDTH, dim=True)

    def step(self, title: str) -> None:
        if self._pause:
            click.pause(click.style("    press a key", dim=True))
        click.echo()
        click.secho(f"{next(self._numbers):>2}  {title}", fg="cyan", bold=True)

    def say(self, text: str) -> None:
        click.echo(textwrap.fill(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT))

    def good(self, text: str) -> None:
        click.secho(textwrap.fill(text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT), fg="green")

    def question(self, text: str, answer: str) -> None:
        """Print a question and, under it, its answer."""
        for line, mark in ((text, "? "), (answer, "│ ")):
            click.echo(
                textwrap.fill(
                    line,
                    _WIDTH,
                    initial_indent=f"{_INDENT}{mark}",
                    subsequent_indent=f"{_INDENT}{mark.replace('?', ' ')}",
                )
            )

    def facts(self, facts: Iterable[tuple[str, object]]) -> None:
        """Print names and values in two columns; long values are wrapped within theirs."""
        told = [(name, "-" if value in {None, ""} else str(value)) for name, value in facts]
        column = max(len(name) for name, _ in told) + 2
        for name, value in told:
            lines = textwrap.wrap(value, _WIDTH - len(_INDENT) - column) or [""]
            click.echo(f"{_INDENT}{click.style(f'{name:<{column}}', dim=True)}{lines[0]}")
            for line in lines[1:]:
                click.echo(f"{_INDENT}{'':<{column}}{line}")

    def table(self, rows: Sequence[Sequence[str]], *, marked: int | None = None) -> None:
        """Print rows in columns as wide as they need; the marked row stands out."""
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for number, row in enumerate(rows):
            line = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            is_marked = number == marked
            click.secho(f"  {'>' if is_marked else ' '} {line}", bold=is_marked)

    def timeline(self, entries: Sequence[Any], zone: ZoneInfo) -> None:
        """Print a history: its moments, or its days for those who are told days alone."""
        self.table(
            [
                (moment(each["occurredAt"], zone) if each["occurredAt"] else each["occurredOn"], each["summary"])
                for each in entries
            ]
        )

    def letter(self, letter: Letter) -> None:
        """Print a letter as a mail program would."""
        click.echo()
        for name in ("From", "To", "Subject"):
            click.echo(f"{_INDENT}{click.style(f'{name:<9}', dim=True)}{letter.message[name]}")
        click.echo()
        for line in letter.text.rstrip().splitlines():
            click.secho(f"{_INDENT}│ {line}".rstrip(), dim=True)
