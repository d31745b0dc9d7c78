"""Every file that a folder may have, in the order in which they are loaded."""

from collections.abc import Iterator

from models.importing import accounts, appointments, cases, clients, consultants, organisations, practices, requests

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
    """Yield the files and their columns as lines for a terminal; an optional column stands in brackets."""
    for sheet in SHEETS:
        yield f"{sheet.file}: {sheet.about}"
        for column in sheet.columns:
            name = column.name if column.required else f"[{column.name}]"
            yield f"  {name:<28}{column.about}"
        yield ""
