"""What the repository may not carry: the addresses of one machine's package sources."""

import re

import pytest

from tests.architecture.tree import ROOT, name, text_files

# Put together here, so that this file names none itself.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("npm", "pkg", "github", "com"),
        ("proxy", "golang", "org"),
        ("index", "crates", "io"),
    )
)
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")


def test_no_file_names_a_package_registry() -> None:
    found = [
        f"{name(path)}: {registry}"
        for path in text_files()
        for registry in REGISTRIES
        if registry in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert not found


def test_no_npm_lock_says_where_a_package_was_fetched() -> None:
    locks = [path for path in text_files() if path.name in {"package-lock.json", "npm-shrinkwrap.json"}]
    assert not [name(path) for path in locks if re.search(r'"resolved": *"(https?|file):', path.read_text())]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_names_versions_and_hashes_alone(lock: str) -> None:
    for entry in _entries((ROOT / lock).read_text()):
        requirement, *hashes = (part.strip() for part in entry.split("\\"))
        assert re.fullmatch(r"[a-z0-9-]+(\[[a-z,]+\])?==[0-9a-z.!+]+( ; .+)?", requirement), requirement
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_comment_of_a_lock_names_packages_alone(lock: str) -> None:
    comments = [line.strip() for line in (ROOT / lock).read_text().splitlines() if "#" in line]
    package = r"[a-z0-9-]+( \(pyproject\.toml\))?"
    assert not [each for each in comments if not re.fullmatch(rf"# +(via|via {package}|{package})", each)]


def test_the_dev_lock_holds_all_that_the_runtime_lock_does() -> None:
    runtime, dev = (set(_entries((ROOT / lock).read_text())) for lock in LOCKS[:2])
    assert not {entry.split(" ")[0] for entry in runtime - dev}


def _entries(lock: str) -> list[str]:
    """Give each requirement with its hashes, free of comments, as one logical line."""
    lines = "\n".join(line for line in lock.splitlines() if not line.lstrip().startswith("#"))
    return [entry.strip() for entry in re.split(r"(?<!\\)\n", lines) if entry.strip()]
