"""The first command of a new deployment: its keys, and the file that says how it is set up."""

import os
import shlex
from pathlib import Path

import click

from api.configuration import blanks, configuration
from models.keyring import Keyring

_KEYS = "keys.json"
_CONFIGURATION = "extra-sessions.env"


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path) -> None:
    """Make the keys and the configuration file of a new deployment in DIR.

    Nothing that is there is ever overwritten. Both files are readable by their owner alone: run it as the user that
    the server will run as. Back the key file up at once: without it nothing that is sealed opens again.
    """
    folder = folder.absolute()
    keys, settings = folder / _KEYS, folder / _CONFIGURATION
    for path in (keys, settings):
        if path.exists():
            raise click.ClickException(f"{path} is there already, and nothing is overwritten. Name another folder.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        Keyring.generate().save(keys)
        _write(settings, configuration(data_dir=folder / "data", key_file=keys))
    except OSError as error:
        raise click.ClickException(f"{folder} can't be prepared: {error.strerror}.") from None
    click.echo(_told(keys, settings))


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _told(keys: Path, settings: Path) -> str:
    return "\n".join(
        (
            f"{keys} holds this deployment's keys. Back it up now, apart from the data: nothing else can open that.",
            f"{settings} holds its settings. Fill in {', '.join(blanks())}.",
            "Then:",
            f"  set -a; . {shlex.quote(str(settings))}; set +a",
            "  extra-sessions migrate",
            "  extra-sessions serve",
        )
    )
