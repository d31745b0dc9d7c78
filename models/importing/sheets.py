"""Every file that a folder may have, in the order in which they are loaded."""

from collections.abc import Iterator

from models.importing import accounts, appointments, cases, clients, consultants, organisations, practices, requests
from models.importing.columns import Column

SHEETS = (
    organisations.SHEET,
    practices.SHEET,
    consultants.SHEET,
    accounts.SHEET,
    clients.SHEET,
    cases.SHEET,
    appointments.SHEET,
    requests.SHEET,
)


def described() -> Iterator[str]:
    """Yield each file with its columns, for a terminal; an optional column stands in brackets."""
    for sheet in SHEETS:
        yield "\n".join((f"{sheet.file}: {sheet.about}", *map(_described, sheet.columns)))


def _described(column: Column) -> str:
    name = column.name if column.required else f"[{column.name}]"
    shown = isinstance(column.default, (int, str)) and not isinstance(column.default, bool)
    return f"  {name:<28}{column.about}{f'; empty: {column.default}' if shown else ''}"
