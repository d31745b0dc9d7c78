"""Pages for people, from templates that escape whatever they are given, under a policy that runs no script at all."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.page_templates import FOLDER, TEMPLATES

STYLE: Final = "/sign-in/style.css"
AWAY: Final = "This service can't reach its data right now. Try again shortly."
_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {forms}"


def page(
    template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, form: bool = False, **facts: Any
) -> HTMLResponse:
    """Return a page. One with a form may post it here, and tells us and nobody else where it was posted from."""
    own = {
        "content-security-policy": _POLICY.format(forms="'self'" if form else "'none'"),
        "referrer-policy": "same-origin" if form else "no-referrer",  # the strictest that leaves a post its origin
    }
    text = TEMPLATES.get_template(template).render(facts)
    return HTMLResponse(text, status, headers={**own, **(headers or {})})


def notice(
    title: str, text: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **links: str
) -> HTMLResponse:
    """Return a page that says one thing, and perhaps where to go: by ``action`` with its ``href``, by ``elsewhere``."""
    told: dict[str, Any] = {"action": "", "href": "/sign-in", "elsewhere": "", **links}
    return page("sign_in_notice.html", status=status, headers=headers, title=title, text=text, **told)


async def style(_request: Request) -> Response:
    """Serve the one style sheet of these pages."""
    return Response(_style(), media_type="text/css", headers={"cache-control": "max-age=300"})


@cache
def _style() -> str:
    return (FOLDER / "sign_in.css").read_text()
