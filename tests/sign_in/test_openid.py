"""Somebody is signed in by the provider's word alone, and only if all of it is right."""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from joserfc.jwk import OKPKey
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api.settings import Settings, SettingsError
from api.sign_in.client import Client, client_of
from api.sign_in.openid import Begun, SignInFailed, SignInProvider
from api.sign_in.provider_keys import keys_of
from api.sign_in.provider_line import ProviderLine
from models.keyring import Keyring
from models.sealing import Vault
from tests.clock import FixedClock
from tests.sign_in.provider import (
    CLIENT,
    DISCOVERY,
    SECRET,
    Provider,
    keyed_by_the_public_key,
    signed_by_hand,
    unsigned,
)

CALLBACK = "https://sessions.example.org/sign-in/callback"
Lie = Callable[[Provider], object]


def _signing_in(provider: Provider, clock: FixedClock, *, secret: str | None = None, **line: Any) -> SignInProvider:
    client = Client(provider.issuer, CLIENT, CALLBACK, secret)
    vault = Vault(Keyring.generate())
    return SignInProvider(client, keys_of(provider.issuer), vault, clock, ProviderLine(**line))


@pytest.fixture
def signing_in(provider: Provider, clock: FixedClock) -> SignInProvider:
    return _signing_in(provider, clock)


def _asked(begun: Begun) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(begun.url).query).items()}


async def test_whoever_the_provider_lets_in_is_signed_in_and_goes_where_they_wanted(
    provider: Provider, signing_in: SignInProvider
) -> None:
    begun = await signing_in.begin("/graphiql?request=req_1")

    finished = await signing_in.finish(provider.let_in(begun.url, "sam"), begun.transaction)

    assert finished == ("sam", "/graphiql?request=req_1")


async def test_nobody_comes_back_to_another_host(provider: Provider, signing_in: SignInProvider) -> None:
    begun = await signing_in.begin("//evil.example")

    assert (await signing_in.finish(provider.let_in(begun.url), begun.transaction)).next == "/graphiql"


async def test_what_is_asked_of_the_provider_is_what_the_flow_wants(
    provider: Provider, signing_in: SignInProvider
) -> None:
    first, second = await signing_in.begin(""), await signing_in.begin("")
    asked = _asked(first)
    await signing_in.finish(provider.let_in(first.url), first.transaction)

    assert first.url.startswith(f"{provider.issuer}/authorize?")
    assert {name: asked[name] for name in ("response_type", "client_id", "redirect_uri", "scope")} == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "scope": "openid",
    }
    assert asked["code_challenge_method"] == "S256"
    [form] = provider.forms
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert len(form["code_verifier"]) >= 43
    assert not {"state", "nonce", "code_challenge"} & {
        name for name, text in asked.items() if text == _asked(second)[name]
    }
    for secret in (form["code_verifier"], asked["nonce"], asked["state"]):
        assert secret not in first.transaction, "it is sealed"


async def test_a_public_client_says_its_name_and_a_confidential_one_proves_it(
    provider: Provider, clock: FixedClock
) -> None:
    for secret, says in (
        (None, {}),
        (SECRET, {}),
        (SECRET, {"token_endpoint_auth_methods_supported": ["client_secret_post"]}),
    ):
        provider.says = says
        signing_in = _signing_in(provider, clock, secret=secret)
        begun = await signing_in.begin("")
        await signing_in.finish(provider.let_in(begun.url), begun.transaction)

    public, basic, posted = provider.forms
    both = base64.b64decode(str(provider.authorizations[1]).removeprefix("Basic ")).decode()
    assert (public["client_id"], provider.authorizations[0]) == (CLIENT, None)
    assert both == f"{CLIENT}:a+secret+of+40+characters%3A+%2B%2F%25%26%3D%3F~%C3%A9+%21%24%2A"
    assert not {"client_id", "client_secret"} & set(basic)
    assert (posted["client_id"], posted["client_secret"], provider.authorizations[2]) == (CLIENT, SECRET, None)


async def test_a_person_is_found_by_the_claim_that_the_deployment_names(provider: Provider, clock: FixedClock) -> None:
    client = Client(provider.issuer, CLIENT, CALLBACK, scope="openid profile", name_claim="oid")
    signing_in = SignInProvider(client, keys_of(provider.issuer), Vault(Keyring.generate()), clock)
    begun = await signing_in.begin("")
    nameless = await signing_in.begin("")
    provider.claims = {"oid": "7f0c"}

    assert _asked(begun)["scope"] == "openid profile"
    assert (await signing_in.finish(provider.let_in(begun.url), begun.transaction)).name == "7f0c"
    provider.claims = {}
    with pytest.raises(SignInFailed, match="could not be used"):
        await signing_in.finish(provider.let_in(nameless.url), nameless.transaction)


async def test_an_address_of_an_id_token_is_a_name_only_if_it_is_verified(
    provider: Provider, clock: FixedClock
) -> None:
    client = Client(provider.issuer, CLIENT, CALLBACK, scope="openid email", name_claim="email")
    signing_in = SignInProvider(client, keys_of(provider.issuer), Vault(Keyring.generate()), clock)
    provider.claims = {"email": "sam@eap.example", "email_verified": True}
    begun, unverified = await signing_in.begin(""), await signing_in.begin("")

    assert (await signing_in.finish(provider.let_in(begun.url), begun.transaction)).name == "sam@eap.example"
    provider.claims["email_verified"] = False
    with pytest.raises(SignInFailed, match="could not be used"):
        await signing_in.finish(provider.let_in(unverified.url), unverified.transaction)


async def test_another_link_s_answer_is_not_taken(provider: Provider, signing_in: SignInProvider) -> None:
    mine, theirs = await signing_in.begin(""), await signing_in.begin("")
    brought = provider.let_in(theirs.url, "an attacker")

    for transaction in (mine.transaction, None, "", "x", theirs.transaction[:-2] + "AA"):
        with pytest.raises(SignInFailed, match="not begun in this browser"):
            await signing_in.finish(brought, transaction)
    assert not provider.forms, "no code is exchanged for it"


async def test_an_attempt_of_another_deployment_is_not_taken(provider: Provider, clock: FixedClock) -> None:
    ours, theirs = _signing_in(provider, clock), _signing_in(provider, clock)
    begun = await theirs.begin("")

    with pytest.raises(SignInFailed):
        await ours.finish(provider.let_in(begun.url), begun.transaction)


async def test_an_attempt_is_over_after_ten_minutes(
    provider: Provider, signing_in: SignInProvider, clock: FixedClock
) -> None:
    begun = await signing_in.begin("")
    brought = provider.let_in(begun.url)
    clock.advance(timedelta(minutes=10))

    with pytest.raises(SignInFailed, match="is over"):
        await signing_in.finish(brought, begun.transaction)


async def test_a_code_is_good_once(provider: Provider, signing_in: SignInProvider) -> None:
    begun = await signing_in.begin("")
    brought = provider.let_in(begun.url)
    await signing_in.finish(brought, begun.transaction)

    with structlog.testing.capture_logs() as lines, pytest.raises(SignInFailed, match="could not be used"):
        await signing_in.finish(brought, begun.transaction)

    assert [line["reason"] for line in lines] == ["code not exchanged: invalid_grant"]


async def test_a_code_of_somebody_else_s_attempt_is_not_exchanged(
    provider: Provider, signing_in: SignInProvider
) -> None:
    mine, theirs = await signing_in.begin(""), await signing_in.begin("")
    injected = provider.let_in(mine.url) | {"code": provider.let_in(theirs.url, "an attacker")["code"]}

    with pytest.raises(SignInFailed, match="could not be used"):
        await signing_in.finish(injected, mine.transaction)


async def test_a_key_that_the_provider_has_just_changed_is_believed(
    provider: Provider, signing_in: SignInProvider, clock: FixedClock
) -> None:
    for key_id in ("second", "third"):
        provider.rotate(key_id)
        begun = await signing_in.begin("")
        assert (await signing_in.finish(provider.let_in(begun.url), begun.transaction)).name == "sam"
        clock.advance(timedelta(seconds=30))


def _claims(**claims: Any) -> Lie:
    return lambda provider: provider.claims.update(claims)


def _signs(sign: Callable[[Provider, dict[str, Any]], str]) -> Lie:
    return lambda provider: setattr(provider, "sign_id_token", lambda claims: sign(provider, claims))


def _beside(**said: Any) -> Lie:
    return lambda provider: provider.beside.update(said)


def _hash_of(access_token: str, size: int = 32) -> str:
    return base64.urlsafe_b64encode(hashlib.sha512(access_token.encode()).digest()[:size]).decode().rstrip("=")


LIES: dict[str, Lie] = {
    "wrong nonce": _claims(nonce="another"),
    "no nonce": _claims(nonce=...),
    "a nonce that is no text": _claims(nonce=7),
    "another audience": _claims(aud="another-client"),
    "no audience": _claims(aud=...),
    "others too, given to nobody": _claims(aud=[CLIENT, "another-client"]),
    "others too, given to another": _claims(aud=[CLIENT, "another-client"], azp="another-client"),
    "given to another": _claims(azp="another-client"),
    "another issuer": _claims(iss="https://other.test"),
    "no issuer": _claims(iss=...),
    "nobody": _claims(sub=...),
    "an empty name": _claims(sub=""),
    "a name without end": _claims(sub="a" * 201),
    "a name that is a number": _claims(sub=7),
    "expired": lambda provider: provider.claims.update(exp=int(provider.clock.now().timestamp())),
    "no end": _claims(exp=...),
    "no beginning": _claims(iat=...),
    "made tomorrow": lambda provider: provider.claims.update(iat=int(provider.clock.now().timestamp()) + 86_400),
    "the hash of another access token": _claims(at_hash=_hash_of("another")),
    "a whole hash": _claims(at_hash=_hash_of("opaque", 64)),
    "a hash that is no text": _claims(at_hash=["x"]),
    "a hash of no access token": lambda provider: (
        _claims(at_hash=_hash_of("opaque"))(provider),
        _beside(access_token=None)(provider),
    ),
    "alg none": _signs(lambda _, claims: unsigned(claims)),
    "HMAC keyed with the public key": _signs(
        lambda provider, claims: provider.signed(claims, key=keyed_by_the_public_key(provider))
    ),
    "another key of the same name": _signs(
        lambda provider, claims: provider.signed(claims, key=OKPKey.generate_key("Ed25519", {"kid": "first"}))
    ),
    "a sign-out's": _signs(lambda provider, claims: provider.signed(claims, header={"typ": "logout+jwt"})),
    "a critical header": _signs(
        lambda provider, claims: signed_by_hand(provider.key, {"crit": ["exp"], "exp": claims["exp"]}, claims)
    ),
    "a word": _signs(lambda *_: "x"),
    "megabytes": _signs(lambda *_: "x" * 200_000),
    "no ID token": _beside(id_token=None),
    "an ID token that is a list": _beside(id_token=["x"]),
}


@pytest.mark.parametrize("lie", LIES)
async def test_an_id_token_that_is_not_right_signs_nobody_in(
    lie: str, provider: Provider, signing_in: SignInProvider
) -> None:
    LIES[lie](provider)
    begun = await signing_in.begin("")
    brought = provider.let_in(begun.url)

    with structlog.testing.capture_logs() as lines, pytest.raises(SignInFailed, match="could not be used") as caught:
        await signing_in.finish(brought, begun.transaction)

    assert caught.value.status == 400
    said = str([line for line in lines if line["event"] == "sign-in refused"])
    assert "ID token" in said
    for secret in (brought["code"], brought["state"], _asked(begun)["nonce"], "sam", "opaque"):
        assert secret not in said


@pytest.mark.parametrize(
    "truth",
    [
        _claims(at_hash=_hash_of("opaque")),
        _claims(azp=CLIENT),
        _claims(aud=[CLIENT]),
        _claims(aud=[CLIENT, "another-client"], azp=CLIENT),
        _signs(lambda provider, claims: provider.signed(claims, header={"typ": "JWT"})),
    ],
    ids=["at_hash", "azp", "aud as a list", "aud and azp", "typ"],
)
async def test_what_an_id_token_may_say_besides(truth: Lie, provider: Provider, signing_in: SignInProvider) -> None:
    truth(provider)
    begun = await signing_in.begin("")

    assert (await signing_in.finish(provider.let_in(begun.url), begun.transaction)).name == "sam"


async def test_a_person_who_was_not_let_in_is_told_so_and_nothing_of_it_is_quoted(
    provider: Provider, signing_in: SignInProvider
) -> None:
    begun = await signing_in.begin("")
    brought = {"error": "access_denied", "error_description": "<b>evil</b>", "state": _asked(begun)["state"]}

    with structlog.testing.capture_logs() as lines, pytest.raises(SignInFailed, match="did not let you in") as caught:
        await signing_in.finish(brought, begun.transaction)

    assert caught.value.status == 403
    assert "evil" not in f"{lines}{caught.value}"
    assert not provider.forms


async def test_the_answer_of_another_provider_is_not_taken(provider: Provider, clock: FixedClock) -> None:
    for promised, brings in ((False, {"iss": "https://other.test"}), (True, {"iss": "https://other.test"}), (True, {})):
        provider.says = {"authorization_response_iss_parameter_supported": promised}
        signing_in = _signing_in(provider, clock)
        begun = await signing_in.begin("")
        brought = provider.let_in(begun.url)
        del brought["iss"]
        with pytest.raises(SignInFailed, match="could not be used"):
            await signing_in.finish(brought | brings, begun.transaction)
    assert not provider.forms


@pytest.mark.parametrize("code", ["", "x" * 5_000, None], ids=["empty", "long", "none"])
async def test_an_answer_without_a_code_is_not_exchanged(
    code: str | None, provider: Provider, signing_in: SignInProvider
) -> None:
    begun = await signing_in.begin("")
    brought = provider.let_in(begun.url)
    del brought["code"]

    with pytest.raises(SignInFailed):
        await signing_in.finish(brought | ({} if code is None else {"code": code}), begun.transaction)
    assert not provider.forms


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://other.test"},
        {"authorization_endpoint": "http://sign-in.example.org/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://sign-in.example.org/token"},
        {"token_endpoint": None},
    ],
    ids=["another issuer", "an open line", "a script", "an open line for codes", "nowhere for codes"],
)
async def test_nobody_is_sent_to_where_they_should_not_go(
    says: dict[str, Any], provider: Provider, signing_in: SignInProvider
) -> None:
    provider.says = says

    with pytest.raises(SignInFailed, match="does not answer") as caught:
        await signing_in.begin("")
    assert caught.value.status == 503


async def test_a_provider_that_has_been_found_need_not_be_there_to_begin(
    provider: Provider, signing_in: SignInProvider, clock: FixedClock
) -> None:
    await signing_in.begin("")

    async def fails(_request: Request) -> Response:
        return JSONResponse({}, 500)

    provider.instead[DISCOVERY] = fails
    clock.advance(timedelta(minutes=10))

    assert (await signing_in.begin("")).url
    assert (await signing_in.begin("")).url
    assert provider.asked[DISCOVERY] == 2, "it is not asked again at once"


async def test_one_that_is_away_is_not_asked_by_everybody(
    provider: Provider, signing_in: SignInProvider, clock: FixedClock
) -> None:
    async def fails(_request: Request) -> Response:
        return JSONResponse({}, 500)

    provider.instead[DISCOVERY] = fails
    answers = await asyncio.gather(*(signing_in.begin("") for _ in range(20)), return_exceptions=True)

    assert {type(each) for each in answers} == {SignInFailed}
    assert provider.asked[DISCOVERY] == 1
    del provider.instead[DISCOVERY]
    clock.advance(timedelta(seconds=30))
    assert (await signing_in.begin("")).url


BROKEN: dict[str, Response] = {
    "fails": JSONResponse({"error": "server_error"}, 500),
    "a page": PlainTextResponse("<html>"),
    "a list": JSONResponse([]),
    "huge": PlainTextResponse('{"id_token": "' + "x" * 1_000_000 + '"}'),
    "elsewhere": JSONResponse({}, 307, {"location": "https://other.test/token"}),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_token_endpoint_that_goes_wrong_signs_nobody_in(
    kind: str, provider: Provider, signing_in: SignInProvider
) -> None:
    async def broken(_request: Request) -> Response:
        return BROKEN[kind]

    provider.instead["/token"] = broken
    begun = await signing_in.begin("")

    with pytest.raises(SignInFailed, match="does not answer") as caught:
        await signing_in.finish(provider.let_in(begun.url), begun.transaction)
    assert (caught.value.status, caught.value.retry_after) == (503, 60)


async def test_a_token_endpoint_that_is_slow_is_left(provider: Provider, clock: FixedClock) -> None:
    never = asyncio.Event()

    async def silent(_request: Request) -> Response:
        await never.wait()
        return Response()

    provider.instead["/token"] = silent
    signing_in = _signing_in(provider, clock, patience=0.3)
    begun = await signing_in.begin("")

    with pytest.raises(SignInFailed, match="does not answer"):
        await signing_in.finish(provider.let_in(begun.url), begun.transaction)
    never.set()


def test_a_client_is_set_up_whole_or_not_at_all(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    whole = {"token_issuer": "https://id.test", "public_url": "https://sessions.example.org", "oidc_client_id": CLIENT}

    assert client_of(Settings()) is None
    assert client_of(Settings.model_validate(whole)) == Client("https://id.test", CLIENT, CALLBACK)
    confidential = client_of(Settings.model_validate(whole | {"oidc_client_secret_file": secret}))
    assert confidential == Client("https://id.test", CLIENT, CALLBACK, SECRET)
    assert SECRET not in repr(confidential)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"oidc_client_id": ""}, "is of no use without"),
        ({"oidc_client_secret_file": Path("/nowhere/secret")}, "holds no secret"),
        ({"token_issuer": "urn:id:test"}, "is no https URL"),
        ({"token_issuer": "http://id.test"}, "is no https URL"),
        ({"public_url": ""}, "EXTRA_SESSIONS_PUBLIC_URL"),
        ({"public_url": "http://sessions.example.org"}, "EXTRA_SESSIONS_PUBLIC_URL is no https URL"),
    ],
    ids=["a secret alone", "no secret there", "no URL", "an open line", "nowhere to come back to", "an open line back"],
)
def test_a_client_that_is_set_up_by_halves_stops_the_start(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    whole: dict[str, Any] = {
        "token_issuer": "https://id.test",
        "public_url": "https://sessions.example.org",
        "oidc_client_id": CLIENT,
        "oidc_client_secret_file": tmp_path / "secret",
    }

    with pytest.raises(SettingsError, match=says):
        client_of(Settings.model_validate(whole | change))
