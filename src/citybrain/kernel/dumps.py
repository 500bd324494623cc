"""Dumps of a whole database by PostgreSQL's own programs, as of one snapshot."""

import os
import subprocess
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from citybrain.kernel.embedded_programs import install_programs
from citybrain.kernel.errors import Unavailable

MAJOR = 18


def dump(url: str, snapshot: str, target: Path) -> None:
    """Write a database into one file.

    Args:
        url: Address of the database, of this major version or an older one.
        snapshot: Name of an exported snapshot; the file holds what its transaction sees.
        target: File to write.

    Raises:
        Unavailable: The program failed; its words are in the parameters.

    """
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
    _run("pg_dump", url, options)


def load(url: str, source: Path) -> None:
    """Fill an empty database from a file that :func:`dump` wrote; all of it or nothing.

    Args:
        url: Address of the empty database.
        source: The file.

    Raises:
        Unavailable: The program failed; its words are in the parameters.

    """
    _run("pg_restore", url, ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(source)])


def _run(program: str, url: str, options: list[str]) -> None:
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)  # a command line can be read by others on the machine
    address = make_conninfo(**{key: str(value) for key, value in parts.items()})
    argv = [str(install_programs(Path(os.devnull), MAJOR, None).path(program)), f"--dbname={address}", *options]
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ} | {"LC_ALL": "C"}
    if password is not None:
        env["PGPASSWORD"] = str(password)
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)  # noqa: S603  our own program
    if done.returncode != 0:
        raise Unavailable("kernel.dump_failed", program=program, said=done.stderr.strip()[-500:])
