"""The files that `make workbench` has bundled GraphiQL into, as they lie beside this module, and how they are sent."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

BUILT: Final = Path(__file__).parent / "built"
ASSETS: Final = "/graphiql/assets"
_NAME: Final = re.compile(r"[a-zA-Z._-]+-[A-Z0-9]{8}\.(js|css|ttf)")
"""A name with the content's hash in it. Nothing else in the folder is sent."""
_MEDIA: Final = {"js": "text/javascript", "css": "text/css", "ttf": "font/ttf"}
_PACKED: Final = {"br": ".br", "gzip": ".gz"}
_UNWANTED: Final = re.compile(r";\s*q=0(\.0*)?\s*$")
_FOR_GOOD: Final = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the page itself loads."""

    script: str
    style: str


class Bundle:
    """A folder that may be empty: it is looked at anew each time, so that building needs no restart."""

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder

    def entry(self) -> Entry | None:
        """Return where the page's script and style are, or None as long as nothing is built."""
        try:
            manifest = json.loads((self._folder / "manifest.json").read_text())
            return Entry(f"{ASSETS}/{manifest['script']}", f"{ASSETS}/{manifest['style']}")
        except (OSError, ValueError, KeyError, TypeError):
            return None

    async def answer(self, request: Request) -> Response:
        """Send one file in the smallest form that the caller takes, to be kept for good: a name says what is in it."""
        name = request.path_params["name"]
        shape = _NAME.fullmatch(name)
        if shape is None or not (self._folder / name).is_file():
            return Response(status_code=404)
        encoding = self._encoding(name, request.headers.get("accept-encoding", ""))
        headers = {**_FOR_GOOD, "content-encoding": encoding} if encoding else _FOR_GOOD
        path = self._folder / f"{name}{_PACKED.get(encoding, '')}"
        return FileResponse(path, media_type=_MEDIA[shape[1]], headers=headers)

    def _encoding(self, name: str, accepted: str) -> str:
        wanted = (each for each in accepted.split(",") if not _UNWANTED.search(each))
        taken = {each.partition(";")[0].strip().lower() for each in wanted}
        fitting = (
            each for each, ending in _PACKED.items() if each in taken and (self._folder / f"{name}{ending}").is_file()
        )
        return next(fitting, "")
