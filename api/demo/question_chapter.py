"""A question before the decision: the clock stands still, and no answer that names the client goes out."""

from typing import Any

from api.demo.asking import Asking, done
from api.demo.choosing import choose_another
from api.demo.patience import DemoStopped, until
from api.demo.stage import Stage
from api.demo.wording import due_of, moment, sessions, words

_TOPIC = "PERIOD"
_DRAFT = "Fortnightly, so that they take about two months."
_WAITS_WITHIN = 20


def question_chapter(stage: Stage, *, but: str) -> Asking:
    """Play it on another case than ``but``."""
    stage.screen.chapter("A question before the decision")
    asking = _ask(stage, but)
    stage.organisations_turn()
    _question(stage, asking)
    stage.consultants_turn()
    _draft(stage, asking)
    stage.staffs_turn()
    _release(stage, asking)
    stage.organisations_turn()
    _decide(stage, asking)
    return asking


def _ask(stage: Stage, but: str) -> Asking:
    consultant = stage.consultant
    choice = choose_another(consultant.party, consultant.today, organisation_id=stage.organisation_id, but=but)
    stage.consultants_turn()
    asking = Asking(consultant.party, choice)
    stage.screen.step(f"Another request, on {asking.case['number']}: submit and confirm")
    asking.open_form()
    asking.submit()
    request = asking.confirm()
    stage.screen.facts(
        [
            ("Reference", request["reference"]),
            ("Asked for", sessions(request["sessionsRequested"])),
            ("Decision due", due_of(request, "DECISION", asking.zone)),
        ]
    )
    return asking


def _question(stage: Stage, asking: Asking) -> None:
    screen, organisation = stage.screen, stage.organisation
    organisation.find(asking.request["reference"])
    topics = organisation.look()["questionTopics"]
    screen.step("Ask a question from the fixed list")
    places = [topic["value"] for topic in topics]
    screen.table([(topic["label"],) for topic in topics], marked=places.index(_TOPIC))
    request = organisation.move("ask-question", topic=_TOPIC)
    screen.facts(
        [("Status", words(request["status"])), ("Decision due", due_of(request, "DECISION", organisation.zone))]
    )


def _draft(stage: Stage, asking: Asking) -> None:
    screen = stage.screen
    screen.step("The question, by e-mail")
    screen.letter(asking.letter(stage.mailbox, "A question about request"))
    screen.step("A draft that names the client is refused")
    named = f"We think of fortnightly sessions. {asking.client['displayName']} would like the evenings."
    asking.written.append(named)
    refused = asking.party.ask("draft-answer", input={"requestId": asking.request["id"], "answer": named})
    codes = [error["code"] for error in refused["userErrors"]]
    if codes != ["IDENTIFIER_FOUND"]:
        raise DemoStopped(f"A draft that names the client was answered {codes}, and not IDENTIFIER_FOUND.")
    screen.facts([("Draft", named), *((error["code"], error["message"]) for error in refused["userErrors"])])
    screen.step("A draft that names nobody")
    request = asking.move("draft-answer", answer=_DRAFT)
    theirs = stage.organisation.look()["questions"][-1]
    screen.facts(
        [
            ("Draft", request["questions"][-1]["draft"]),
            ("State", words(request["questions"][-1]["state"])),
            ("The organisation", f"still sees: {words(theirs['state']).lower()}, {theirs['answer'] or 'no answer'}"),
        ]
    )


def _release(stage: Stage, asking: Asking) -> None:
    screen, staff = stage.screen, stage.players.staff
    reference = asking.request["reference"]
    tasks = until(lambda: _tasks_with(stage, reference), within=_WAITS_WITHIN, otherwise="Staff were given no task.")
    letter = stage.mailbox.wait_for(
        lambda letter: reference in letter.subject and f"Hello {staff.name}" in letter.text,
        otherwise="Staff were sent no e-mail within 20 s.",
    )
    screen.step("What waits for staff")
    references = [task["request"]["reference"] for task in tasks]
    place = references.index(reference)
    rows = [
        (
            task["request"]["reference"],
            words(task["kind"]),
            f"due {moment(task['dueAt'], asking.zone)}" * bool(task["dueAt"]),
        )
        for task in tasks
    ]
    screen.table(rows, marked=place)
    screen.facts([("To do", tasks[place]["summary"]), ("E-mail", f"{letter.subject} (to {letter.to})")])
    screen.step("Read the draft, and release it")
    seen = staff.ask("request-status", by={"reference": reference})
    known = {"requestId": seen["id"], "expectedVersion": seen["version"]}
    request = done(staff.ask("release-answer", input=known))
    stood, stands = (due_of(each, "DECISION", asking.zone) for each in (seen, request))
    screen.facts(
        [
            ("Draft", seen["questions"][-1]["draft"]),
            ("Status", words(request["status"])),
            ("Decision was due", stood),
            ("Decision is due", stands),
        ]
    )
    if stood.partition(" (")[0] == stands.partition(" (")[0]:
        screen.say("What was left of the time is left again: asked and answered on one day, the due date is the same.")


def _tasks_with(stage: Stage, reference: str) -> Any:
    tasks = stage.players.staff.ask("staff-tasks", first=100)["nodes"]
    return tasks if any(task["request"]["reference"] == reference for task in tasks) else None


def _decide(stage: Stage, asking: Asking) -> None:
    screen, organisation = stage.screen, stage.organisation
    reference = asking.request["reference"]
    letter = stage.mailbox.wait_for(
        lambda letter: (
            letter.to in organisation.addresses
            and letter.subject.endswith("awaits your decision again")
            and reference in letter.subject
        ),
        otherwise="The reviewers were not told of the answer within 20 s.",
    )
    screen.step("The answer, as the reviewer reads it")
    question = organisation.look()["questions"][-1]
    screen.facts([("E-mail", f"{letter.subject} (to {letter.to})")])
    screen.question(question["text"], question["answer"])
    screen.timeline(organisation.request["timeline"], organisation.zone)
    screen.step("Decline, with a reason from the list")
    organisation.move("decline", reason="OTHER_SUPPORT_AVAILABLE")
    asking.wait_for_outcome()
    letter = asking.letter(stage.mailbox, "The outcome of request")
    decision = organisation.request["decision"]
    screen.facts(
        [
            ("Status", words(organisation.request["status"])),
            ("Reason", words(decision["reason"])),
            ("To the consultant", letter.subject),
        ]
    )
