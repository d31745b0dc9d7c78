"""An invented provider's data for the current week, as the folder of CSV files that ``extra-sessions import`` takes."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from random import Random

from models.demo_set.cast import accounts, clients, consultants, organisations, practices
from models.demo_set.history import requests
from models.demo_set.timetable import appointments, cases

SEED = 20_261


def write_demo_set(folder: Path, *, today: date, seed: int = SEED) -> None:
    """Write the files into ``folder``; the same day and seed give the same bytes. Everybody in them is invented."""
    dice = Random(seed)  # noqa: S311 - invented data, which must come out the same again
    people = clients(dice)
    files = cases(people, today)
    sheets: dict[str, Iterable[Mapping[str, object]]] = {
        "organisations": organisations(),
        "practices": practices(),
        "consultants": consultants(),
        "accounts": accounts(people),
        "clients": [person.row() for person in people],
        "cases": [case.row() for case in files],
        "appointments": appointments(files, today, dice),
        "requests": requests(files, today, dice),
    }
    for name, rows in sheets.items():
        _write(folder / f"{name}.csv", list(rows))


def _write(path: Path, rows: list[Mapping[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
