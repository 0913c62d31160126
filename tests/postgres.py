"""A PostgreSQL server for as long as the tests run: on a Unix socket in a private temporary folder, on no port.

    def test_it(postgres: Server) -> None:
        url = postgres.url("shop")  # of a new, empty database; postgres.url("shop", "asyncpg") for another driver

The fixture ``postgres`` (session scope, known to all tests through ``conftest.py``) starts the server when a test first
asks for it, and skips, saying why, where its programs are not installed. A suite in a subprocess is given the URL
through an environment variable; no password is needed. Nothing is synced to disk.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

USER = "tester"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "max_prepared_transactions": "5",
}


@dataclass
class Server:
    """``folder`` holds the socket; it belongs to the user that the server runs as."""

    folder: Path
    programs: Path
    databases: int = 0

    def url(self, name: str = "test", driver: str = "psycopg") -> str:
        """A new, empty database for SQLAlchemy, whose name begins with ``name``."""
        self.databases += 1
        database = f"{name}_{self.databases}"
        _run(str(self.programs / "createdb"), "-h", str(self.folder), "-U", USER, database)
        return f"postgresql+{driver}://{USER}@/{database}?host={self.folder}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of its own; the tests that ask for it are skipped where it cannot be had."""
    programs = find_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL's server (initdb, pg_ctl): on Debian the package postgresql")
    with running(programs) as server:
        yield server


@contextlib.contextmanager
def running(programs: Path) -> Iterator[Server]:
    """PostgreSQL refuses to run as root: then it runs as the user ``postgres``, which its package makes."""
    folder = Path(tempfile.mkdtemp(prefix="isolation-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = ["runuser", "-u", "postgres", "--"]
    data = str(folder / "data")
    control = [*as_user, str(programs / "pg_ctl"), "-D", data]
    try:
        _run(
            *as_user, str(programs / "initdb"), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale",
            "--no-sync", cwd=folder,
        )  # fmt: skip
        settings = {**_SETTINGS, "unix_socket_directories": str(folder)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        _run(*control, "-w", "-l", str(folder / "log"), "-o", options, "start", cwd=folder)
        try:
            yield Server(folder, programs)
        finally:
            _run(*control, "-w", "-m", "immediate", "stop", cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``; Debian keeps it off the PATH. The newest version's."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")]
    on_path = shutil.which("pg_ctl")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    usable = [folder for folder in found if (folder / "initdb").exists()]
    return max(usable, key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))], default=None)


def _run(*command: str, cwd: Path | None = None) -> None:
    """With its output in a file: a server that was started inherits it, and a pipe would be waited for."""
    with tempfile.TemporaryFile("w+") as output:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=cwd, check=False, timeout=60
        )
        output.seek(0)
        assert ended.returncode == 0, f"{' '.join(command)}\n{output.read()}"
