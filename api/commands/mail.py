"""What concerns the e-mails that are sent."""

import click

from api.commands.bounces import bounce
from api.commands.letters import preview


@click.group()
def mail() -> None:
    """Look at the e-mails that are sent, and take back those that could not be delivered."""


mail.add_command(preview)
mail.add_command(bounce)
