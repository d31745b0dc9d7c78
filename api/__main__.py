"""The command `extra-sessions`."""

import sys
from importlib import import_module
from typing import Any

import click

from api.settings import SettingsError

_COMMANDS = {
    "init": "api.commands.first_day:init",
    "serve": "api.commands.serving:serve",
    "worker": "api.commands.serving:worker",
    "migrate": "api.commands.serving:migrate",
    "import": "api.commands.import_folder:import_folder",
    "demo": "api.commands.demo:demo",
    "account": "api.commands.account:account",
    "agreement": "api.commands.agreement:agreement",
    "keys": "api.commands.keys:keys",
    "backup": "api.commands.backups:backup",
    "restore": "api.commands.backups:restore",
    "clean": "api.commands.cleaning:clean",
    "clients": "api.commands.clients:clients",
    "mail": "api.commands.mail:mail",
    "audit": "api.commands.audit:audit",
    "statistics": "api.commands.statistics:statistics",
    "jobs": "api.commands.jobs:jobs",
    "deadlines": "api.commands.deadlines:deadlines",
    "doctor": "api.commands.doctor:doctor",
    "users": "api.commands.accounts:users",
    "token": "api.commands.accounts:token",
    "export-schema": "api.commands.contract:export_schema",
}


class _Commands(click.Group):
    """Loads just the command that is called, and turns a refusal to start into one plain paragraph."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Extra session requests at Employee Assistance Programs: the server and its tools.

    Settings come from EXTRA_SESSIONS_* environment variables; EXTRA_SESSIONS_MODE=demo needs no other.
    `extra-sessions init DIR` writes the file that sets them in production.
    """


if __name__ == "__main__":
    sys.exit(main())
