"""What a newcomer reads after `make run`: where to go, and how to sign in as each role."""

import click

from api.settings import Settings

_NAMES = (
    ("consultant", "a consultant, with appointments today"),
    ("manager", "the practice's manager"),
    ("reviewer", "a reviewer at a client's organisation"),
    ("clinical", "the provider's clinical reviewer"),
    ("staff", "the provider's staff"),
    ("integrator", "a machine account"),
)


def print_welcome(settings: Settings) -> None:
    prefix = "EXTRA_SESSIONS_MODE=demo .venv/bin/extra-sessions"
    where = f"http://{settings.host}:{settings.port}"
    click.secho("\nExtra Sessions, demo mode: invented people, keys made on this machine.", bold=True)
    click.echo(f"  GraphQL   {where}/graphql      (POST, with a bearer token)")
    click.echo(f"  Health    {where}/healthz and {where}/readyz")
    click.echo(f"  E-mails   {settings.data_dir / 'mail'}     (a Maildir: nothing leaves this machine)")
    click.echo(f"  Data      {settings.data_dir.absolute()}")
    click.secho("\nSign in as", bold=True)
    for name, description in _NAMES:
        click.echo(f"  {prefix} token {name:<12}{description}")
    click.echo(f"  {prefix} users       lists all the others")
    click.secho("\nTry it", bold=True)
    click.echo(f"  curl -s {where}/graphql -H 'Content-Type: application/json' \\")
    click.echo(f'    -H "Authorization: Bearer $({prefix} token consultant)" \\')
    click.echo('    -d \'{"query": "{ viewer { name role timeZone } }"}\'')
    click.echo("  make demo    (in another terminal: the whole way of one request)\n")
