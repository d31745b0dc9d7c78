"""Tries a provider's own letters before any is sent: each is written once from made-up values, and looked at."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Final

from jinja2 import TemplateError

from jobs.branding import LettersUnusable, read_brand
from jobs.samples import SAMPLES
from jobs.writing import TEMPLATES, Writer

_WRITTEN_AT: Final = datetime(2026, 11, 23, 4, tzinfo=UTC)
_FETCHING: Final = frozenset(
    ("img", "link", "script", "iframe", "object", "embed", "video", "audio", "source", "form", "base")
)
_FETCHING_STYLES: Final = ("url(", "@import", "@font-face")


def own_letters(folder: Path | None, *, sender: str = "no-reply@eap.example") -> Writer:
    """Return who writes a deployment's letters; without a folder they are ours, which the tests have tried.

    Otherwise each is tried here. Raises LettersUnusable, which says what to mend.
    """
    if folder is None:
        return Writer()
    if not folder.is_dir():
        raise LettersUnusable(f"{folder} is not a folder.")
    _refuse_unknown_files(folder)
    writer = Writer(folder, read_brand(folder))
    for _ in sample_letters(writer, provider="Harbour EAP", sender=sender):
        pass
    return writer


def sample_letters(writer: Writer, *, provider: str, sender: str) -> Iterator[tuple[str, EmailMessage]]:
    """Write one letter of every kind from made-up values, with the name of each. Raises LettersUnusable."""
    for name, (template, values) in SAMPLES.items():
        try:
            message = writer.write(
                template,
                to="reader@example.com",
                mail_id=f"mail_{template}",
                created_at=_WRITTEN_AT,
                sender=sender,
                values=values | {"provider": provider},
            )
        except TemplateError as error:
            raise LettersUnusable(f"{_place(error, template)}: {error.message} (the letter “{name}”).") from None
        except KeyError as error:
            raise LettersUnusable(f"{template}.jinja has no block that is called {error}.") from None
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise LettersUnusable(f"{_place(error, template)}: {error} (the letter “{name}”).") from None
        _look_at(message, template, name)
        yield name, message


def _refuse_unknown_files(folder: Path) -> None:
    """A file that takes nothing's place is a slip of somebody's, whose letters would go out unchanged."""
    ours = {file.relative_to(TEMPLATES) for file in TEMPLATES.rglob("*.jinja")}
    for file in sorted(folder.rglob("*.jinja")):
        if file.relative_to(folder) not in ours:
            names = ", ".join(sorted(str(each) for each in ours if len(each.parts) == 1))
            raise LettersUnusable(f"{file} takes the place of no template. There are: {names}.")


def _look_at(message: EmailMessage, template: str, name: str) -> None:
    html = message.get_body(("html",))
    assert html is not None  # noqa: S101 - the writer writes both parts
    page = _Page()
    page.feed(str(html.get_content()))
    if page.fetches:
        raise LettersUnusable(
            f"{template}.jinja: the letter “{name}” would fetch something when it is opened ({page.fetches}), "
            "and so tell a third party who reads it, and when."
        )
    if not str(message["Subject"]).strip():
        raise LettersUnusable(f"{template}.jinja: the letter “{name}” has no subject.")


def _place(error: BaseException, template: str) -> str:
    """Say the file and the line where it went wrong: the innermost one that is a template's."""
    line, file = getattr(error, "lineno", None), getattr(error, "filename", None)
    trace: TracebackType | None = error.__traceback__
    while trace is not None and line is None:
        if trace.tb_frame.f_code.co_filename.endswith(".jinja"):
            file, found = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            if trace.tb_next is None or not _is_template(trace.tb_next):
                line = found
        trace = trace.tb_next
    return f"{file or f'{template}.jinja'}{f', line {line}' if line else ''}"


def _is_template(trace: TracebackType) -> bool:
    return trace.tb_frame.f_code.co_filename.endswith(".jinja")


class _Page(HTMLParser):
    """What a mail program would go and get."""

    def __init__(self) -> None:
        super().__init__()
        self.fetches = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        styles = " ".join(value or "" for key, value in attrs if key == "style").lower()
        if tag in _FETCHING or {"src", "srcset", "background"} & {key for key, _ in attrs}:
            self.fetches = self.fetches or f"<{tag}>"
        self._note_styles(styles)

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":
            self._note_styles(data.lower())

    def _note_styles(self, styles: str) -> None:
        for way in _FETCHING_STYLES:
            if way in styles:
                self.fetches = self.fetches or way
