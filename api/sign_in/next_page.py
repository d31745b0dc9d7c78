"""Where somebody goes after signing in: to a page of this server, whatever a link asks for."""

from typing import Final

HOME: Final = "/graphiql"
_LONGEST: Final = 500


def local_path(text: str) -> str:
    r"""Return a path of this server with its query, as it is given; for anything else, the first page.

    What browsers would read as another host is no path: ``//host``, and ``/\\host`` too. Neither is what they would
    leave out before they read it, such as a tab or a line's end.
    """
    whole = text.isascii() and text.isprintable() and len(text) <= _LONGEST
    local = text.startswith("/") and not text.startswith("//") and not set(text) & set("\\ \"'<>^`{|}")
    return text if whole and local else HOME
