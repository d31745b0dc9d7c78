"""Pages for people, from templates that escape whatever they are given; but for GraphiQL no script runs in them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_FOLDER: Final = Path(__file__).parent / "pages"
TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
"""Of every page: they know each name that they use, or fail."""

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
    return page("notice.html", status=status, headers=headers, title=title, text=text, **told)


async def style(_request: Request) -> Response:
    """Serve the one style sheet of these pages."""
    return Response(_style(), media_type="text/css", headers={"cache-control": "max-age=300"})


@cache
def _style() -> str:
    return (_FOLDER / "sign_in.css").read_text()
