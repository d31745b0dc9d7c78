"""What the provider has agreed with each organisation: terms that new requests are submitted under."""

from collections.abc import Callable, Iterable
from typing import Any

import click

from api.commands.by_hand import in_words
from api.settings import Settings, read_settings
from api.storage import run_with
from models.clock import SystemClock
from models.database import Database
from models.importing.agreement_by_hand import (
    CALENDAR,
    Change,
    InForce,
    agreement_in_force,
    agreements_in_force,
    changes,
    edit_agreement,
)
from models.importing.by_hand import RowRefused, add_by_hand
from models.importing.columns import Column
from models.importing.organisations import SHEET

_OF_ONE_LINE = ("region", "time_zone", "entitled_sessions", "maximum_sessions", "due_days", "release_rule")


@click.group()
def agreement() -> None:
    """Add and edit organisations' agreements."""


def _options(*, required: bool) -> Callable[[Any], Any]:
    """Give a command an option for each column of the import's organisations.csv."""

    def decorated(command: Any) -> Any:
        for column in reversed(SHEET.columns[1:]):
            needed = required and column.required
            about = f"{column.about[0].upper()}{column.about[1:]}{_usual(column) if required else ''}."
            command = click.option(f"--{column.name.replace('_', '-')}", required=needed, help=about)(command)
        return command

    return decorated


def _usual(column: Column) -> str:
    shown = isinstance(column.default, (int, str))
    return f"; {column.default} if left out" if shown else ""


@agreement.command()
@click.argument("external_id", metavar="ID")
@_options(required=True)
def add(external_id: str, **typed: str | None) -> None:
    """Add the organisation ID, its external id in the old system if it has one, with its agreement."""

    async def work(database: Database) -> None:
        await add_by_hand(SHEET, {"external_id": external_id, **_given(typed)}, database=database, clock=SystemClock())

    _run(read_settings(), work)
    click.echo(
        f"{external_id} is added, with revision 1 of its agreement. Give it reviewers: extra-sessions account add"
    )


@agreement.command()
@click.argument("external_id", metavar="ID")
@_options(required=False)
@click.option("--yes", is_flag=True, help="Do not ask for a confirmation.")
def edit(external_id: str, *, yes: bool, **typed: str | None) -> None:
    """Change what is given of the organisation ID's agreement, after showing what that is and a question.

    Changed terms are a new revision: requests that are open keep the one that they were submitted under. An empty text
    ("") stands for what an empty cell of the import does.
    """
    settings, given = read_settings(), _given(typed)

    async def look(database: Database) -> tuple[InForce, list[Change]]:
        async with database.snapshot() as source:
            shown = await agreement_in_force(source, external_id)
        return shown, changes(shown, given)

    async def work(database: Database) -> None:
        await edit_agreement(shown, given, database=database, clock=SystemClock())

    shown, found = _run(settings, look)
    if not found:
        click.echo("Nothing changes.")
        return
    for each in found:
        click.echo(f"  {each.column:<28}{each.was or '(none)'} -> {each.becomes or '(none)'}")
    if not yes:
        click.confirm(f"Put this into force for {external_id}", abort=True)
    _run(settings, work)
    click.echo(f"{external_id} is changed; requests that are open keep their terms.")
    if CALENDAR & {each.column for each in found}:
        click.echo(
            "Due dates stay where they are: `extra-sessions deadlines recompute --dry-run` says what would move."
        )


@agreement.command("list")
@click.argument("external_id", metavar="[ID]", required=False)
def list_them(external_id: str | None) -> None:
    """List the organisations with their agreements in force; of the organisation ID, every term."""

    async def work(database: Database) -> list[InForce]:
        async with database.snapshot() as source:
            if external_id is not None:
                return [await agreement_in_force(source, external_id)]
            return await agreements_in_force(source)

    found = _run(read_settings(), work)
    if external_id is not None:
        (one,) = found
        _show([("revision", str(one.revision)), *one.cells.items()])
        return
    for each in found:
        terms = ", ".join(f"{name} {each.cells[name]}" for name in _OF_ONE_LINE)
        click.echo(f"{each.cells['external_id']}  {each.cells['name']}  revision {each.revision}: {terms}")


def _show(facts: Iterable[tuple[str, str]]) -> None:
    for name, text in facts:
        click.echo(f"{name:<28}{text}".rstrip())


def _given(typed: dict[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in typed.items() if text is not None}


def _run(settings: Settings, work: Callable[[Database], Any]) -> Any:
    try:
        return run_with(settings, work)
    except RowRefused as refused:
        raise in_words(refused, external_id="ID") from None
