"""A bad row is reported by file, line, column and reason, without its values, and leaves nothing half loaded."""

from pathlib import Path

import pytest

from models.database import Database
from models.importing import clients
from models.importing.columns import Column
from models.importing.fields import Unfit
from tests.clock import FixedClock
from tests.importing import office

BIDI = "\u202e"

BAD_CELLS: list[tuple[str, str, str, str]] = [
    # file, column, what stands there, a part of the reason
    ("organisations", "external_id", "", "may not be empty"),
    ("organisations", "external_id", "x" * 101, "at most 100 printable characters"),
    ("organisations", "name", f"Salt{BIDI}bush", "invisible control characters"),
    ("organisations", "headcount", "many", "a whole number from 0 to"),
    ("organisations", "headcount", "-1", "a whole number from 0 to"),
    ("organisations", "headcount", "\u0663", "a whole number from 0 to"),
    ("organisations", "region", "AU", "AU-VIC or NZ-AUK"),
    ("organisations", "region", "VIC", "AU-VIC or NZ-AUK"),
    ("organisations", "time_zone", "Melbourne", "IANA time zone"),
    ("organisations", "time_zone", "../etc/passwd", "IANA time zone"),
    ("organisations", "entitled_sessions", "101", "a whole number from 0 to 100"),
    ("organisations", "release_rule", "at once", "BATCH, AT_ONCE"),
    ("organisations", "added_dates", "2026-12-24, 2026-12-29", "a day such as"),
    ("organisations", "automatic_approval", "5", "no more than maximum_sessions"),
    ("practices", "name", "x" * 201, "at most 200 characters"),
    ("practices", "time_zone", "Mars/Olympus", "IANA time zone"),
    ("consultants", "practice", "prac-9", "names no practice"),
    ("consultants", "email", "imogen at bluegum", "an e-mail address"),
    ("consultants", "left_on", "24/12/2026", "a day such as 2026-11-23"),
    ("consultants", "email", "a@b.example\nBcc: c@d.example", "an e-mail address"),  # two lines: the last of its file
    ("accounts", "role", "SYSTEM", "expected one of CONSULTANT"),
    ("accounts", "role", "ORG_REVIEWER", "is given with organisation, and nothing else"),
    ("accounts", "organisation", "org-1", "is given with consultant, and nothing else"),
    ("accounts", "consultant", "con-9", "names no consultant"),
    ("accounts", "phone", "0491 570 006", "begins with + and a country"),
    ("accounts", "employee_number", "17", "counts in an organisation"),
    ("accounts", "active", "true", "yes or no"),
    ("clients", "organisation", "org-9", "names no organisation"),
    ("clients", "name", "", "may not be empty"),
    ("clients", "name", "Melisande\x07", "invisible control characters"),
    ("clients", "email", "melisande", "an e-mail address"),
    ("clients", "phone", "12", "a phone number"),
    ("clients", "date_of_birth", "1984-02-30", "a day such as"),
    ("clients", "date_of_birth", "0184-02-03", "a day such as"),
    ("clients", "do_not_email", "maybe", "yes or no"),
    ("cases", "number", "ASST-12345", "ASST- and six digits"),
    ("cases", "client", "cli-9", "names no client"),
    ("cases", "organisation", "org-9", "names no organisation"),
    ("cases", "practice", "prac-9", "names no practice"),
    ("cases", "status", "Open", "OPEN, CLOSED"),
    ("cases", "status", "CLOSED", "may not be empty for a CLOSED case"),
    ("cases", "closed_on", "2026-10-01", "must be empty for an OPEN case"),
    ("appointments", "case", "ASST-999999", "names no case"),
    ("appointments", "consultant", "con-9", "names no consultant"),
    ("appointments", "consultant", "con-2", "one of the case's practice"),
    ("appointments", "starts_at", "2026-11-20", "a date and time such as"),
    ("appointments", "starts_at", "2026-11-20T25:00", "a date and time such as"),
    ("appointments", "starts_at", "2026-11-20x09:00", "a date and time such as"),
    ("appointments", "starts_at", "2026-11-20T09:00:00,5", "a date and time such as"),
    ("appointments", "starts_at", "2026-11-20T09:00+11:00:30", "a date and time such as"),
    ("appointments", "starts_at", "2026-11-20T09:50", "a time after starts_at"),
    ("appointments", "starts_at", "2026-11-18T09:50", "within 24 hours"),
    ("appointments", "starts_at", "2026-10-04T02:30", "an hour that the clocks there skip"),
    ("appointments", "status", "DONE", "expected one of SCHEDULED"),
]
TOLD_BY = {
    ("accounts", "organisation"): "role",
    ("appointments", "starts_at"): "ends_at",
    ("cases", "status"): "closed_on",
}
"""Where the reason may belong to another column than the one that is spoilt."""
KEYS = {"cases": ("number", "ASST-2000{:02}")}


@pytest.mark.parametrize("file", [name for name in office.GOOD if name != "requests"])
async def test_a_bad_cell_leaves_its_row_out_whole(
    tmp_path: Path, database: Database, clock: FixedClock, file: str
) -> None:
    files, notes = office.good(), office.Notes()
    cells = [cell[1:] for cell in BAD_CELLS if cell[0] == file]
    key, form = KEYS.get(file, ("external_id", "bad-{}"))
    first = len(files[file]) + 2
    for number, (column, text, _) in enumerate(cells):
        files[file].append(files[file][0] | {key: form.format(number), column: text})
    assert not (await office.load(office.write(tmp_path, files), database, clock, notes=notes)).clean
    assert notes.tallies[f"{file}.csv"].left_out == len(cells)
    for line, (column, _, reason) in enumerate(cells, start=first):
        told = next(problem for problem in notes.problems if problem.line == line)
        assert reason in told.reason
        assert told.file == f"{file}.csv"
        assert told.column in {column, TOLD_BY.get((file, column))}
    await _the_good_rows_are_there_and_no_others(tmp_path, database, clock)


@pytest.mark.parametrize("column", clients.SHEET.columns, ids=lambda column: column.name)
def test_a_reason_never_repeats_what_stands_in_the_cell(column: Column) -> None:
    with pytest.raises(Unfit) as unfit:
        column.parse("Melisande\x00" * 50)
    assert "Melisande" not in unfit.value.reason


async def _the_good_rows_are_there_and_no_others(folder: Path, database: Database, clock: FixedClock) -> None:
    """Load the good folder over it: nothing is added and nothing changes, not even a seal."""
    before, notes = await office.contents(database), office.Notes()
    assert (await office.load(office.write(folder, office.good()), database, clock, notes=notes)).clean
    assert sum(tally.unchanged for tally in notes.tallies.values()) == sum(map(len, office.GOOD.values()))
    assert await office.contents(database) == before


async def test_rows_that_refer_to_a_bad_row_are_reported_too(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = office.good()
    files["clients"][0]["email"] = "nobody"
    notes = office.Notes()
    await office.load(office.write(tmp_path, files), database, clock, notes=notes)
    assert [(problem.file, problem.line, problem.column) for problem in notes.problems] == [
        ("clients.csv", 2, "email"),
        ("cases.csv", 2, "client"),
        ("appointments.csv", 2, "case"),
        ("appointments.csv", 3, "case"),
        ("requests.csv", 2, "case"),
    ]
    assert {file: tally.left_out for file, tally in notes.tallies.items() if tally.left_out} == {
        "clients.csv": 1,
        "cases.csv": 1,
        "appointments.csv": 2,
        "requests.csv": 1,
    }


async def test_every_flaw_of_a_row_is_reported_and_the_row_counted_once(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = office.good()
    files["practices"].append({"external_id": "prac-3", "name": "", "suburb": "", "time_zone": "Mars"})
    notes = office.Notes()
    await office.load(office.write(tmp_path, files), database, clock, notes=notes)
    assert [str(problem) for problem in notes.problems] == [
        "practices.csv:4: name: may not be empty",
        "practices.csv:4: suburb: may not be empty",
        "practices.csv:4: time_zone: expected an IANA time zone, such as Australia/Melbourne",
    ]
    assert (notes.tallies["practices.csv"].added, notes.tallies["practices.csv"].left_out) == (2, 1)


async def test_the_second_row_of_one_external_id_is_left_out(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = {name: [*rows, dict(rows[0])] for name, rows in office.good().items()}
    notes = office.Notes()
    await office.load(office.write(tmp_path, files), database, clock, notes=notes)
    assert [(problem.file, problem.line, problem.reason) for problem in notes.problems] == [
        (f"{name}.csv", len(rows) + 1, "stands on line 2 already") for name, rows in files.items()
    ]
    await _the_good_rows_are_there_and_no_others(tmp_path, database, clock)


async def test_what_a_row_is_bound_to_stays(tmp_path: Path, database: Database, clock: FixedClock) -> None:
    files = office.good()
    files["cases"].append(files["cases"][0] | {"number": "ASST-100003"})
    assert (await office.load(office.write(tmp_path, files), database, clock)).clean
    before = await office.contents(database)
    files["consultants"][0]["practice"] = "prac-2"
    files["cases"][0] |= {"client": "cli-2", "organisation": "org-2", "practice": "prac-2"}
    files["appointments"][0]["case"] = "ASST-100003"
    notes = office.Notes()
    await office.load(office.write(tmp_path, files), database, clock, notes=notes)
    assert [str(problem) for problem in notes.problems] == [
        "consultants.csv:2: practice: a consultant keeps their practice; for another one, load a new consultant",
        "cases.csv:2: client: a case keeps its client",
        "cases.csv:2: organisation: a case keeps its organisation",
        "cases.csv:2: practice: a case keeps its practice",
        "appointments.csv:2: case: an appointment keeps its case",
    ]
    assert await office.contents(database) == before


async def test_a_bad_row_leaves_what_was_loaded_before_as_it_was(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = office.good()
    assert (await office.load(office.write(tmp_path, files), database, clock)).clean
    before = await office.contents(database)
    files["clients"][0] |= {"name": "Melisande Galbraith", "phone": "12"}
    notes = office.Notes()
    await office.load(office.write(tmp_path, files), database, clock, notes=notes)
    assert [problem.column for problem in notes.problems] == ["phone"]
    assert await office.contents(database) == before


async def test_dates_that_are_both_added_and_removed_are_refused(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files = office.good()
    files["organisations"][0] |= {"added_dates": "2026-12-24", "removed_dates": "2026-12-24"}
    notes = office.Notes()
    await office.load(office.write(tmp_path, files), database, clock, notes=notes)
    assert notes.problems[0].column == "removed_dates"


ACCOUNTS = [
    ({"role": "PROVIDER_STAFF"}, "time_zone"),
    ({"role": "PROVIDER_STAFF", "time_zone": "Australia/Perth", "practice": "prac-1"}, "role"),
    ({"role": "PRACTICE_MANAGER"}, "role"),
    ({"role": "CONSULTANT", "consultant": "con-1", "practice": "prac-1"}, "role"),
    ({"role": "INTEGRATOR", "practice": "prac-1", "organisation": "org-1"}, "role"),
    ({"role": "INTEGRATOR", "consultant": "con-1"}, "role"),
    ({"role": "ORG_REVIEWER", "organisation": "org-1", "phone": "12"}, "phone"),
    ({"role": "CLINICAL_REVIEWER", "time_zone": "Australia/Perth"}, None),
    ({"role": "PRACTICE_MANAGER", "practice": "prac-1"}, None),
    ({"role": "INTEGRATOR", "time_zone": "Australia/Perth"}, None),
    ({"role": "INTEGRATOR", "practice": "prac-1"}, None),
    ({"role": "INTEGRATOR", "organisation": "org-1"}, None),
]


async def test_an_account_is_given_exactly_the_scope_that_its_role_needs(
    tmp_path: Path, database: Database, clock: FixedClock
) -> None:
    files, notes = office.good(), office.Notes()
    files["accounts"] = [
        {"external_id": f"new-{number}", "name": "New", "email": "new@eap.example", **account}
        for number, (account, _) in enumerate(ACCOUNTS)
    ]
    await office.load(office.write(tmp_path, files), database, clock, notes=notes)
    told = {problem.line: problem.column for problem in notes.problems}
    assert told == {line: column for line, (_, column) in enumerate(ACCOUNTS, start=2) if column}
