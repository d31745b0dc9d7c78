"""Bearer tokens are verified by the keys that the provider publishes now, and by no others."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from api.auth import Admission, Authenticator, trusted_issuer
from api.credentials import Credentials
from api.doctor.findings import Level
from api.doctor.sign_in import look_at_sign_in
from api.errors import HttpRefusal
from api.settings import Settings, SettingsError, read_settings
from api.sign_in.discovery import discover
from api.sign_in.provider_keys import AGAIN, FRESH, GOOD, LATE, keys_of
from api.sign_in.provider_line import ProviderAway, ProviderLine
from api.sign_in.public_keys import usable_keys
from api.signed_tokens import Issuer, TokenVerifier
from models.actor import Actor
from models.keyring import Keyring
from models.rules.vocabulary import Role
from tests.clock import FixedClock
from tests.jobs.post_office import certificate
from tests.sign_in.provider import (
    AUDIENCE,
    DISCOVERY,
    Provider,
    keyed_by_the_public_key,
    new_key,
    public,
    serving,
    signed_by_hand,
    unsigned,
)

Change = Callable[[Provider], object]
SHORT_RSA = {"kty": "RSA", "e": "AQAB", "n": base64.urlsafe_b64encode(b"\xc1" + b"\x01" * 127).decode().rstrip("=")}


def settings_of(provider: Provider, **more: Any) -> Settings:
    return Settings.model_validate({"token_issuer": provider.issuer, "token_audience": AUDIENCE} | more)


@pytest.fixture
def verifier(provider: Provider, clock: FixedClock) -> TokenVerifier:
    """Knows the provider by its name alone."""
    return TokenVerifier(trusted_issuer(settings_of(provider), Keyring.generate()), clock)


async def subject_of(verifier: TokenVerifier, token: str) -> str | None:
    known = await verifier.verify(token)
    return known.name if known else None


async def background(provider: Provider, path: str, times: int) -> None:
    """Wait until the provider was asked so often, and its answer has come."""
    async with asyncio.timeout(5):
        while provider.asked[path] < times:  # noqa: ASYNC110 - nobody tells when a socket was served
            await asyncio.sleep(0.01)


def fails(status: int = 503) -> Callable[[Request], Any]:
    async def answer(_request: Request) -> Response:
        return JSONResponse({"error": "away"}, status)

    return answer


async def test_keys_are_found_by_the_issuers_name(provider: Provider, verifier: TokenVerifier) -> None:
    assert await subject_of(verifier, provider.token()) == "sam"
    assert await subject_of(verifier, provider.token(sub="kim")) == "kim"
    assert provider.asked == {DISCOVERY: 1, "/keys": 1}


async def test_keys_are_read_where_the_setting_says(provider: Provider, clock: FixedClock) -> None:
    settings = settings_of(provider, token_jwks_url=f"{provider.issuer}/keys")
    verifier = TokenVerifier(trusted_issuer(settings, Keyring.generate()), clock)

    assert await subject_of(verifier, provider.token()) == "sam"
    assert provider.asked == {"/keys": 1}


async def test_a_key_that_is_new_is_believed_at_once_and_one_that_is_gone_no_more(
    provider: Provider, verifier: TokenVerifier, clock: FixedClock
) -> None:
    old = provider.token()
    assert await subject_of(verifier, old) == "sam"
    provider.rotate("second")
    clock.advance(timedelta(seconds=AGAIN))

    assert await subject_of(verifier, provider.token()) == "sam"
    assert await subject_of(verifier, old) is None, "a token that was verified before is not remembered either"


async def test_a_key_that_was_withdrawn_is_not_believed_after_the_next_reading(
    provider: Provider, verifier: TokenVerifier, clock: FixedClock
) -> None:
    other = new_key("other")
    provider.published.append(public(other))
    token = provider.token(key=other)
    assert await subject_of(verifier, token) == "sam"
    provider.published.pop()

    clock.advance(timedelta(seconds=FRESH - 1))
    assert await subject_of(verifier, token) == "sam"
    clock.advance(timedelta(seconds=1))
    assert await subject_of(verifier, token) == "sam", "the old ones serve while the new ones are read"
    await background(provider, "/keys", 2)
    async with asyncio.timeout(5):
        while await subject_of(verifier, token) is not None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    assert await subject_of(verifier, provider.token()) == "sam"


async def test_after_hours_without_anybody_the_first_one_waits_for_a_reading(
    provider: Provider, verifier: TokenVerifier, clock: FixedClock
) -> None:
    old = provider.token()
    assert await subject_of(verifier, old) == "sam"
    provider.rotate("second")
    clock.advance(timedelta(seconds=LATE))

    assert await subject_of(verifier, old) is None


async def test_strangers_who_name_keys_do_not_make_us_ask_again_and_again(
    provider: Provider, verifier: TokenVerifier, clock: FixedClock
) -> None:
    strange = [provider.token(key=new_key(f"strange-{number}")) for number in range(5)]
    assert await subject_of(verifier, provider.token()) == "sam"

    assert [await subject_of(verifier, token) for token in strange] == [None] * 5
    assert provider.asked["/keys"] == 1
    clock.advance(timedelta(seconds=AGAIN))
    assert [await subject_of(verifier, token) for token in strange] == [None] * 5
    assert provider.asked["/keys"] == 2


@pytest.mark.parametrize(
    "token",
    ["", "x", "..", "é.é.é", "\udce9", "bnVsbA.e.e", "x" * 9_000],
    ids=["empty", "word", "dots", "accents", "surrogate", "null", "long"],
)
async def test_what_is_no_token_asks_nobody(token: str, provider: Provider, verifier: TokenVerifier) -> None:
    assert await verifier.verify(token) is None
    assert not provider.asked


async def test_all_who_wait_share_one_reading(provider: Provider, verifier: TokenVerifier) -> None:
    told = asyncio.Event()

    async def slowly(_request: Request) -> Response:
        await told.wait()
        return JSONResponse({"keys": provider.published})

    provider.instead["/keys"] = slowly
    waiting = [asyncio.create_task(subject_of(verifier, provider.token(sub=f"s{number}"))) for number in range(20)]
    await background(provider, "/keys", 1)
    waiting[0].cancel()  # one who leaves
    told.set()

    assert await asyncio.gather(*waiting[1:]) == [f"s{number}" for number in range(1, 20)]
    assert provider.asked["/keys"] == 1


async def test_a_provider_that_is_away_leaves_the_last_keys_good_for_an_hour_and_then_judges_nobody(
    provider: Provider, verifier: TokenVerifier, clock: FixedClock
) -> None:
    token = provider.token()
    assert await subject_of(verifier, token) == "sam"
    provider.instead[DISCOVERY] = fails()

    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            clock.advance(timedelta(seconds=LATE - 1))
            assert await subject_of(verifier, token) == "sam"
        clock.advance(timedelta(seconds=GOOD - 3 * (LATE - 1)))
        with pytest.raises(ProviderAway, match="status 503"):
            await verifier.verify(token)
        with pytest.raises(ProviderAway):
            verifier.known(token)

    said = [line for line in lines if line["event"] == "sign-in provider's keys not read"]
    assert said
    assert token not in str(lines)
    assert "sam" not in str(lines)

    del provider.instead[DISCOVERY]
    clock.advance(timedelta(seconds=AGAIN))
    assert await subject_of(verifier, token) == "sam", "and it is back by itself"


async def test_nobody_waits_for_a_provider_that_is_away_while_its_last_keys_are_good(
    provider: Provider, verifier: TokenVerifier, clock: FixedClock
) -> None:
    token = provider.token()
    assert await subject_of(verifier, token) == "sam"
    never = asyncio.Event()

    async def silent(_request: Request) -> Response:
        await never.wait()
        return Response()

    provider.instead[DISCOVERY] = silent
    clock.advance(timedelta(seconds=FRESH))

    async with asyncio.timeout(1):
        assert await subject_of(verifier, token) == "sam"
    never.set()


async def test_a_key_that_nobody_can_ask_about_is_no_bad_token(
    provider: Provider, verifier: TokenVerifier, clock: FixedClock
) -> None:
    assert await subject_of(verifier, provider.token()) == "sam"
    provider.instead["/keys"] = fails()
    clock.advance(timedelta(seconds=AGAIN))

    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token(key=new_key("second")))
    assert await subject_of(verifier, provider.token()) == "sam"


async def test_callers_are_told_to_come_again_and_not_that_their_token_is_bad(
    provider: Provider, verifier: TokenVerifier
) -> None:
    provider.instead["/keys"] = fails()

    async def find(_subject: str, _issued_at: datetime | None) -> Actor | None:
        raise AssertionError

    with pytest.raises(HttpRefusal) as caught:
        await Authenticator(verifier, find).admit(Credentials(f"Bearer {provider.token()}"))

    assert (caught.value.status, caught.value.code) == (503, "SERVICE_UNAVAILABLE")
    assert caught.value.headers == {"retry-after": "30"}


async def test_machines_are_let_in_while_the_provider_is_away(provider: Provider, verifier: TokenVerifier) -> None:
    provider.instead[DISCOVERY] = fails()
    machine = Actor(account_id="acc_1", name="Calendar", role=Role.INTEGRATOR)

    async def find(_subject: str, _issued_at: datetime | None) -> Actor | None:
        raise AssertionError

    async def find_machine(_digest: bytes) -> Actor | None:
        return machine

    admission = await Authenticator(verifier, find, find_machine).admit(Credentials("Bearer xs1_secret"))

    assert isinstance(admission, Admission)
    assert (admission.actor, provider.asked) == (machine, {})


def _answers(path: str, answer: Response | Callable[[], Response]) -> Change:
    async def given_instead(_request: Request) -> Response:
        return answer if isinstance(answer, Response) else answer()

    return lambda provider: provider.instead.update({path: given_instead})


def _elsewhere(**said: Any) -> Change:
    return lambda provider: provider.says.update(said)


LIES: dict[str, Change] = {
    "another issuer": _elsewhere(issuer="https://other.test"),
    "another issuer by a slash": lambda provider: provider.says.update(issuer=f"{provider.issuer}/"),
    "no issuer": _elsewhere(issuer=None),
    "keys over an open line": _elsewhere(jwks_uri="http://sign-in.example.org/keys"),
    "keys in a file": _elsewhere(jwks_uri="file:///etc/passwd"),
    "keys at a number": _elsewhere(jwks_uri=7),
    "keys nowhere": _elsewhere(jwks_uri=""),
    "discovery fails": lambda provider: provider.instead.update({DISCOVERY: fails()}),
    "a page for discovery": _answers(DISCOVERY, Response("<html>")),
    "a list for discovery": _answers(DISCOVERY, JSONResponse(["a list"])),
    "keys nested very deep": _answers("/keys", Response("[" * 100_000)),
    "keys elsewhere": _answers("/keys", RedirectResponse("https://other.test/keys")),
    "no page of keys": _answers("/keys", JSONResponse({"keys": []}, 404)),
    "no keys": _answers("/keys", JSONResponse({"keys": []})),
    "keys that are no list": _answers("/keys", JSONResponse({"keys": {"kty": "OKP"}})),
    "nothing about keys": _answers("/keys", JSONResponse({})),
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_a_provider_publishes_wrongly_lets_nobody_in(
    lie: str, provider: Provider, verifier: TokenVerifier
) -> None:
    LIES[lie](provider)

    with pytest.raises(ProviderAway):
        await verifier.verify(provider.token())


class Told(ProviderLine):
    """Answers what it is told to: a provider on another machine."""

    async def get(self, url: str) -> dict[str, Any]:
        assert url == "https://id.test/.well-known/openid-configuration"
        inside = "http://127.0.0.1:9000/keys"
        return {
            "issuer": "https://id.test",
            "jwks_uri": inside,
            "token_endpoint": inside,
            "authorization_endpoint": url,
        }


async def test_a_provider_elsewhere_does_not_make_us_ask_this_machine() -> None:
    published = await discover("https://id.test", Told())

    assert (published.keys, published.token) == ("", "")
    assert published.authorization == "https://id.test/.well-known/openid-configuration"


async def test_an_answer_of_a_megabyte_is_not_read(provider: Provider, verifier: TokenVerifier) -> None:
    async def huge(_request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b" " * 65_536
            yield bytes(JSONResponse({"keys": provider.published}).body)

        return StreamingResponse(parts())

    provider.instead["/keys"] = huge

    with pytest.raises(ProviderAway, match="longer than 262,144 bytes"):
        await verifier.verify(provider.token())


async def test_a_provider_that_is_slow_is_left(provider: Provider, clock: FixedClock) -> None:
    keys = keys_of(provider.issuer, ProviderLine(patience=0.2))
    verifier = TokenVerifier(Issuer(provider.issuer, AUDIENCE, keys), clock)
    never = asyncio.Event()

    async def silent(_request: Request) -> Response:
        await never.wait()
        return Response()

    provider.instead["/keys"] = silent

    with pytest.raises(ProviderAway, match="did not answer"):
        await verifier.verify(provider.token())
    never.set()


async def test_a_provider_that_is_not_there_is_away(clock: FixedClock) -> None:
    async with serving(Provider(clock)) as provider:
        verifier = TokenVerifier(trusted_issuer(settings_of(provider), Keyring.generate()), clock)

    with pytest.raises(ProviderAway, match="can't be connected to"):
        await verifier.verify(provider.token())


async def test_a_certificate_that_nobody_here_trusts_is_said_to_be_one(tmp_path: Path) -> None:
    """Whoever runs this server must not look for it in the network, nor in the provider's name."""
    shown = certificate(tmp_path / "provider.pem")
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=shown.serving()) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProviderAway, match=r"certificate .* SSL_CERT_FILE"):
            await ProviderLine().get(f"https://127.0.0.1:{port}/keys")


UNSAFE: list[Any] = [
    new_key("first").as_dict(private=True),
    {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "first"},
    SHORT_RSA | {"kid": "first"},
    RSAKey.generate_key(2048, {"kid": "first", "use": "enc"}).as_dict(private=False),
    OKPKey.generate_key("X25519", {"kid": "first"}).as_dict(private=False),
    ECKey.generate_key("P-384", {"kid": "first"}).as_dict(private=False),
    {"kty": "OKP", "crv": "Ed25519", "x": 7, "kid": "first"},
    {"kty": "RSA", "e": "AQAB", "n": "", "kid": "first"},
    {"kty": "AKP", "pub": "AAAA", "kid": "first"},
    "a text",
    None,
]


@pytest.mark.parametrize("unsafe", UNSAFE, ids=map(str, range(len(UNSAFE))))
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_keys_that_are_unsafe_or_of_no_use_are_passed_over_with_a_line(
    unsafe: Any, provider: Provider, verifier: TokenVerifier
) -> None:
    good = new_key("good")
    provider.published = [unsafe, public(good)]

    with structlog.testing.capture_logs() as lines:
        assert await subject_of(verifier, provider.token(key=good)) == "sam"
        assert await subject_of(verifier, provider.token()) is None

    [line] = [line for line in lines if line["event"] == "sign-in provider's keys passed over"]
    assert line["keys"] == 1
    assert "c2VjcmV0" not in str(lines)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@given(
    st.dictionaries(
        st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d", "k", "kid", "use", "alg", "key_ops", "x5c"]),
        st.one_of(
            st.sampled_from(["OKP", "EC", "RSA", "oct", "Ed25519", "P-256", "secp256k1", "AQAB", "sig", "enc"]),
            st.text(max_size=5),
            st.integers(),
            st.none(),
            st.lists(st.text(max_size=3), max_size=2),
        ),
    )
)
def test_no_key_that_anybody_publishes_breaks_the_reading(key: dict[str, Any]) -> None:
    good = public(new_key("good"))

    assert "good" in [each.kid for each in usable_keys({"keys": [key, good]}).keys]


async def test_what_was_tried_on_verifiers_before_does_not_work(provider: Provider, verifier: TokenVerifier) -> None:
    now = int(provider.clock.now().timestamp())
    claims = {"iss": provider.issuer, "aud": AUDIENCE, "sub": "sam", "exp": now + 60}
    impostor = OKPKey.generate_key("Ed25519", {"kid": "first"})
    own = {"jwk": public(impostor), "jku": f"{provider.issuer}/keys", "x5u": f"{provider.issuer}/keys"}
    attempts = {
        "alg none": unsigned(claims),
        "HMAC keyed with the public key": provider.token(key=keyed_by_the_public_key(provider)),
        "another key of the same name": provider.token(key=impostor),
        "a key that comes along": provider.token(key=impostor, header=own),
        "expired": provider.token(exp=now),
        "another audience": provider.token(aud="another-api"),
        "another issuer": provider.token(iss="https://other.test"),
        "a sign-out's": provider.token(header={"typ": "logout+jwt"}),
        "a critical header": signed_by_hand(provider.key, {"crit": ["exp"], "exp": now}, claims),
        "a critical header of no sense": signed_by_hand(provider.key, {"crit": 7}, claims),
        "not yet": provider.token(nbf=now + 3600),
    }
    assert await subject_of(verifier, signed_by_hand(provider.key, {}, claims)) == "sam"

    assert {name: await subject_of(verifier, token) for name, token in attempts.items()} == dict.fromkeys(attempts)


async def test_the_doctor_asks_for_the_keys(provider: Provider, clock: FixedClock) -> None:
    found = [each async for each in look_at_sign_in(settings_of(provider), Keyring.generate(), clock)]
    provider.instead["/keys"] = fails()
    away = [each async for each in look_at_sign_in(settings_of(provider), Keyring.generate(), clock)]

    assert [(each.check, each.level) for each in found] == [("sign-in", Level.OK), ("browsers", Level.OK)]
    assert "1 public key" in found[0].found
    assert (away[0].level, "status 503" in away[0].found) == (Level.PROBLEM, True)


@pytest.mark.parametrize(
    ("says", "more", "found"),
    [
        ({}, {}, "come back to https://sessions.example.org/sign-in/callback"),
        ({"token_endpoint": "http://sign-in.example.org/token"}, {}, "names no addresses"),
        ({"issuer": "https://other.test"}, {}, "another issuer"),
        ({}, {"oidc_client_secret_file": Path("/nowhere")}, "holds no secret"),
        ({}, {"token_audience": "browser-client"}, "so are the ID tokens"),
    ],
    ids=["well", "an open line", "another issuer", "no secret", "one name for two things"],
)
async def test_the_doctor_looks_whether_browsers_can_sign_in(
    says: dict[str, str], more: dict[str, Any], found: str, provider: Provider, clock: FixedClock
) -> None:
    provider.says = says
    more = {"oidc_client_id": "browser-client", "public_url": "https://sessions.example.org"} | more
    settings = settings_of(provider, token_jwks_url=f"{provider.issuer}/keys", **more)

    findings = [each async for each in look_at_sign_in(settings, Keyring.generate(), clock)]

    assert [each.check for each in findings] == ["sign-in", "browsers"]
    assert found in findings[1].found
    is_well = not says and not {"oidc_client_secret_file", "token_audience"} & set(more)
    assert (findings[1].level is Level.OK) is is_well


@pytest.mark.parametrize("url", ["http://sign-in.example.org/keys", "sign-in.example.org", "https://", "ftp://x/keys"])
def test_keys_are_not_fetched_over_an_open_line(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRA_SESSIONS_TOKEN_JWKS_URL", url)

    with pytest.raises(SettingsError, match="EXTRA_SESSIONS_TOKEN_JWKS_URL: expected an https URL"):
        read_settings()


def test_keys_come_from_one_place(tmp_path: Path) -> None:
    both = Settings(
        token_issuer="https://id.test",
        token_audience=AUDIENCE,
        token_jwks_file=tmp_path / "keys.json",
        token_jwks_url="https://id.test/keys",
    )
    nowhere = Settings(token_issuer="urn:id:test", token_audience=AUDIENCE)

    with pytest.raises(SettingsError, match="set one of them"):
        trusted_issuer(both, Keyring.generate())
    with pytest.raises(SettingsError, match="TOKEN_JWKS_URL or EXTRA_SESSIONS_TOKEN_JWKS_FILE"):
        trusted_issuer(nowhere, Keyring.generate())
