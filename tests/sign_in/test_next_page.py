"""After signing in nobody is led to another host, whatever the link says."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sign_in.next_page import HOME, local_path

OURS = "https://sessions.example.org"
SIGNS = "/\\.@:?#;=&é \t\n\r\0\u2215\u3002\uff0f"
WORDS = ["//", "..", "%2f", "%5c", "%09", "http:", "https:", "javascript:", "evil.example", "graphiql", "[::1]"]
PIECES = st.lists(st.sampled_from([*SIGNS, *WORDS]), max_size=8).map("".join)


@pytest.mark.parametrize(
    "path", ["/graphiql", "/graphiql?request=req_01J9", "/", "/graphiql?a=b&c=%2F#tab", "/sign-in/x", "/a/../b"]
)
def test_a_path_of_ours_stays_as_it_is(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "graphiql",
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: a=b",
        "/\u2028",
        "/" + "a" * 500,
        "/é",
        '/"><script>',
    ],
    ids=ascii,
)
def test_anything_else_is_the_first_page(text: str) -> None:
    assert local_path(text) == HOME


def _as_browsers_read(text: str) -> str:
    """Do what the URL standard does before it looks: strip, drop tabs and line ends, take backslashes for slashes."""
    kept = "".join(each for each in text.strip("".join(map(chr, range(33)))) if each not in "\t\r\n")
    return urljoin(f"{OURS}/sign-in", kept.replace("\\", "/"))


@given(st.one_of(st.text(), PIECES, PIECES.map("/".__add__)))
def test_whatever_the_link_says_the_browser_stays_here(text: str) -> None:
    path = local_path(text)

    found = urlsplit(_as_browsers_read(path))
    assert (found.scheme, found.netloc) == ("https", "sessions.example.org")
    assert path.isascii()
    assert path.isprintable()
    assert local_path(path) == path
