"""What a setting's text must be, where a plain type can't say it. No message shows the text: some are secrets."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from api.origins import is_this_machine, origin_of


def _public_url(text: str) -> str:
    """Return the URL without the slash at its end; links are made by putting a path behind it."""
    if not text:
        return text
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number, a bracket that never ends
        whole = False
        parts = urlsplit("")
    if (
        not whole
        or parts.username is not None
        or parts.query
        or parts.fragment
        or not text.isprintable()
        or " " in text
    ):
        raise ValueError("expected an absolute http or https URL, such as https://sessions.example.org")
    return text.rstrip("/")


def is_guarded(url: str) -> bool:
    """Whether nobody reads along on the way to this address: https, or this machine itself."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        whole = bool(host) and parts.username is None and not parts.fragment and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    return whole and plain and (parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(host)))


def _guarded_url(text: str) -> str:
    if text and not is_guarded(text):
        raise ValueError("expected an https URL, such as https://sign-in.example.org/keys")
    return text


def _proxies(text: str) -> str:
    """Return the addresses, divided by commas. Everybody is no proxy: a header would then say whatever it likes."""
    proxies = [each.strip() for each in text.split(",") if each.strip()]
    try:
        networks = [ipaddress.ip_network(each) for each in proxies]
    except ValueError:
        networks = []
    if len(networks) != len(proxies) or any(network.prefixlen == 0 for network in networks):
        raise ValueError("expected addresses or networks divided by commas, such as 127.0.0.1 or 10.0.3.0/24")
    return ",".join(proxies)


def _is_exact(origin: str) -> bool:
    try:
        known = origin_of(origin) == origin and urlsplit(origin).scheme in {"http", "https"}
    except ValueError:
        return False
    return known and bool(urlsplit(origin).hostname) and "*" not in origin


def _origins(text: str) -> str:
    """Return the origins, divided by commas, each exactly as a browser sends it; everybody is no origin."""
    origins = [each.strip() for each in text.split(",") if each.strip()]
    if not all(map(_is_exact, origins)):
        raise ValueError("expected origins divided by commas, such as https://portal.example.org, without a path")
    return ",".join(origins)


def _oidc_scope(text: str) -> str:
    """Return the words, each once; without ``openid`` a provider signs nobody in, and says nothing of it."""
    words = dict.fromkeys(text.split())
    if "openid" not in words or not text.isascii() or not text.isprintable() or set(text) & {'"', "\\"}:
        raise ValueError("expected words divided by spaces, one of which is openid")
    return " ".join(words)


AllowedOrigins = Annotated[str, AfterValidator(_origins)]
GuardedUrl = Annotated[str, AfterValidator(_guarded_url)]
OidcScope = Annotated[str, AfterValidator(_oidc_scope)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
Proxies = Annotated[str, AfterValidator(_proxies)]
