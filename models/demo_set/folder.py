"""Writes the demo set: a folder that loads without a single report, the same for the same day."""

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from random import Random

from models.demo_set import places
from models.demo_set.appointments import appointment_rows
from models.demo_set.cases import invent_cases
from models.demo_set.clients import invent_clients
from models.demo_set.requests import request_rows


def write_demo_set(folder: Path, *, today: date, seed: int = 2026) -> None:
    """Write the files into ``folder``, which exists; the appointments are those of the weeks around ``today``.

    The account ``consultant`` has appointments today or tomorrow whose cases can show the whole way of a request,
    with the organisation of the account ``reviewer``.
    """
    dice = Random(seed)  # noqa: S311 - made-up people need repeatable dice, not secret ones
    clients = invent_clients(dice)
    cases = invent_cases(clients, today=today, dice=dice)
    files = {
        "organisations": places.organisation_rows(),
        "practices": places.practice_rows(),
        "consultants": places.consultant_rows(),
        "accounts": places.account_rows(),
        "clients": [client.row() for client in clients],
        "cases": [case.row() for case in cases],
        "appointments": [row for case in cases for row in appointment_rows(case, today=today, dice=dice)],
        "requests": list(request_rows(cases, today=today, dice=dice)),
    }
    for name, rows in files.items():
        _write(folder / f"{name}.csv", rows)


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    columns: Iterable[str] = dict.fromkeys(column for row in rows for column in row)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), restval="")
        writer.writeheader()
        writer.writerows(rows)
