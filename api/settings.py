"""What a deployment chooses, read once from the environment: the only module that looks there."""

import difflib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from api.bounding import Bounding
from api.setting_kinds import AllowedOrigins, GuardedUrl, OidcScope, Proxies, PublicUrl
from models.key_store import key_store_beside

PREFIX = "EXTRA_SESSIONS_"
_DRIVERS = frozenset({"sqlite+aiosqlite", "postgresql+psycopg"})
SIGN_IN: Final = ("token_issuer", "token_audience")
"""What production needs to believe anybody's token."""
MAIL: Final = ("provider", "mail_from", "public_url")
"""What production needs to write an e-mail."""


class SettingsError(Exception):
    """The process can't start as it is set up; the text tells the operator which variable to change, and how."""


class Settings(Bounding, BaseSettings):
    """One deployment. Each field is an environment variable: its name in capitals after ``EXTRA_SESSIONS_``.

    What stands under a field is also what the operator reads above it in the file that ``extra-sessions init`` writes.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    mode: Literal["production", "demo"] = "production"
    """A demo makes keys of its own, signs its own tokens and holds made-up people. Nothing else differs."""
    data_dir: Path = Path("var")
    """The folder of the embedded database, the erasure ledger and the server's lock."""
    database_url: str = Field(default="", repr=False)
    """``sqlite+aiosqlite:///PATH`` or ``postgresql+psycopg://...``; a file in the data folder if it is left out."""
    key_store_url: str = Field(default="", repr=False)
    """The database of clients' keys, which is backed up on its own; beside the other one if it is left out."""
    key_file: Path | None = None
    """The keys that seal personal data. A demo makes its own; a production process never does."""

    erasure_ledger: Path | None = None
    """Which clients were erased, by random ids; in the data folder if it is left out. Copy it with each backup."""

    host: str = "127.0.0.1"
    """The address to listen on; this machine alone, if it is left out."""
    port: int = Field(default=8000, ge=0, le=65535)
    """0 takes a free one."""
    public_url: PublicUrl = ""
    """Where people reach this server, as an absolute http or https URL: the start of every link in an e-mail."""
    trusted_proxies: Proxies = ""
    """The addresses or networks of reverse proxies, divided by commas: only they are believed about who calls."""

    allowed_origins: AllowedOrigins = ""
    """Origins of front ends on other hosts, divided by commas, such as ``https://portal.example.org``: browsers let
    their pages in, over HTTP and by WebSocket. None if it is left out; the public URL's own needs no mention."""

    token_issuer: str = ""
    """The sign-in provider's name for itself, as its tokens say it (``iss``)."""
    token_audience: str = ""
    """The name that its tokens must be made for (``aud``)."""
    token_name_claim: str = Field(default="sub", pattern=r"^[\x21-\x7e]{1,100}$")
    """Which claim of a token is compared with accounts' sign-in names. With one that people can change themselves they
    could become others; ``email`` counts only beside ``email_verified``."""
    token_jwks_file: Path | None = None
    """The provider's public keys, as a JWK set, where this server can't ask for them. A demo trusts its own alone."""
    token_jwks_url: GuardedUrl = ""
    """Where it publishes them, by https; needed if the issuer's ``/.well-known/openid-configuration`` is silent."""

    oidc_client_id: str = ""
    """As whom the provider knows this server, where browsers sign in by it; they come back to ``/sign-in/callback``."""
    oidc_client_secret_file: Path | None = None
    """A file that holds the secret that goes with it and nothing else; a public client has none."""
    oidc_scope: OidcScope = "openid"
    """What the provider is asked for, divided by spaces; more than ``openid`` only where it has to be asked for that
    claim."""

    session_idle_minutes: int = Field(default=30, ge=5, le=1_440)
    """For how long a browser stays signed in without a request."""
    session_hours: int = Field(default=10, ge=1, le=24)
    """For how long it stays signed in at the most; then people sign in again."""

    provider: str = ""
    """The EAP provider's name, which e-mails are signed with."""
    mail_from: str = ""
    """The address that e-mails come from."""
    letters_dir: Path | None = None
    """A folder of the provider's own texts and colours for e-mails; ours if it is left out."""

    smtp_host: str = ""
    """The mail server that e-mails are handed to. Without one they are kept in a Maildir in the data folder."""
    smtp_port: int = Field(default=0, ge=0, le=65535)
    """If it is left out: 465 for ``tls``, 587 for ``starttls``, 25 for ``none``."""
    smtp_security: Literal["tls", "starttls", "none"] = "tls"
    """``tls`` from the first byte, or ``starttls`` and never without it; ``none`` only to this machine itself.
    Certificates are checked by the system's authorities, or by those that ``SSL_CERT_FILE`` names."""
    smtp_username: str = ""
    """As whom the mail server is told to sign in; it goes with the password."""
    smtp_password_file: Path | None = None
    """A file that holds that password and nothing else."""
    smtp_timeout: int = Field(default=30, ge=1, le=50)
    """Seconds that handing over one e-mail may take, connecting included; under the minute that its job has."""
    mail_return_path: str = ""
    """Where bounces go, as ``bounces@eap.example``: the mail server must take ``bounces+ANYTHING@eap.example`` too, and
    pipe what comes there into ``extra-sessions mail bounce``."""
    mail_rate: int = Field(default=0, ge=0)
    """How many e-mails a process hands over in any minute at most; 0 sets no limit."""
    guidelines_file: Path | None = None
    """The provider's own text about extra sessions, Markdown, which forms show."""

    keep_idempotency_days: int = Field(default=30, ge=2)
    """For how many days a mutation that is repeated with its key gives the first result."""
    keep_jobs_days: int = Field(default=30, ge=1)
    """For how many days jobs that are done are kept; those that failed for good stay until somebody looks."""
    keep_access_days: int = Field(default=0, ge=0)
    """For how many days it is on record who looked; 0 keeps it for good, and so the law may want it."""

    replay_days: int = Field(default=90, ge=1)
    """For how many days back events can be replayed: a client that was away for longer reads everything anew. No event
    is ever deleted: the log is the audit trail too."""

    webhooks_allow_private: bool = False
    """Whether webhooks may go to addresses of your own network (private ones, this machine), and by plain http.
    Leave it off where anybody else may say where they go: a webhook could reach what only this network should."""
    webhook_give_up_hours: int = Field(default=72, ge=1, le=720)
    """For how many hours a webhook may fail before it is switched off and the staff are told."""

    metrics_host: str = "127.0.0.1"
    """The address that metrics and health are served on, where there is a port for them."""
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Where each process serves its metrics and its health, apart from everything else; nowhere if it is left out.

    Several processes of one machine can share it: each takes the first port that is free, from this one on.
    """
    traces_endpoint: str = ""
    """Where OpenTelemetry's collector takes OTLP over HTTP, as OTEL_EXPORTER_OTLP_ENDPOINT says it elsewhere; that
    variable counts where this one is left out. Nobody is told anything where neither is set."""
    log_format: Literal["", "console", "json"] = ""
    """JSON if it is left out; in a demo, lines for a person."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is worth a line."""

    @property
    def ledger(self) -> Path:
        return self.erasure_ledger or self.data_dir / "erasures.jsonl"

    @property
    def is_demo(self) -> bool:
        return self.mode == "demo"

    def model_post_init(self, _context: Any, /) -> None:
        derived = {
            "database_url": f"sqlite+aiosqlite:///{(self.data_dir / 'extra-sessions.sqlite3').absolute()}",
            "public_url": f"http://{self.host}:{self.port}" if self.is_demo else "",
            "provider": "Harbour EAP (demo)" if self.is_demo else "",
            "mail_from": "no-reply@eap.example" if self.is_demo else "",
            "log_format": "console" if self.is_demo else "json",
        }
        for name, value in derived.items():
            if not getattr(self, name):
                object.__setattr__(self, name, value)
        if not self.key_store_url:
            with suppress(ArgumentError):  # read_settings says what is wrong with the other one
                object.__setattr__(self, "key_store_url", key_store_beside(self.database_url))

    def require(self, *names: str) -> None:
        """Raise SettingsError naming each of these that is not set. What a process needs, it asks for as it starts."""
        missing = [variable(name) for name in names if not getattr(self, name)]
        if missing:
            raise SettingsError(f"Outside demo mode this needs {_listed(missing)} to be set.")


def read_settings(**given: Any) -> Settings:
    """Read the environment; what is given here, as by a command's options, wins.

    Raises SettingsError for a variable with our prefix that nobody reads, and for a value that can't be used. The text
    never shows a value: some are secrets.
    """
    _refuse_unknown(os.environ)
    try:
        settings = Settings(**_elsewhere(os.environ), **given)
    except ValidationError as error:
        problems = [
            f"{variable('_'.join(map(str, found['loc'])))}: {found['msg'].removeprefix('Value error, ')}."
            for found in error.errors()
        ]
        raise SettingsError("\n".join(problems)) from None
    _refuse_other_databases(settings.database_url, "database_url")
    _refuse_other_databases(settings.key_store_url, "key_store_url")
    _refuse_one_for_both(settings)
    return settings


def _elsewhere(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what the standard variable of another project says, where ours says nothing."""
    endpoint = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    return {"traces_endpoint": endpoint} if endpoint and not environ.get(variable("traces_endpoint")) else {}


def _refuse_unknown(environ: Any) -> None:
    known = [variable(name) for name in Settings.model_fields]
    for name in environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0)
            raise SettingsError(f"{name} is not a setting of Extra Sessions. The nearest one is {close[0]}.")


def _refuse_other_databases(url: str, field: str) -> None:
    try:
        driver = make_url(url).drivername
    except ArgumentError:
        driver = ""
    if driver not in _DRIVERS:
        raise SettingsError(f"{variable(field)} must begin with {_listed(sorted(_DRIVERS), 'or')}://.")


def _refuse_one_for_both(settings: Settings) -> None:
    database, keys = make_url(settings.database_url), make_url(settings.key_store_url)
    if database.set(query={}) == keys.set(query={}):
        raise SettingsError(
            f"{variable('key_store_url')} names the database itself; a client's key must not be in its backups."
        )
    if database.drivername != keys.drivername:
        raise SettingsError(f"{variable('key_store_url')} must be on the same kind of database as the other one.")


def variable(field: str) -> str:
    """Return the environment variable that sets a field."""
    return f"{PREFIX}{field.upper()}"


def _listed(names: list[str], conjunction: str = "and") -> str:
    return f" {conjunction} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
