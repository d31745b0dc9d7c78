"""What a provider's e-mails look like before any is sent."""

import re
from email.message import EmailMessage
from pathlib import Path

import click
from jinja2 import Environment

from api.settings import SettingsError, read_settings
from jobs.branding import LettersUnusable
from jobs.trying_letters import own_letters, sample_letters

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--letters", type=_FOLDER, default=None, help="Instead of EXTRA_SESSIONS_LETTERS_DIR: texts to try.")
def preview(folder: Path, letters: Path | None) -> None:
    """Write every kind of e-mail, from made-up values, to FOLDER: as text, as HTML and as a message, with an index.

    The provider's name, sender and texts are those of the settings. Nothing is sent, and no database is read.
    """
    settings = read_settings(**({} if letters is None else {"letters_dir": letters}))
    provider, sender = settings.provider or "Your provider", settings.mail_from or "no-reply@eap.example"
    try:
        writer = own_letters(settings.letters_dir, sender=sender)
        written = list(sample_letters(writer, provider=provider, sender=sender))
    except LettersUnusable as unusable:
        raise SettingsError(f"A letter can't be sent as it is. {unusable}") from None
    folder.mkdir(parents=True, exist_ok=True)
    for name, message in written:
        _write(folder / _slug(name), message)
    (folder / "index.html").write_text(_index(written))
    click.echo(f"{len(written)} e-mails are in {folder}. Open {folder / 'index.html'} in a browser.")


def _write(path: Path, message: EmailMessage) -> None:
    path.with_suffix(".eml").write_bytes(message.as_bytes())
    path.with_suffix(".txt").write_text(_part(message, "plain"))
    path.with_suffix(".html").write_text(_part(message, "html"))


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _slug(name: str) -> str:
    return re.sub(r"[^a-z]+", "-", name)


def _index(written: list[tuple[str, EmailMessage]]) -> str:
    letters = [{"name": name, "subject": message["Subject"], "file": _slug(name)} for name, message in written]
    return _INDEX.render(letters=letters)


_INDEX = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Every e-mail</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #8886; font-weight: normal; padding: .45rem .75rem .45rem 0; text-align: left }
th[scope=col] { font-weight: 600 }
</style>
</head>
<body>
<h1>Every e-mail, from made-up values</h1>
<table>
<thead>
<tr><th scope="col">Letter</th><th scope="col">Subject</th><th scope="col" colspan="3">Look at it as</th></tr>
</thead>
<tbody>
{%- for letter in letters %}
<tr>
<th scope="row">{{ letter.name }}</th><td>{{ letter.subject }}</td>
<td><a href="{{ letter.file }}.html">HTML</a></td>
<td><a href="{{ letter.file }}.txt">text</a></td>
<td><a href="{{ letter.file }}.eml">message</a></td>
</tr>
{%- endfor %}
</tbody>
</table>
</body>
</html>
""")
