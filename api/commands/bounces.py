"""Reading what comes back of the e-mails that were sent: a mail server pipes it into this command.

It answers in the exit statuses that mail servers know (sysexits). Whatever could mend itself, our own faults included,
is a temporary failure: the mail server keeps the message and asks again.
"""

import sys

import click

from api.settings import SettingsError, read_settings
from api.storage import run_with
from models.clock import SystemClock
from models.database import Database
from models.operations.record_bounce import BounceTooEarly, RecordBounce, UnknownBounce, record_bounce
from models.rules.delivery_status import LONGEST, DeliveryStatus, NotAReport, read_report, token_of


class _Unusable(click.ClickException):
    """What can never be recorded. Its text may end up in a letter to anybody, so it names nobody."""

    exit_code = 65


class _AskAgain(click.ClickException):
    """What may be recorded later."""

    exit_code = 75


@click.command()
@click.option("--recipient", metavar="ADDRESS", help="Where the message arrived, if the mail server says so.")
def bounce(recipient: str | None) -> None:
    """Read one delivery status notification (RFC 3464) from standard input.

    It must have arrived at the return path of the mail that it is about: --recipient, or its own Delivered-To,
    X-Original-To or To header. A failure for good is recorded, nothing more is sent to that address, and staff get a
    task; a delay changes nothing. Exits with 0 when done, 65 for what is no such notification, 75 to be asked again.
    """
    try:
        status, marked = read_report(sys.stdin.buffer.read(LONGEST + 1))
    except NotAReport:
        raise _Unusable("This is not a delivery status notification. Nothing was recorded.") from None
    token = (token_of(recipient) if recipient else None) or marked
    if token is None:
        raise _Unusable("Neither --recipient nor the headers name a mail's return path.")
    if status is DeliveryStatus.FAILED:
        _record(token)


def _record(token: str) -> None:
    async def record(database: Database) -> None:
        await record_bounce(RecordBounce(token=token), database=database, clock=SystemClock())

    try:
        run_with(read_settings(), record)
    except UnknownBounce:
        raise _Unusable("No mail was sent with this return path. Nothing was recorded.") from None
    except BounceTooEarly:
        raise _AskAgain("The mail is not on record as sent yet. Ask again.") from None
    except SettingsError as error:
        raise _AskAgain(str(error)) from None
    except Exception as error:  # noqa: BLE001 - a trace would reach whoever gets the mail server's own bounce
        raise _AskAgain(f"Nothing was recorded ({type(error).__name__}). Ask again.") from None
