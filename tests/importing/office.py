"""A small provider's old system: a folder that loads without a report, and ways to spoil it."""

import csv
from copy import deepcopy
from pathlib import Path
from typing import Any

from sqlalchemy import select

from models.clock import Clock
from models.database import Database
from models.importing.folder import Mode, load_folder
from models.importing.report import Problem, Report, Silent, Tally
from models.tables import Base

Files = dict[str, list[dict[str, str]]]

GOOD: Files = {
    "organisations": [
        {
            "external_id": "org-1",
            "name": "Saltbush Logistics",
            "headcount": "420",
            "region": "AU-VIC",
            "time_zone": "Australia/Melbourne",
            "entitled_sessions": "6",
            "release_rule": "AT_ONCE",
            "added_dates": "",
            "removed_dates": "",
            "automatic_approval": "0",
        },
        {
            "external_id": "org-2",
            "name": "Lorikeet Media",
            "headcount": "",
            "region": "NZ-AUK",
            "time_zone": "Pacific/Auckland",
            "entitled_sessions": "4",
            "release_rule": "BATCH",
        },
    ],
    "practices": [
        {"external_id": "prac-1", "name": "Bluegum", "suburb": "Wattle Bay", "time_zone": "Australia/Melbourne"},
        {"external_id": "prac-2", "name": "Kurrajong", "suburb": "Marri Heights", "time_zone": "Australia/Perth"},
    ],
    "consultants": [
        {
            "external_id": "con-1",
            "practice": "prac-1",
            "name": "Imogen Farrow",
            "email": "imogen@bluegum.example",
            "left_on": "",
        },
        {
            "external_id": "con-2",
            "practice": "prac-2",
            "name": "Niamh Corrigan",
            "email": "niamh@kurrajong.example",
            "left_on": "2026-10-01",
        },
    ],
    "accounts": [
        {
            "external_id": "imogen",
            "name": "Imogen Farrow",
            "email": "imogen@bluegum.example",
            "role": "CONSULTANT",
            "organisation": "",
            "practice": "",
            "consultant": "con-1",
            "phone": "",
            "employee_number": "",
            "time_zone": "",
            "active": "yes",
        },
        {
            "external_id": "petra",
            "name": "Petra Holloway",
            "email": "Petra.Holloway@saltbush.example",
            "role": "ORG_REVIEWER",
            "organisation": "org-1",
            "phone": "0491 570 006",
            "employee_number": "sbl-1",
        },
        {
            "external_id": "hugo",
            "name": "Hugo Penhallow",
            "email": "hugo@eap.example",
            "role": "PROVIDER_STAFF",
            "time_zone": "Australia/Sydney",
        },
    ],
    "clients": [
        {
            "external_id": "cli-1",
            "organisation": "org-1",
            "name": "Melisande Featherstone",
            "email": "melisande@example.com",
            "phone": "(02) 5550 1234",
            "date_of_birth": "1984-03-09",
            "employee_number": "SBL-48213",
            "do_not_email": "no",
        },
        {"external_id": "cli-2", "organisation": "org-2", "name": "Thaddeus Kettlewell", "do_not_email": "yes"},
    ],
    "cases": [
        {
            "number": "ASST-100001",
            "client": "cli-1",
            "organisation": "org-1",
            "practice": "prac-1",
            "status": "OPEN",
            "opened_on": "2026-09-01",
            "closed_on": "",
            "entitled_sessions": "",
        },
        {
            "number": "ASST-100002",
            "client": "cli-2",
            "organisation": "org-2",
            "practice": "prac-2",
            "status": "CLOSED",
            "opened_on": "2026-03-02",
            "closed_on": "2026-08-31",
        },
    ],
    "appointments": [
        {
            "external_id": "app-1",
            "case": "ASST-100001",
            "consultant": "con-1",
            "starts_at": "2026-11-20T09:00",
            "ends_at": "2026-11-20T09:50",
            "status": "COMPLETED",
        },
        {
            "external_id": "app-2",
            "case": "ASST-100001",
            "consultant": "con-1",
            "starts_at": "2026-11-27T09:00+11:00",
            "ends_at": "2026-11-26T22:50:00Z",
            "status": "SCHEDULED",
        },
    ],
    "requests": [
        {
            "external_id": "req-1",
            "case": "ASST-100001",
            "consultant": "con-1",
            "appointment": "app-1",
            "status": "ORGANISATION_REVIEW",
            "sessions_requested": "3",
            "sessions_granted": "",
            "decline_reason": "",
            "goal_category": "CONSOLIDATE_GAINS",
            "goal_statement": "Settle what has been gained.",
            "pathway_kind": "PRIVATE",
            "pathway_detail": "A first appointment is booked.",
            "submitted_at": "2026-11-20T10:00",
            "confirmed_at": "2026-11-20T10:05",
            "decided_at": "",
            "closed_at": "",
        }
    ],
}


class Notes(Silent):
    """Keeps what an import told."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.sizes: dict[str, int] = {}
        self.read = 0
        self.tallies: dict[str, Tally] = {}

    def opened(self, file: str, size: int) -> None:
        self.sizes[file] = size

    def advanced(self, read: int) -> None:
        self.read += read

    def refused(self, problem: Problem) -> None:
        self.problems.append(problem)

    def closed(self, tally: Tally) -> None:
        self.tallies[tally.file] = tally


def good() -> Files:
    return deepcopy(GOOD)


def write(folder: Path, files: Files) -> Path:
    """Write each file; its columns are those of all its rows, and what a row lacks is an empty cell."""
    for name, rows in files.items():
        columns = dict.fromkeys(column for row in rows for column in row)
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(columns), restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


async def load(
    folder: Path, database: Database, clock: Clock, *, mode: Mode = Mode.FILES, notes: Notes | None = None
) -> Report:
    return await load_folder(folder, database=database, clock=clock, mode=mode, watcher=notes)


async def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, in an order of its own."""
    async with database.snapshot() as connection:
        return {
            table.name: sorted((tuple(row) for row in await connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }
