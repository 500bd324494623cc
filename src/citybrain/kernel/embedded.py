"""The PostgreSQL server that comes with the product: started, owned, watched and recovered by the supervisor."""

import hashlib
import os
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil
import psycopg

from citybrain.kernel.embedded_programs import Account, account_for, install_programs
from citybrain.kernel.errors import IntegrityBroken, Unavailable, WrongUse
from citybrain.kernel.telemetry import logger
from citybrain.kernel.tether import Ownership, tied_to_parent

ROLE: Final = "citybrain"
DATABASE: Final = "citybrain"
_SOCKET: Final = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES: Final = 100  # the system allows 107 and PostgreSQL adds a lock file beside it

_TUNING: Final = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "10min",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # two cores and a small /dev/shm: one query, one process; analytics is DuckDB's work
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "autovacuum_naptime": "15s",
    "idle_in_transaction_session_timeout": "10min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "on",
    "log_destination": "stderr",
    "log_filename": "postgres-%a.log",
    "log_line_prefix": "%m [%p] ",
    "log_file_mode": "0600",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    # values of rows never reach a log: no DETAIL (only the plain form can leave it out), no statement, no parameters
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
_FORGETFUL: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True, slots=True)
class _Postmaster:
    pid: int
    status: str


class EmbeddedServer:
    """One PostgreSQL server on one folder, reached over a Unix socket that only its owner (and root) can open.

    The first process to start it owns it: it watches, restarts and stops the server. Any other process that
    starts it is a guest, gets the same address and never stops anything. When the owner is killed the server
    shuts down by itself (Linux) or is adopted by the next owner.
    """

    def __init__(self, folder: Path, *, major: int = 18, durable: bool = True, patience_s: float = 60.0) -> None:
        """Describe the server; nothing is touched yet.

        Args:
            folder: Everything of this server stands below it: data, logs, socket, locks.
            major: Major version of PostgreSQL, out of those the wheel carries.
            durable: Sync to disk before a commit returns; only a test may say no.
            patience_s: How long a start may take, recovery after a crash included, in seconds.

        """
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._major = major
        self._durable = durable
        self._patience_s = patience_s
        self._owner = Ownership(self._folder / "owner.lock")
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: Path | None = None

    @property
    def owner(self) -> bool:
        """Say whether this process owns the server."""
        return self._owner.held

    @property
    def pid(self) -> int | None:
        """Return the process id of the running server, or nothing."""
        found = self._running()
        return found.pid if found else None

    @property
    def url(self) -> str:
        """Return the address of the product's database on this server."""
        return self.address(DATABASE)

    def address(self, database: str) -> str:
        """Return the address of a database on this server.

        Args:
            database: Name of the database.

        Returns:
            A ``postgresql://`` address for libpq.

        """
        return f"postgresql://{ROLE}@/{quote(database)}?host={quote(str(self._socket_folder()), safe='/')}"

    def start(self) -> str:
        """Start the server, or join the one that runs; recover whatever a crash left behind.

        Returns:
            The address of the product's database.

        Raises:
            WrongUse: The folder cannot be used: wrong place, wrong user, or another version's data.
            Unavailable: The server did not become ready in time.

        """
        account = account_for(self._folder, self._data)
        self._prepare_folder(account)
        with Ownership(self._folder / "start.lock"):
            self._owner.take()
            deadline = time.monotonic() + self._patience_s
            found = self._settled(deadline)
            if found is None and not self.owner:
                found = self._awaited(deadline)
            if found is None:
                self._check_version()
                self._launch(account, deadline)
            self._ensure_database(deadline)
        return self.url

    def ensure_running(self) -> bool:
        """Start the server again if it died; called by the owner every second or so.

        Returns:
            Whether it had to be started.

        Raises:
            Unavailable: It does not come back.

        """
        if not self.owner or self._running():
            return False
        logger().warning("kernel.embedded_died", folder=str(self._folder))
        self.start()
        return True

    def stop(self) -> None:
        """Stop the server cleanly if this process owns it; a guest only says goodbye."""
        found = self._running()
        if not self.owner:
            return
        if found is not None:
            for how, patience_s in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
                _send(found.pid, how)
                if self._gone(found.pid, patience_s):
                    break
        if self._child is not None:
            self._child.wait()
            self._child = None
        self._owner.leave()

    def __enter__(self) -> "EmbeddedServer":
        """Start the server."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server if this process owns it."""
        self.stop()

    def _prepare_folder(self, account: Account | None) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o755)
            for folder in (self._folder, self._folder / "log", self._socket_folder()):
                folder.mkdir(exist_ok=True, mode=0o700)
                if account is not None:
                    os.chown(folder, account.uid, account.gid)
                    folder.chmod(0o700)
        except PermissionError as error:
            raise WrongUse("kernel.data_folder_of_another_user", folder=str(self._folder)) from error
        owner = self._socket_folder().lstat()
        if not stat.S_ISDIR(owner.st_mode) or owner.st_uid != (account.uid if account else os.geteuid()):
            raise WrongUse("kernel.data_folder_of_another_user", folder=str(self._socket_folder()))

    def _socket_folder(self) -> Path:
        if self._socket is None:
            beside = self._folder / "run"
            # libpq reads a comma as the start of another host
            if len(os.fsencode(beside / _SOCKET)) <= _SOCKET_PATH_BYTES and "," not in str(beside):
                self._socket = beside
            else:
                name = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:12]
                self._socket = Path(tempfile.gettempdir()) / f"citybrain-{os.geteuid()}-{name}"
        return self._socket

    def _check_version(self) -> None:
        mark = self._data / "PG_VERSION"
        if mark.exists() and mark.read_text(encoding="ascii").strip() != str(self._major):
            found = mark.read_text(encoding="ascii").strip()
            raise WrongUse("kernel.data_of_other_version", folder=str(self._data), found=found, expected=self._major)

    def _running(self) -> _Postmaster | None:
        """Read the pid file and believe it only if that process lives and is the server of this folder."""
        if self._child is not None:
            self._child.poll()  # a dead child must not look alive
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            pid = int(lines[0])
        except (OSError, ValueError, IndexError):
            return None
        if not self._serves_here(pid):
            return None
        return _Postmaster(pid, lines[7].strip() if len(lines) > 7 else "starting")

    def _serves_here(self, pid: int) -> bool:
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE or process.name() != "postgres":
                return False
            return Path(process.cwd()) == self._data.resolve()
        except psutil.AccessDenied:
            return True  # a server we may not look into still serves
        except psutil.Error:
            return False

    def _settled(self, deadline: float) -> _Postmaster | None:
        """Wait until the server either serves or is wholly gone."""
        while (found := self._running()) is not None and found.status != "ready":
            if time.monotonic() > deadline:
                raise Unavailable("kernel.embedded_not_ready", folder=str(self._folder))
            time.sleep(0.02)
        return found

    def _awaited(self, deadline: float) -> _Postmaster:
        """Wait, as a guest, for the owner to bring the server back."""
        while time.monotonic() < deadline:
            found = self._running()
            if found is not None and found.status == "ready":
                return found
            time.sleep(0.05)
        raise Unavailable("kernel.embedded_not_ready", folder=str(self._folder))

    def _sweep(self) -> None:
        """Wait for the last processes of a killed server, then remove what would block the next start."""
        if not (self._data / "postmaster.pid").exists():
            return
        deadline = time.monotonic() + 5.0
        while left := [pid for pid in psutil.pids() if self._serves_here(pid)]:
            if time.monotonic() > deadline:
                for pid in left:
                    _send(pid, signal.SIGKILL)
            time.sleep(0.05)
        # Process ids are used again, in containers at once: a stale pid file could name a stranger.
        for stale in (
            self._data / "postmaster.pid",
            self._socket_folder() / _SOCKET,
            self._socket_folder() / f"{_SOCKET}.lock",
        ):
            stale.unlink(missing_ok=True)

    def _launch(self, account: Account | None, deadline: float) -> None:
        programs = install_programs(self._folder, self._major, account)
        self._sweep()
        if not (self._data / "PG_VERSION").exists():
            programs.make_cluster(self._data, role=ROLE, durable=self._durable)
        tuning = {**_TUNING, **({} if self._durable else _FORGETFUL)}
        tuning |= {"unix_socket_directories": f'"{self._socket_folder()}"', "log_directory": str(self._folder / "log")}
        argv = [str(programs.path("postgres")), "-D", str(self._data)]
        argv += [part for name, value in tuning.items() for part in ("-c", f"{name}={value}")]
        early = self._folder / "log" / "start.log"
        if self._child is not None:
            self._child.wait()
        with early.open("wb") as output:
            self._child = programs.spawn(argv, output, tied_to_parent(signal.SIGINT))
        while (found := self._running()) is None or found.status != "ready":
            if self._child.poll() is not None or time.monotonic() > deadline:
                tail = early.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
                raise Unavailable("kernel.embedded_failed", folder=str(self._folder), said=" ".join(tail))
            time.sleep(0.02)
        logger().info("kernel.embedded_started", pid=found.pid, folder=str(self._folder))

    def _ensure_database(self, deadline: float) -> None:
        while True:
            try:
                with psycopg.connect(self.address("postgres"), autocommit=True, connect_timeout=5) as connection:
                    known = "SELECT 1 FROM pg_database WHERE datname = %s"
                    if connection.execute(known, [DATABASE]).fetchone() is None:
                        connection.execute('CREATE DATABASE "citybrain"')
                return
            except psycopg.errors.InsufficientPrivilege as error:
                raise IntegrityBroken("kernel.embedded_foreign", folder=str(self._folder)) from error
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise Unavailable("kernel.embedded_not_ready", folder=str(self._folder)) from error
                time.sleep(0.05)

    def _gone(self, pid: int, patience_s: float) -> bool:
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if self._child is not None and self._child.pid == pid:
                self._child.poll()
            if not self._serves_here(pid):
                return True
            time.sleep(0.02)
        return False


def _send(pid: int, how: signal.Signals) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return
