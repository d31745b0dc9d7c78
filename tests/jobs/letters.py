"""Every letter as its tests read it: what it is told, and how it looks as text and in a browser."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

from jobs.samples import BACKUP, CLIENT, QUESTION, REQUEST, SAMPLES, WAITING, Values
from jobs.writing import Writer

WRITER = Writer()

OUTCOME = {"outcome", "sessions_granted"}
NEEDED = {
    "received": {*REQUEST, "sessions_requested", "decision_due", "relay_due"},
    "expired": {*REQUEST},
    "details_needed": {*REQUEST, "details_due"},
    "details_reminder": {*REQUEST, "details_due"},
    "lapsed": {*REQUEST},
    "cancelled": {*REQUEST},
    "question_asked": {*REQUEST, *QUESTION, "answer_due"},
    "outcome_consultant": {*REQUEST, *OUTCOME, "sessions_requested", "reason", "can_ask_again"},
    "outcome_client": {*CLIENT, *OUTCOME},
    "review_invitation": {*REQUEST, "decision_due"},
    "review_reminder": {*REQUEST, "decision_due"},
    "review_resumed": {*REQUEST, "decision_due", "answered"},
    "review_ended": {*BACKUP},
    "overdue_backup": {*BACKUP, "decision_due"},
    "overdue_staff": {*REQUEST, "overdue", "due"},
    "answer_drafted": {*REQUEST, "answer_due"},
    "decision_needed": {*REQUEST, "decision_due"},
    "relay_stuck": {*REQUEST, "relay_due"},
    "address_bounced": {*REQUEST},
    "clinical_review_waiting": {*REQUEST, *WAITING} - {"reference"},
}
"""All that each template may use."""


def named(*templates: str) -> list[str]:
    """Return the names of the letters that are written from these templates."""
    return [name for name, (template, _) in SAMPLES.items() if template in templates]


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
        self.message = WRITER.write(
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

    @property
    def links(self) -> list[str | None]:
        """Its links, which text and HTML must agree on."""
        links = [value for name, value in self.page.attributes if name == "href"]
        assert links == [line for line in self.lines if "://" in line]
        return links

    @property
    def preview(self) -> str:
        """What a lock screen shows beside the subject."""
        preview = re.search(r'<div style="display:none[^>]*>([^<]*)<', self.html)
        assert preview is not None
        return preview[1]

    def says(self, *phrases: str) -> bool:
        return all(phrase in self.text and phrase in self.page.text for phrase in phrases)

    def mentions(self, *words: str) -> bool:
        everything = f"{self.message.as_string()} {self.text} {self.html}".lower()
        return any(word.lower() in everything for word in words)


def letter(which: str, /, **values: object) -> Letter:
    template, usual = SAMPLES[which]
    return Letter(template, usual | values)
