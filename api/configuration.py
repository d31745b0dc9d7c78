"""The configuration file of a new deployment: every setting with what it does, written from the settings themselves."""

import textwrap
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo

from api.bounding import Bounding
from api.settings import MAIL, SIGN_IN, Settings, variable

_WIDTH: Final = 100
_HEAD: Final = """
Extra Sessions: what this deployment chooses. Shells and systemd (EnvironmentFile=) read this file alike.

Fill in what is empty. What has a # before its name is what holds without a line of its own; a setting that does not
exist stops the start. Keep values in double quotes, and write a dollar sign in one as \\$.
"""


def configuration(**chosen: Path) -> str:
    """Return the file's text: first the blanks that production needs, then what is ``chosen``, then all the rest."""
    fields = Settings.model_fields
    blank = (*SIGN_IN, *MAIL)
    rest = [name for name in fields if name not in blank and name not in chosen]
    rest.sort(key=lambda name: name in Bounding.model_fields)  # what few will change comes last
    parts = [
        _comment(_HEAD),
        _title("To fill in"),
        *(_entry(name, fields[name], f'{variable(name)}=""') for name in blank),
        _title("Of this deployment"),
        *(_entry(name, fields[name], f'{variable(name)}="{_quoted(str(value))}"') for name, value in chosen.items()),
        _title("What may be chosen otherwise"),
        *(_entry(name, fields[name], f'# {variable(name)}="{_usual(fields[name])}"') for name in rest),
    ]
    return "\n\n".join(parts) + "\n"


def blanks() -> list[str]:
    """Return the variables that somebody has to fill in."""
    return [variable(name) for name in (*SIGN_IN, *MAIL)]


def _entry(name: str, field: FieldInfo, line: str) -> str:
    about = field.description or name.replace("_", " ")
    return f"{_comment(about.replace('``', ''))}\n{line}"


def _comment(text: str) -> str:
    """Wrap a text's paragraphs, with an empty comment line between two."""
    return "\n#\n".join(map(_paragraph, text.strip().split("\n\n")))


def _paragraph(text: str) -> str:
    lines = textwrap.wrap(" ".join(text.split()), _WIDTH, break_on_hyphens=False)
    return "\n".join(f"# {line}" for line in lines)


def _title(text: str) -> str:
    return f"# ---- {text} ".ljust(_WIDTH, "-")


def _usual(field: FieldInfo) -> str:
    usual: Any = field.default
    return "" if usual is None else _quoted(str(usual))


def _quoted(text: str) -> str:
    """Escape what a shell and systemd would read as their own inside double quotes."""
    return "".join(f"\\{each}" if each in '\\"$`' else each for each in text)
