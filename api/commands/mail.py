"""What concerns the e-mails that are sent."""

import click

from api.commands.bounces import bounce


@click.group()
def mail() -> None:
    """Take back the e-mails that could not be delivered."""


mail.add_command(bounce)
