"""The command `extra-sessions`."""

import sys
from typing import Any

import click

from api.commands.accounts import token, users
from api.commands.contract import export_schema
from api.commands.demo import demo
from api.commands.import_folder import import_folder
from api.commands.serving import migrate, serve, worker
from api.settings import SettingsError


class _Commands(click.Group):
    """Turns a refusal to start into one plain paragraph, for every command alike."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Extra session requests at Employee Assistance Programs: the server and its tools.

    Settings come from EXTRA_SESSIONS_* environment variables; EXTRA_SESSIONS_MODE=demo needs no other.
    """


for command in (serve, worker, migrate, import_folder, demo, users, token, export_schema):
    main.add_command(command)

if __name__ == "__main__":
    sys.exit(main())
