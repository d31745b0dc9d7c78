"""Every letter says what its reader needs, in text and in HTML alike, and nothing that its reader may not know."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, meta

from jobs.mailer import TEMPLATES, render
from models.rules.vocabulary import DeclineReason, Outcome

Values: TypeAlias = dict[str, object]

MELBOURNE = ZoneInfo("Australia/Melbourne")
REQUEST: Values = {
    "provider": "Harbour Wellbeing",
    "name": "Priya Nair",
    "reference": "R-7KQ2M9XD",
    "public_url": "https://sessions.example.org/",
    "request_id": "req_8sKd02mXq9aPz7LwV3bTnA",
}
DUE: Values = {
    "decision_due": datetime(2026, 12, 3, 17, tzinfo=MELBOURNE),
    "relay_due": datetime(2026, 12, 4, 17, tzinfo=MELBOURNE),
}
ASKED: Values = REQUEST | {"sessions_requested": 3}
CLIENT: Values = {"provider": "Harbour Wellbeing", "name": "Sam"}
APPROVED: Values = {"outcome": Outcome.APPROVED, "sessions_granted": 3, "reason": None}
FEWER: Values = APPROVED | {"sessions_granted": 2}
DECLINED: Values = {"outcome": Outcome.DECLINED, "sessions_granted": None, "reason": DeclineReason.BUDGET}
LETTERS: dict[str, tuple[str, Values]] = {
    "received": ("received", ASKED | DUE),
    "received, clinical review first": ("received", ASKED | {"decision_due": None, "relay_due": None}),
    "review invitation": ("review_invitation", REQUEST | DUE),
    "approved in full, to the consultant": ("outcome_consultant", ASKED | APPROVED),
    "approved for fewer, to the consultant": ("outcome_consultant", ASKED | FEWER),
    "declined, to the consultant": ("outcome_consultant", ASKED | DECLINED),
    "approved, to the client": ("outcome_client", CLIENT | FEWER),
    "declined, to the client": ("outcome_client", CLIENT | DECLINED),
}
NEEDED = {
    "received": {*REQUEST, "sessions_requested", "decision_due", "relay_due"},
    "review_invitation": {*REQUEST, "decision_due"},
    "outcome_consultant": {*REQUEST, "sessions_requested", "outcome", "sessions_granted", "reason"},
    "outcome_client": {*CLIENT, "outcome", "sessions_granted"},
}
TO_CLIENT = [name for name, (template, _) in LETTERS.items() if template == "outcome_client"]


class Page(HTMLParser):
    """What a browser makes of an HTML part: its elements, their attributes, and the text that is read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)


class Letter:
    """One rendered letter, its lines unwrapped."""

    def __init__(self, template: str, values: Values) -> None:
        self.message = render(
            template,
            to="reader@example.com",
            mail_id="mail_1",
            created_at=datetime(2026, 11, 23, 4, tzinfo=UTC),
            sender="no-reply@sessions.example.org",
            values=values,
        )
        self.subject = str(self.message["Subject"])
        self.lines = self._part("plain").splitlines()
        self.text = " ".join(" ".join(self.lines).split())
        self.html = self._part("html")
        self.page = Page(self.html)

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content())

    def says(self, *phrases: str) -> bool:
        return all(phrase in self.text and phrase in self.page.text for phrase in phrases)

    def mentions(self, *words: str) -> bool:
        everything = f"{self.message.as_string()} {self.text} {self.html}".lower()
        return any(word.lower() in everything for word in words)


def letter(which: str, /, **values: object) -> Letter:
    template, usual = LETTERS[which]
    return Letter(template, usual | values)


# What each letter says


def test_a_received_request_is_acknowledged_with_its_dates_and_what_to_leave_until_then() -> None:
    received = letter("received")
    assert received.subject == "We have received request R-7KQ2M9XD"
    assert received.says(
        "Hello Priya Nair,",
        "3 extra sessions",
        "by Thursday 3 December 2026, 5 pm Melbourne time",
        "by Friday 4 December 2026, 5 pm Melbourne time",
        "wait before you rebook your client or suggest any further session",
    )
    assert not received.mentions("clinical")


def test_a_request_for_clinical_review_is_acknowledged_without_a_date() -> None:
    received = letter("received, clinical review first")
    assert received.says("a clinical review comes first", "wait before you rebook")
    assert not received.mentions("Decision expected", "Melbourne")


def test_a_reviewer_is_told_the_reference_the_due_date_and_that_the_person_is_not_disclosed() -> None:
    invitation = letter("review invitation")
    assert invitation.subject == "Request R-7KQ2M9XD awaits your decision"
    assert invitation.says(
        "R-7KQ2M9XD", "Thursday 3 December 2026, 5 pm Melbourne time", "Who is it about?", "That is not disclosed"
    )


def test_a_reviewer_s_link_carries_the_request_s_id_and_nothing_else() -> None:
    invitation = letter("review invitation")
    link = "https://sessions.example.org/requests/req_8sKd02mXq9aPz7LwV3bTnA"
    assert [value for name, value in invitation.page.attributes if name == "href"] == [link]
    assert [line for line in invitation.lines if "://" in line] == [link]


def test_an_invitation_has_no_word_of_the_client_the_case_or_the_care() -> None:
    invitation = letter("review invitation")
    # "consultant", "client" and the like would each be a step towards a person.
    assert not invitation.mentions("ASST-", "consultant", "client", "practice", "clinical", "appointment", "psycholog")


def test_a_consultant_learns_of_an_approval_in_full() -> None:
    outcome = letter("approved in full, to the consultant")
    assert outcome.subject == "The outcome of request R-7KQ2M9XD"
    assert outcome.says("3 extra sessions approved", "approved in full", "3 of 3", "you can book them")
    assert not outcome.mentions("fewer", "declined", "Reason")


def test_a_consultant_learns_of_an_approval_for_fewer() -> None:
    outcome = letter("approved for fewer, to the consultant")
    assert outcome.says("2 extra sessions approved", "fewer sessions than you asked for: 2 of 3", "around this number")
    assert not outcome.mentions("in full", "declined", "Reason")


@pytest.mark.parametrize("reason", DeclineReason)
def test_a_consultant_learns_why_a_request_was_declined_in_words(reason: DeclineReason) -> None:
    outcome = letter("declined, to the consultant", reason=reason)
    assert outcome.says("Your request was declined", "Reason given", "What to do next")
    assert reason.value not in outcome.text
    assert not outcome.mentions("has been approved", "you can book them")


def test_a_consultant_does_not_learn_who_declined() -> None:
    assert not letter("declined, to the consultant", reason=DeclineReason.OTHER).mentions("organisation", "clinical")


def test_a_client_learns_how_many_sessions_were_approved() -> None:
    outcome = letter("approved, to the client")
    assert outcome.says("Hello Sam,", "2 extra sessions have been approved", "What happens next")
    assert not outcome.mentions("not approved", "sorry")


def test_one_session_is_said_as_one() -> None:
    outcome = letter("approved, to the client", sessions_granted=1)
    assert outcome.says("1 extra session has been approved")
    assert not outcome.mentions("1 extra sessions")


def test_a_client_whose_sessions_were_not_approved_is_told_what_to_do_next() -> None:
    outcome = letter("declined, to the client")
    assert outcome.says("not approved this time", "talk with your consultant", "13 11 14", "1737")
    assert not outcome.mentions("budget", "declined", "have been approved")


def test_a_client_without_a_display_name_is_greeted_all_the_same() -> None:
    assert letter("approved, to the client", name="").says("Hello, This message is for you alone.")


# What a client's lock screen may show


@pytest.mark.parametrize("name", TO_CLIENT)
def test_a_lock_screen_shows_a_client_nothing_but_the_provider(name: str) -> None:
    outcome = letter(name)
    assert outcome.subject == "An update from Harbour Wellbeing"
    assert outcome.message["From"].addresses[0].display_name == "Harbour Wellbeing"
    preview = re.search(r'<div style="display:none[^>]*>([^<]*)<', outcome.html)
    assert preview is not None
    shown = [outcome.subject, preview[1], " ".join(outcome.lines)[:120]]
    for words in shown:
        assert not re.search(r"session|approv|declin|sorry|consultant|case|support|health|care", words, re.IGNORECASE)


@pytest.mark.parametrize("name", TO_CLIENT)
def test_the_preview_is_long_enough_to_keep_the_letter_s_own_words_out(name: str) -> None:
    preview = re.search(r'<div style="display:none[^>]*>([^<]*)<', letter(name).html)
    assert preview is not None
    assert len(preview[1]) > 300


@pytest.mark.parametrize("name", TO_CLIENT)
def test_a_client_s_letter_has_no_link_no_reference_and_no_case_number(name: str) -> None:
    outcome = letter(name, **{key: value for key, value in ASKED.items() if key not in CLIENT})
    assert "href" not in dict(outcome.page.attributes)
    assert "://" not in outcome.text
    assert not outcome.mentions("R-7KQ2M9XD", "ASST-", "req_")


# What holds for every letter


@pytest.mark.parametrize("template", NEEDED)
def test_a_letter_can_only_use_the_values_that_its_reader_may_know(template: str) -> None:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    environment.filters.update(dict.fromkeys(["in_words", "wrapped", "on_one_line"], str))
    used: set[str] = set()
    for file in [f"{template}.jinja", "text/layout.jinja", "mjml/layout.jinja"]:
        used |= meta.find_undeclared_variables(environment.parse((TEMPLATES / file).read_text()))
    made_on_the_way = {"subject", "part", "words", "approved"}
    assert used - made_on_the_way == NEEDED[template]


def test_every_letter_is_tested_here() -> None:
    assert {file.stem for file in TEMPLATES.glob("*.jinja")} - {"words"} == set(NEEDED)
    assert {template for template, _ in LETTERS.values()} == set(NEEDED)


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_names_the_provider_and_the_product_and_says_that_nobody_reads_an_answer(name: str) -> None:
    assert letter(name).says("Harbour Wellbeing sent this message with Extra Sessions.", "please do not reply")


@pytest.mark.parametrize("name", LETTERS)
def test_opening_a_letter_fetches_nothing(name: str) -> None:
    opened = letter(name)
    assert not {"img", "link", "script", "iframe", "video", "object", "form"} & set(opened.page.elements)
    assert not {"src", "background", "srcset"} & {key for key, _ in opened.page.attributes}
    assert not re.search(r"@import|url\(|@font-face", opened.html)


@pytest.mark.parametrize("name", LETTERS)
def test_a_screen_reader_finds_a_language_a_title_and_headings_in_order(name: str) -> None:
    page = letter(name).page
    assert ("lang", "en") in page.attributes
    assert ("aria-label", letter(name).subject) in page.attributes
    headings = [element for element in page.elements if element in {"h1", "h2", "h3"}]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    assert page.elements.count("table") == page.attributes.count(("role", "presentation")) - page.elements.count("a")


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_fits_a_phone_and_follows_its_dark_mode(name: str) -> None:
    html = letter(name).html
    assert 'name="viewport" content="width=device-width' in html
    assert 'name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    # A fixed width stands in what Outlook alone reads; everything else is as wide as the screen.
    assert "width:600px" not in re.sub(r"<!--\[if mso.*?<!\[endif\]-->", "", html, flags=re.DOTALL).replace(
        "max-width:600px", ""
    )


@pytest.mark.parametrize("name", LETTERS)
def test_text_lines_are_short_enough_to_read(name: str) -> None:
    assert all(len(line) <= 72 or "://" in line for line in letter(name).lines)
    assert "\n\n\n" not in "\n".join(letter(name).lines)


@pytest.mark.parametrize("name", LETTERS)
@given(hostile=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_value_can_add_markup(name: str, hostile: str) -> None:
    marked = f"<script>{hostile}</mj-text>\"'><img src=x onerror=y>{{{{ 7*7 }}}}&amp;"
    plain, attacked = letter(name), letter(name, name=marked, provider=marked)
    assert attacked.page.elements == plain.page.elements
    assert {key for key, _ in attacked.page.attributes} == {key for key, _ in plain.page.attributes}
    assert "<img src=x onerror=y>{{ 7*7 }}&amp;" in attacked.page.text
    assert "<img src=x onerror=y>{{ 7*7 }}&amp;" in attacked.text
