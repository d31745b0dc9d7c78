"""What must hold after every step, read from the tables and compared with the lives by the book."""

from collections import Counter, defaultdict
from typing import Any

import orjson

from models.hash_chain import chained
from models.rules.entitlement import Tally
from models.rules.vocabulary import AppointmentStatus
from tests.life.knowing import ENTITLED, Known, Told, live
from tests.life.law import CALLS_FOR, CLOSED, OPEN, PAUSED, STEPS
from tests.life.records import Row, Rows, moment

GENESIS = bytes(32)


def check(rows: Rows, known: Known) -> None:
    """Fail where any of it does not hold."""
    one_open_request(rows)
    every_grant_once(rows)
    the_tally_adds_up(rows)
    lives_are_as_told(rows, known)
    deadlines_are_as_told(rows, known)
    looks_are_promised(rows, known)
    tasks_are_as_told(rows, known)
    mails_are_as_told(rows, known)


def one_open_request(rows: Rows) -> None:
    open_ones = Counter(row["case_id"] for row in rows["extra_sessions_request"] if row["status"] in OPEN)
    assert max(open_ones.values(), default=0) <= 1, open_ones


def every_grant_once(rows: Rows) -> None:
    granted = {row["request_id"]: row["sessions"] for row in rows["session_grant"]}
    assert len(granted) == len(rows["session_grant"])
    approved = [row for row in rows["extra_sessions_request"] if row["status"] == "APPROVED"]
    assert granted == {row["id"]: row["sessions_granted"] for row in approved}
    assert sum(granted.values()) == sum(row["sessions_granted"] for row in approved)


def the_tally_adds_up(rows: Rows) -> None:
    case_of = {row["id"]: row["case_id"] for row in rows["extra_sessions_request"]}
    granted, booked = Counter[str](), defaultdict[str, Counter[AppointmentStatus]](Counter)
    for row in rows["session_grant"]:
        granted[case_of[row["request_id"]]] += row["sessions"]
    for row in rows["appointment"]:
        booked[row["case_id"]][AppointmentStatus(row["status"])] += 1
    for row in rows["extra_sessions_request"]:
        case, asked = row["case_id"], row["sessions_requested"]
        tally = Tally.of(ENTITLED, granted[case], booked[case])
        allocation = ENTITLED + granted[case]
        total = tally.used + tally.scheduled + tally.remaining + asked
        assert total == max(allocation, tally.used + tally.scheduled) + asked


def lives_are_as_told(rows: Rows, known: Known) -> None:
    found = {row["id"]: row for row in rows["extra_sessions_request"]}
    assert set(found) == {told.id for told in known.told}
    for told in known.told:
        row, life = found[told.id], told.life
        assert row["status"] == life.status, told
        asked = (row["sessions_requested"], row["sessions_released"], row["sessions_granted"])
        assert asked == (life.asked, life.offered, life.granted), told
        assert (row["released_at"] is not None, row["withheld"] is not None) == (life.released, life.withheld), told
        assert bool(row["needs_clinical_review"]) is life.reviewed, told
        assert (row["closed_at"] is None) is (life.status in OPEN), told


def deadlines_are_as_told(rows: Rows, known: Known) -> None:
    running = defaultdict[str, list[Row]](list)
    for row in rows["deadline"]:
        if live(row):
            running[row["request_id"]].append(row)
    for told in known.told:
        found = running[told.id]
        kinds = [row["kind"] for row in found]
        assert len(set(kinds)) == len(kinds), told
        assert set(kinds) == _called_for(told), (told, kinds)
        paused = {row["kind"] for row in found if row["paused_at"] is not None}
        assert paused == (PAUSED if told.life.status == "INFORMATION_REQUESTED" else set()), told
        assert {row["kind"]: moment(row["due_at"]) for row in found} == {
            kind: clock.due for kind, clock in told.life.clocks.items()
        }, told


def _called_for(told: Told) -> set[str]:
    if told.life.status in {"APPROVED", "DECLINED"}:
        return set() if "RELAY" not in told.life.clocks else {"RELAY"}
    return set(CALLS_FOR.get(told.life.status, set()))


def looks_are_promised(rows: Rows, known: Known) -> None:
    promised = defaultdict[str, set[Any]](set)
    for job in rows["job"]:
        if job["state"] == "READY" and job["actor"] == "watch_deadline":
            promised[_args(job)["deadline_id"]].add(moment(job["run_at"]))
    lives = {told.id: told.life for told in known.told}
    for row in rows["deadline"]:
        if live(row) and row["paused_at"] is None:
            comes = lives[row["request_id"]].clocks[row["kind"]].next()
            looks = [at for at in promised[row["id"]] if comes is not None and at <= comes]
            assert comes is None or looks, (row, comes, promised[row["id"]])


def _args(job: Row) -> dict[str, str]:
    found: dict[str, str] = orjson.loads(job["args"]) if isinstance(job["args"], str) else job["args"]
    return found


def tasks_are_as_told(rows: Rows, known: Known) -> None:
    open_tasks = Counter((row["request_id"], row["kind"]) for row in rows["staff_task"] if row["state"] == "OPEN")
    assert open_tasks == Counter((told.id, kind) for told in known.told for kind in told.life.tasks)


def mails_are_as_told(rows: Rows, known: Known) -> None:
    owed = Counter((row["request_id"], row["kind"]) for row in rows["mail"])
    assert owed == Counter((told.id, mail.kind) for told in known.told for mail in told.life.mails)


def check_log(rows: Rows, before: Rows) -> None:
    """Check that events were added alone, each in the chain, and that each request's states follow the table."""
    kept, found = before["event"], rows["event"]
    assert found[: len(kept)] == kept
    last = bytes(kept[-1]["hash"]) if kept else GENESIS
    for number, row in enumerate(found[len(kept) :], start=len(kept) + 1):
        assert row["seq"] == number
        last = chained(last, number, row["entry"])
        assert bytes(row["hash"]) == last
    (head,) = rows["event_head"]
    assert (head["seq"], bytes(head["hash"])) == (len(found), last)
    _check_histories(found, rows)


def _check_histories(events: list[Row], rows: Rows) -> None:
    states: dict[str, str] = {}
    for row in events:
        entry = orjson.loads(row["entry"])
        request, state = entry["request_id"], entry["status"]
        if state is None:  # of a mail, a case, an appointment
            continue
        assert (request in states) or (entry["type"], state) == ("SUBMITTED", "SUBMITTED"), entry
        assert (states.get(request, "SUBMITTED"), state) in STEPS, (states.get(request), entry)
        assert entry["type"] not in CLOSED or entry["type"] == state != states[request], entry
        states[request] = state
    assert states == {row["id"]: row["status"] for row in rows["extra_sessions_request"]}
