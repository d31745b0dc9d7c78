"""A sign-in provider on a real socket of this machine, which can do everything that a real one may do wrong."""

import asyncio
import base64
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import Key, OctKey, OKPKey
from joserfc.jws import JWSRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from models.clock import Clock

AUDIENCE = "extra-sessions"
CLIENT = "browser-client"
SECRET = "a secret of 40 characters: +/%&=?~é !$*"
DISCOVERY = "/.well-known/openid-configuration"
Answer = Callable[[Request], Awaitable[Response]]


def new_key(key_id: str) -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": key_id})


def public(key: Key) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


class Provider:
    """Honest, unless a test tells it otherwise."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.issuer = ""
        self.key = new_key("first")
        self.published: list[Any] = [public(self.key)]
        self.says: dict[str, Any] = {}
        """What its discovery document says beside the truth."""
        self.instead: dict[str, Answer] = {}
        """Answers of a path that are not its own."""
        self.claims: dict[str, Any] = {}
        """Of ID tokens, beside the right ones; ``...`` leaves one out."""
        self.sign_id_token: Callable[[dict[str, Any]], str] = self.signed
        self.beside: dict[str, Any] = {}
        """What a token answer holds beside the right things."""
        self.asked: Counter[str] = Counter()
        self.forms: list[dict[str, str]] = []
        self.authorizations: list[str | None] = []
        self._codes: dict[str, dict[str, str]] = {}

    def rotate(self, key_id: str) -> None:
        """Sign by another key from now on, and publish it alone."""
        self.key = new_key(key_id)
        self.published = [public(self.key)]

    def token(self, *, header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        """Sign a bearer token that is right in everything but what is given."""
        now = int(self.clock.now().timestamp())
        given = {"iss": self.issuer, "aud": AUDIENCE, "sub": "sam", "exp": now + 86_400, "iat": now} | claims
        return self.signed(given, header=header, key=key)

    def let_in(self, url: str, subject: str = "sam") -> dict[str, str]:
        """Do what a person does at the authorization endpoint; return what the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked | {"sub": subject}
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @property
    def _app(self) -> Starlette:
        paths = {
            DISCOVERY: self._describe,
            "/keys": self._publish,
            "/authorize": self._authorize,
            "/token": self._exchange,
        }
        routes = [Route(path, self._counted(path, honest), methods=["GET", "POST"]) for path, honest in paths.items()]
        return Starlette(routes=routes)

    def _counted(self, path: str, honest: Answer) -> Answer:
        async def answer(request: Request) -> Response:
            self.asked[path] += 1
            return await self.instead.get(path, honest)(request)

        return answer

    async def _describe(self, _request: Request) -> Response:
        said = {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
        }
        return JSONResponse(said | self.says)

    async def _publish(self, _request: Request) -> Response:
        return JSONResponse({"keys": self.published})

    async def _authorize(self, request: Request) -> Response:
        """Let everybody in at once, as a provider does that knows the browser already."""
        back = self.let_in(str(request.url))
        return RedirectResponse(f"{request.query_params['redirect_uri']}?{urlencode(back)}", 303)

    async def _exchange(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        self.forms.append(form)
        self.authorizations.append(request.headers.get("authorization"))
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or not _proves(form, asked):
            return JSONResponse({"error": "invalid_grant", "error_description": "of no concern"}, 400)
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "sub": asked["sub"],
            "exp": now + 300,
            "iat": now,
            "nonce": asked["nonce"],
        }
        given = {name: value for name, value in (claims | self.claims).items() if value is not ...}
        answer = {"access_token": "opaque", "token_type": "Bearer", "id_token": self.sign_id_token(given)}
        return JSONResponse(answer | self.beside)

    def signed(self, claims: dict[str, Any], *, header: dict[str, Any] | None = None, key: Any = None) -> str:
        used = key or self.key
        alg = "HS256" if isinstance(used, OctKey) else "Ed25519"
        registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
        return jwt.encode({"alg": alg, "kid": used.kid, **(header or {})}, claims, used, registry=registry)


def _proves(form: dict[str, str], asked: dict[str, str]) -> bool:
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return challenge == asked["code_challenge"] and form["redirect_uri"] == asked["redirect_uri"]


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token that says of itself that nobody signed it."""
    return f"{_text({'alg': 'none', 'kid': 'first'})}.{_text(claims)}."


def signed_by_hand(key: OKPKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign what no library would, and so that it verifies."""
    content = f"{_text({'alg': 'Ed25519', 'kid': key.kid, **header})}.{_text(claims)}"
    private: Any = key.get_op_key("sign")
    signature: bytes = private.sign(content.encode())
    return f"{content}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _text(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def keyed_by_the_public_key(provider: Provider) -> OctKey:
    """Return a shared secret that everybody has: for a verifier that takes the header's word for the algorithm."""
    public_half = provider.key.as_pem(private=False)
    return OctKey.import_key(base64.urlsafe_b64encode(public_half).decode(), {"kid": "first"})


@asynccontextmanager
async def serving(provider: Provider) -> AsyncIterator[Provider]:
    """Serve it on a free port, and let that be its name."""
    config = uvicorn.Config(provider, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn sets a flag, no event
        await asyncio.sleep(0.01)
    provider.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.should_exit = server.force_exit = True
        await task
