"""A case over the threshold: the clinical review comes first, and the organisation never learns of it."""

from typing import Any

from api.demo.asking import Asking, done
from api.demo.choosing import choose_long
from api.demo.patience import DemoStopped, until
from api.demo.stage import Stage
from api.demo.wording import due_of, sessions, words

_DETAILS = {
    "CURRENT_STATE": "Sleeps through most nights; back on the night roster since the middle of the month.",
    "RISK": "No thoughts of self-harm for ten weeks. The plan for a bad night is with the sister.",
    "PROGRESS": "The ride in the goods lift is possible again, alone, four days out of five.",
    "PLAN": "Two rides at the busiest hour, then a look back; enough once both have gone well.",
}
_ELSE = "The mental health plan is asked for, and the first visit is made."
_FEWER = 2
_WAITS_WITHIN = 20


def clinical_chapter(stage: Stage) -> Asking:
    stage.screen.chapter("A case over the threshold: a clinical review first")
    stage.consultants_turn()
    asking = _ask(stage)
    _answer(stage, asking)
    stage.clinical_reviewers_turn()
    _find(stage, asking)
    _endorse(stage, asking)
    stage.organisations_turn()
    _decide(stage, asking)
    return asking


def _ask(stage: Stage) -> Asking:
    screen, consultant = stage.screen, stage.consultant
    choice = choose_long(consultant.party, consultant.today, organisation_id=stage.organisation_id)
    asking = Asking(consultant.party, choice)
    screen.step(f"The form of a long case, {asking.case['number']}, says beforehand what will come")
    form = asking.open_form()
    _show_sum(stage, form)
    screen.step("Submit and confirm")
    asking.submit()
    request = asking.confirm()
    screen.facts(
        [
            ("Reference", request["reference"]),
            ("Asked for", sessions(request["sessionsRequested"])),
            ("Status", words(request["status"])),
            ("Details due", due_of(request, "DETAILS", asking.zone)),
        ]
    )
    return asking


def _show_sum(stage: Stage, form: Any) -> None:
    estimate = form["clinicalReviewEstimate"]
    parts = ("used", "scheduled", "remaining", "requested")
    stage.screen.facts(
        [
            ("Sessions", " + ".join(f"{estimate[part]} {part}" for part in parts) + f" = {estimate['total']}"),
            ("Without a review", f"up to {estimate['threshold']}"),
            ("Clinical review", "needed first" if estimate["needed"] else "not needed"),
        ]
    )


def _answer(stage: Stage, asking: Asking) -> None:
    screen = stage.screen
    screen.step("The e-mail to the consultant")
    screen.letter(asking.letter(stage.mailbox, "Request"))
    asked = asking.look()["clinicalReview"]["rounds"][-1]["questions"]
    screen.step(f"The {len(asked)} questions, answered all at once")
    answers = [{"code": each["code"], "text": _DETAILS.get(each["code"], _ELSE)} for each in asked]
    asking.written += [each["text"] for each in answers]
    request = asking.move("answer-further-details", answers=answers, expectedVersion=asking.request["version"])
    for question, answer in zip(asked, answers, strict=True):
        screen.question(question["text"], answer["text"])
    screen.facts(
        [("Status", words(request["status"])), ("Review due", due_of(request, "CLINICAL_REVIEW", asking.zone))]
    )


def _find(stage: Stage, asking: Asking) -> None:
    party, number = stage.players.clinical_reviewer, asking.case["number"]
    letter = stage.mailbox.wait_for(
        lambda letter: number in letter.text and f"Hello {party.name}" in letter.text,
        otherwise="The clinical reviewer was sent no e-mail within 20 s.",
    )
    stage.screen.step("The clinical reviewer's queue")
    queue = until(
        lambda: party.ask("review-queue", first=100)["nodes"] or None,
        within=_WAITS_WITHIN,
        otherwise="The clinical reviewer's queue is empty.",
    )
    references = [request["reference"] for request in queue]
    rows = [
        (each["reference"], sessions(each["sessionsRequested"]), due_of(each, "CLINICAL_REVIEW", asking.zone))
        for each in queue
    ]
    stage.screen.table(rows, marked=references.index(asking.request["reference"]))
    stage.screen.facts([("E-mail", f"{letter.subject} (to {letter.to})")])


def _endorse(stage: Stage, asking: Asking) -> None:
    screen, party = stage.screen, stage.players.clinical_reviewer
    screen.step("The request, with its answers and without its client")
    seen = party.ask("review-request", id=asking.request["id"])
    answered = [each for each in seen["clinicalReview"]["rounds"][-1]["questions"] if each["answer"]]
    screen.facts(
        [
            ("Case", f"{seen['case']['number']}, {seen['consultant']['name']}"),
            ("Client", seen["client"]["displayName"]),
            ("Goal", seen["goal"]["statement"]),
            ("Answers", f"{len(answered)}, among them: {answered[-1]['answer']}"),
            ("Sessions", f"{seen['clinicalReview']['total']} in all, {seen['clinicalReview']['threshold']} without"),
        ]
    )
    screen.step(f"Endorse, for {_FEWER} of {sessions(seen['sessionsRequested'])}")
    verdict = {"requestId": seen["id"], "expectedVersion": seen["version"]}
    verdict |= {"verdict": "ENDORSE", "sessionsEndorsed": _FEWER}
    request = done(party.ask("record-clinical-review", input=verdict))
    screen.facts(
        [
            ("Status", words(request["status"])),
            ("Review", f"{words(request['clinicalReview']['result'])} on {request['clinicalReview']['reviewedOn']}"),
            ("Decision due", due_of(request, "DECISION", asking.zone)),
        ]
    )


def _decide(stage: Stage, asking: Asking) -> None:
    """Show the organisation its part. Raises DemoStopped where that is more than the number released."""
    screen, organisation = stage.screen, stage.organisation
    screen.step("What the organisation sees of all that")
    organisation.find(asking.request["reference"])
    seen = organisation.look()
    if seen["sessionsRequested"] != _FEWER or seen["clinicalReview"] is not None or len(seen["timeline"]) != 1:
        raise DemoStopped("The organisation sees more of a clinical review than the number released.")
    screen.facts(
        [
            ("Sessions", f"{seen['sessionsRequested']} asked for"),
            ("Version", f"{seen['version']}: as of a request that came straight to it"),
            ("Clinical review", "nothing, as if there had been none"),
        ]
    )
    screen.timeline(seen["timeline"], organisation.zone)
    screen.step("Approve")
    organisation.move("approve")
    outcome = asking.wait_for_outcome()
    letter = asking.letter(stage.mailbox, "The outcome of request")
    screen.facts(
        [
            ("Status", words(organisation.request["status"])),
            ("Granted", sessions(organisation.request["sessionsGranted"])),
            ("To the consultant", f"{outcome['sessionsGranted']} of {outcome['sessionsRequested']}: {letter.subject}"),
        ]
    )
