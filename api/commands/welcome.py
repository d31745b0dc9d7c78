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
    where = f"http://{settings.host}:{settings.port}"
    click.secho("\nExtra Sessions, demo mode: invented people, keys made on this machine.", bold=True)
    click.echo(f"  GraphiQL {where}/graphiql  (sign in as anybody, and try it)")
    click.echo(f"  GraphQL  {where}/graphql  (POST, with a bearer token)")
    click.echo(f"  Health   {where}/healthz and {where}/readyz")
    click.echo(f"  E-mails  {_mail_goes_to(settings)}")
    click.secho("\nSign in: a bearer token for each role", bold=True)
    click.echo("  export EXTRA_SESSIONS_MODE=demo")
    for name, description in _NAMES:
        click.echo(f"  .venv/bin/extra-sessions token {name:<11} # {description}")
    click.echo("  .venv/bin/extra-sessions users             # all the others")
    click.secho("\nTry it, in another terminal", bold=True)
    click.echo("  make demo                                  # the whole way of one request")
    click.echo(f"  curl -s {where}/graphql -H 'Content-Type: application/json' \\")
    click.echo('    -H "Authorization: Bearer $(.venv/bin/extra-sessions token consultant)" \\')
    click.echo('    -d \'{"query": "{ viewer { name role timeZone } }"}\'\n')


def _mail_goes_to(settings: Settings) -> str:
    if settings.smtp_host:
        return f"{settings.smtp_host}  (a mail server: they leave this machine)"
    return f"{(settings.data_dir / 'mail').absolute()}  (a Maildir: nothing leaves this machine)"
