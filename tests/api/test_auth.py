"""A token is believed only if every part of it is right, and an account only as it is today."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from api.auth import DEMO_AUDIENCE, DEMO_ISSUER, Authenticator, sign_demo_token, trusted_issuer
from api.credentials import Credentials
from api.errors import HttpRefusal
from api.settings import Settings, SettingsError
from api.sign_in.public_keys import FixedKeys
from api.signed_tokens import Issuer, Known, TokenVerifier
from models.actor import Actor
from models.keyring import Keyring
from models.rules.vocabulary import Role
from tests.clock import FixedClock

ACTOR = Actor(account_id="acc_1", name="Robin", role=Role.CONSULTANT)
KEYS: dict[str, Any] = {
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "es"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "rs"}),
}
PUBLIC = KeySet([type(key).import_key(key.as_dict(private=False)) for key in KEYS.values()])

SHORT_RSA = {"kty": "RSA", "e": "AQAB", "n": base64.urlsafe_b64encode(b"\xc1" + b"\x01" * 127).decode().rstrip("=")}


@pytest.fixture
def verifier(clock: FixedClock) -> TokenVerifier:
    return TokenVerifier(Issuer("https://id.test", "extra-sessions", FixedKeys(PUBLIC)), clock)


@pytest.fixture
def sign(clock: FixedClock) -> Callable[..., str]:
    """Sign a token that is right in everything but what is given."""

    def sign(alg: str = "Ed25519", *, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        now = int(clock.now().timestamp())
        given = {"iss": "https://id.test", "aud": "extra-sessions", "sub": "acc_1", "exp": now + 600} | claims
        given = {name: value for name, value in given.items() if value is not ...}
        used = key or KEYS[alg]
        registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
        return jwt.encode({"alg": alg, "kid": used.kid, **(header or {})}, given, used, registry=registry)

    return sign


def subject_of(verifier: TokenVerifier, token: str) -> str | None:
    known = verifier.known(token)
    return known.name if known else None


@pytest.mark.parametrize("alg", ["Ed25519", "ES256", "RS256"])
def test_a_sound_token_speaks_for_its_account(alg: str, sign: Callable[..., str], verifier: TokenVerifier) -> None:
    assert subject_of(verifier, sign(alg)) == "acc_1"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_the_older_name_of_ed25519_is_understood(sign: Callable[..., str], verifier: TokenVerifier) -> None:
    assert subject_of(verifier, sign("EdDSA", key=KEYS["Ed25519"])) == "acc_1"


def test_headers_that_an_issuer_adds_are_ignored_unless_critical(
    sign: Callable[..., str], verifier: TokenVerifier
) -> None:
    token = sign(header={"nonce": "x"})
    critical = (
        base64.urlsafe_b64encode(b'{"alg":"Ed25519","kid":"ed","crit":["nonce"],"nonce":"x"}').decode().rstrip("=")
    )

    assert subject_of(verifier, token) == "acc_1"
    assert subject_of(verifier, ".".join([critical, *token.split(".")[1:]])) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.test"},
        {"iss": ...},
        {"iss": ["https://id.test"]},
        {"aud": "another-api"},
        {"aud": ["another-api"]},
        {"aud": ...},
        {"exp": ...},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 0},
        {"sub": ...},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a" * 300},
        {"nbf": 32_503_680_000},
        {"iat": 32_503_680_000},
    ],
)
def test_a_token_with_a_claim_that_is_not_right_is_not_believed(
    claims: dict[str, Any], sign: Callable[..., str], verifier: TokenVerifier
) -> None:
    assert subject_of(verifier, sign(**claims)) is None


@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "application/at+jwt", None])
def test_a_token_may_call_itself_what_access_tokens_are_called(
    kind: str | None, sign: Callable[..., str], verifier: TokenVerifier
) -> None:
    assert subject_of(verifier, sign(header={"typ": kind} if kind else {})) == "acc_1"


@pytest.mark.parametrize("kind", ["logout+jwt", "secevent+jwt", "dpop+jwt", "", 7, ["JWT"]])
def test_a_token_of_another_kind_is_not_believed(kind: Any, sign: Callable[..., str], verifier: TokenVerifier) -> None:
    head, *rest = sign(header={"typ": "x"} if not isinstance(kind, str) else {"typ": kind}).split(".")
    forged = base64.urlsafe_b64encode(json.dumps({"alg": "Ed25519", "kid": "ed", "typ": kind}).encode())

    assert subject_of(verifier, ".".join([head, *rest])) is None
    assert subject_of(verifier, ".".join([forged.decode().rstrip("="), *rest])) is None


_VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just("Ed25519"))
_HEADERS = st.dictionaries(
    st.sampled_from(["kid", "typ", "cty", "crit", "b64", "jwk", "jku", "x5c", "zip", "p2c", "iss", "nonce"]),
    st.one_of(_VALUES, st.lists(_VALUES, max_size=2), st.dictionaries(st.text(max_size=3), _VALUES, max_size=2)),
)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@given(_HEADERS, st.sampled_from(["Ed25519", "EdDSA", "ES256", "RS256", "HS256", "none", 7, None, ["RS256"]]))
def test_no_header_that_anybody_makes_up_breaks_the_verifying(header: dict[str, Any], alg: Any) -> None:
    verifier = TokenVerifier(Issuer("https://id.test", "extra-sessions", FixedKeys(PUBLIC)), FixedClock())
    parts = [json.dumps(header | {"alg": alg}).encode(), b'{"sub": "acc_1"}', b"signature"]

    token = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

    assert verifier.known(token) is None


def test_it_is_known_until_when_a_token_holds_and_since_when(
    sign: Callable[..., str], verifier: TokenVerifier, clock: FixedClock
) -> None:
    now = int(clock.now().timestamp())

    assert verifier.known(sign(iat=now - 5)) == Known("acc_1", now + 600, datetime.fromtimestamp(now - 5, UTC))
    assert verifier.known(sign()) == Known("acc_1", now + 600, None)
    assert verifier.known(sign(iat="yesterday")) is None


def test_one_of_several_audiences_is_enough(sign: Callable[..., str], verifier: TokenVerifier) -> None:
    assert subject_of(verifier, sign(aud=["another-api", "extra-sessions"])) == "acc_1"


def test_accounts_are_found_by_the_claim_that_the_deployment_names(sign: Callable[..., str], clock: FixedClock) -> None:
    verifier = TokenVerifier(Issuer("https://id.test", "extra-sessions", FixedKeys(PUBLIC), "oid"), clock)

    assert subject_of(verifier, sign(oid="7f0c")) == "7f0c"
    for unfit in ({}, {"oid": ""}, {"oid": 7}, {"oid": ["7f0c"]}, {"oid": "a" * 201}, {"oid": "7f0c", "sub": ...}):
        assert verifier.known(sign(**unfit)) is None, unfit


def test_an_address_is_a_name_only_where_the_provider_has_verified_it(
    sign: Callable[..., str], clock: FixedClock
) -> None:
    verifier = TokenVerifier(Issuer("https://id.test", "extra-sessions", FixedKeys(PUBLIC), "email"), clock)

    assert subject_of(verifier, sign(email="sam@eap.example", email_verified=True)) == "sam@eap.example"
    for said in ({}, {"email_verified": False}, {"email_verified": "true"}, {"email_verified": 1}):
        assert verifier.known(sign(email="sam@eap.example", **said)) is None, said


def _unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


def _altered(token: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | {"sub": "acc_2"}
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.{signature}"


@pytest.mark.parametrize(
    "forge",
    [
        _unsigned,
        _altered,
        lambda token: token[:-4],
        lambda token: token + "." + token,
        lambda _: "",
        lambda _: "x",
        lambda _: "..",
        lambda _: "é.é.é",
        lambda _: "\udce9",
        lambda token: token + "x" * 10_000,
    ],
    ids=["unsigned", "altered", "cut", "doubled", "empty", "word", "dots", "accents", "surrogate", "long"],
)
def test_a_forged_or_broken_token_is_not_believed(
    forge: Callable[[str], str], sign: Callable[..., str], verifier: TokenVerifier
) -> None:
    assert subject_of(verifier, forge(sign())) is None


def test_a_key_is_not_used_for_an_algorithm_that_it_was_not_made_for(
    sign: Callable[..., str], verifier: TokenVerifier
) -> None:
    public = KEYS["RS256"].as_pem(private=False)
    shared = OctKey.import_key(base64.urlsafe_b64encode(public).decode(), {"kid": "rs"})

    assert subject_of(verifier, sign("HS256", key=shared)) is None
    assert subject_of(verifier, sign("RS256", key=RSAKey.generate_key(2048, {"kid": "rs"}))) is None
    assert subject_of(verifier, sign("PS256", key=KEYS["RS256"])) is None


def test_a_token_ends_on_time_though_it_was_believed_before(
    sign: Callable[..., str], verifier: TokenVerifier, clock: FixedClock
) -> None:
    token = sign()

    assert subject_of(verifier, token) == "acc_1"
    clock.advance(timedelta(seconds=599))
    assert subject_of(verifier, token) == "acc_1"
    clock.advance(timedelta(seconds=1))
    assert subject_of(verifier, token) is None


def _signing_in(authenticator: Authenticator) -> Callable[[str | None], Awaitable[Actor]]:
    async def sign_in(authorization: str | None) -> Actor:
        return (await authenticator.admit(Credentials(authorization))).actor

    return sign_in


async def test_the_account_is_looked_up_each_time(sign: Callable[..., str], verifier: TokenVerifier) -> None:
    accounts = {"acc_1": ACTOR}

    async def find(account_id: str, _issued_at: datetime | None) -> Actor | None:
        return accounts.get(account_id)

    authenticate = _signing_in(Authenticator(verifier, find))
    header = f"Bearer {sign()}"

    assert await authenticate(header) == ACTOR
    accounts["acc_1"] = replace(ACTOR, role=Role.PRACTICE_MANAGER)
    assert (await authenticate(header)).role is Role.PRACTICE_MANAGER
    del accounts["acc_1"]
    with pytest.raises(HttpRefusal):
        await authenticate(header)


async def test_a_bad_token_and_a_missing_account_look_the_same(
    sign: Callable[..., str], verifier: TokenVerifier
) -> None:
    async def find(_account_id: str, _issued_at: datetime | None) -> Actor | None:
        return None

    authenticate = _signing_in(Authenticator(verifier, find))
    refusals = []
    for header in (f"Bearer {sign()}", "Bearer x", f"Basic {sign()}", "Bearer", ""):
        with pytest.raises(HttpRefusal) as caught:
            await authenticate(header)
        refusals.append((caught.value.status, caught.value.body(), caught.value.headers))

    assert all(refusal == refusals[0] for refusal in refusals)
    assert refusals[0][0] == 401
    assert refusals[0][2] == {"www-authenticate": 'Bearer realm="extra-sessions", error="invalid_token"'}


@pytest.mark.parametrize("claim", ["client_id", "azp"])
async def test_a_program_that_is_called_like_a_person_is_not_taken_for_one(
    claim: str, sign: Callable[..., str], verifier: TokenVerifier
) -> None:
    """Whoever may register a program at the provider may choose what it is called."""
    calendar = replace(ACTOR, role=Role.INTEGRATOR)
    accounts = {"robin": ACTOR, "calendar": calendar}

    async def find(name: str, _issued_at: datetime | None) -> Actor | None:
        return accounts[name]

    authenticate = _signing_in(Authenticator(verifier, find))
    own = {name: f"Bearer {sign(sub=name, **{claim: name})}" for name in accounts}

    assert await authenticate(f"Bearer {sign(sub='robin', **{claim: 'portal'})}") == ACTOR
    assert await authenticate(own["calendar"]) == calendar
    with pytest.raises(HttpRefusal) as refused:
        await authenticate(own["robin"])
    assert refused.value.status == 401


def test_a_program_s_name_for_itself_is_no_person_s_by_another_claim(
    sign: Callable[..., str], clock: FixedClock
) -> None:
    verifier = TokenVerifier(Issuer("https://id.test", "extra-sessions", FixedKeys(PUBLIC), "login"), clock)
    given = [verifier.known(sign(login=name, client_id="portal")) for name in ("portal", "robin")]
    assert [known.is_programs for known in given if known] == [True, False]


async def test_nobody_at_all_is_asked_to_sign_in(verifier: TokenVerifier) -> None:
    async def find(_account_id: str, _issued_at: datetime | None) -> Actor | None:
        raise AssertionError

    with pytest.raises(HttpRefusal) as caught:
        await _signing_in(Authenticator(verifier, find))(None)

    assert caught.value.headers == {"www-authenticate": 'Bearer realm="extra-sessions"'}


def test_a_demo_believes_its_own_key_and_no_other(clock: FixedClock) -> None:
    settings = Settings(mode="demo")
    ours, other = Keyring.generate(demo=True), Keyring.generate(demo=True)
    verifier = TokenVerifier(trusted_issuer(settings, ours), clock)

    assert subject_of(verifier, sign_demo_token(ours, "acc_1", clock, timedelta(hours=1))) == "acc_1"
    assert subject_of(verifier, sign_demo_token(other, "acc_1", clock, timedelta(hours=1))) is None
    assert subject_of(verifier, sign_demo_token(ours, "acc_1", clock, timedelta(0))) is None


def test_production_signs_no_tokens(clock: FixedClock) -> None:
    with pytest.raises(SettingsError):
        sign_demo_token(Keyring.generate(), "acc_1", clock, timedelta(hours=1))


def _production(path: Path) -> Settings:
    return Settings(token_issuer=DEMO_ISSUER, token_audience=DEMO_AUDIENCE, token_jwks_file=path)


def test_production_believes_the_keys_of_its_file(tmp_path: Path, clock: FixedClock, sign: Callable[..., str]) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(PUBLIC.as_dict(private=False)))

    verifier = TokenVerifier(trusted_issuer(_production(path), Keyring.generate()), clock)

    assert subject_of(verifier, sign("ES256", iss=DEMO_ISSUER, aud=DEMO_AUDIENCE)) == "acc_1"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [{"kty": "OKP"}]}',
        json.dumps({"keys": [KEYS["Ed25519"].as_dict(private=True)]}),
        json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}),
        json.dumps({"keys": [SHORT_RSA]}),
        json.dumps({"keys": [{"kty": "OKP", "crv": "X25519", "x": "jH_-lSD8p8inxI5Zu7j3YeCqdlJYTW3X1BGV95XXJW0"}]}),
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_production_does_not_start_on_keys_that_are_unsafe_or_no_keys(content: str, tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(content)

    with pytest.raises(SettingsError, match=r"jwks\.json"):
        trusted_issuer(_production(path), Keyring.generate())


def test_production_says_what_is_missing_to_check_tokens() -> None:
    with pytest.raises(SettingsError, match=r"TOKEN_AUDIENCE to be set"):
        trusted_issuer(Settings(token_issuer="x"), Keyring.generate())
