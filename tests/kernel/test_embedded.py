"""The embedded server survives what machines and people do to it."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import psutil
import psycopg
import pytest

from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.errors import WrongUse

pytestmark = pytest.mark.fault
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it as another user")

_OWN = """
import sys, time
from pathlib import Path
from citybrain.kernel.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
print(server.start(), server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder every user may pass through."""
    made = Path(tempfile.mkdtemp(prefix="citybrain-test-"))
    made.chmod(0o755)
    yield made / "postgres"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(folder) as started:
        with psycopg.connect(started.url) as connection:
            connection.execute("CREATE TABLE note (n integer PRIMARY KEY)")
        yield started


def _count(server: EmbeddedServer) -> int:
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT count(*) FROM note").fetchone()
    assert row is not None
    return int(row[0])


def _wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "still there"
        time.sleep(0.02)


def test_it_serves_over_a_private_socket_only_and_syncs_to_disk(server: EmbeddedServer, folder: Path) -> None:
    with psycopg.connect(server.url) as connection:
        found = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("fsync", "full_page_writes", "data_checksums", "listen_addresses", "server_encoding")
        }
    assert found == {
        "fsync": ("on",),
        "full_page_writes": ("on",),
        "data_checksums": ("on",),
        "listen_addresses": ("",),
        "server_encoding": ("UTF8",),
    }
    assert {(folder / part).stat().st_mode & 0o777 for part in ("data", "run", "log")} == {0o700}


def test_a_guest_gets_the_same_address_and_its_leaving_stops_nothing(server: EmbeddedServer, folder: Path) -> None:
    guest = EmbeddedServer(folder)
    assert guest.start() == server.url
    assert (server.owner, guest.owner) == (True, False)
    guest.stop()
    assert _count(server) == 0


def test_the_owner_stops_it_and_a_second_start_finds_the_data(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("INSERT INTO note VALUES (1)")
    pid = server.pid
    server.stop()
    assert pid is not None
    _wait_gone(pid)
    server.start()
    assert _count(server) == 1


def test_a_killed_postmaster_with_a_busy_session_comes_back_with_everything_acknowledged(
    server: EmbeddedServer,
) -> None:
    acknowledged = 0
    for _ in range(3):
        stop = threading.Event()
        progress: list[int] = []

        def write(start: int, stop: threading.Event = stop, progress: list[int] = progress) -> None:
            with psycopg.connect(server.url, autocommit=True) as connection:
                for n in range(start, start + 100_000):
                    if stop.is_set():
                        return
                    try:
                        connection.execute("INSERT INTO note VALUES (%s) ON CONFLICT DO NOTHING", [n])
                    except psycopg.OperationalError:
                        return
                    progress.append(n)

        writer = threading.Thread(target=write, args=(acknowledged,))
        writer.start()
        time.sleep(0.3)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        writer.join(20)
        stop.set()
        assert progress
        assert server.ensure_running()
        acknowledged = progress[-1] + 1
        # one more may have been committed whose answer never came
        assert _count(server) - acknowledged in {0, 1}
    assert not server.ensure_running()


def test_a_killed_owner_leaves_a_server_the_next_owner_takes_over(folder: Path) -> None:
    first = subprocess.Popen([sys.executable, "-c", _OWN, str(folder)], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    url, pid = next(line for line in first.stdout if line.startswith("postgresql:")).split()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE note (n integer)")
        connection.execute("INSERT INTO note VALUES (1)")
    guest = EmbeddedServer(folder)
    guest.start()
    assert not guest.owner
    first.kill()
    first.wait()
    first.stdout.close()
    with EmbeddedServer(folder) as second:
        assert second.owner
        assert _count(second) == 1
        if sys.platform.startswith("linux"):  # it went with its owner instead of staying as an orphan
            _wait_gone(int(pid))
            assert second.pid != int(pid)


def test_a_server_that_outlived_its_owner_is_adopted_and_stopped_by_the_next(
    server: EmbeddedServer, folder: Path
) -> None:
    server._owner.leave()  # what a killed owner leaves behind where the system does not end orphans
    pid = server.pid
    assert pid is not None
    with EmbeddedServer(folder) as second:
        assert second.owner
        assert second.pid == pid
    _wait_gone(pid)


def test_a_stale_pid_file_that_names_a_stranger_is_not_believed(server: EmbeddedServer, folder: Path) -> None:
    server.stop()
    account = (folder / "data").stat()
    stale = folder / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{folder}/data\n1\n5432\n{folder}/run\n\n1 1\nready\n", encoding="utf-8")
    os.chown(stale, account.st_uid, account.st_gid)
    server.start()
    assert _count(server) == 0


def test_a_first_start_cut_off_half_way_is_begun_anew(folder: Path) -> None:
    folder.mkdir()
    (folder / "data.unfinished" / "base").mkdir(parents=True)
    with EmbeddedServer(folder) as server:
        assert server.pid is not None
    assert not (folder / "data.unfinished").exists()


def test_a_deep_folder_gets_a_short_socket_of_its_own(folder: Path) -> None:
    with EmbeddedServer(folder / ("deep" * 30)) as server:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        socket = Path(server.url.partition("host=")[2])
    assert socket.stat().st_mode & 0o777 == 0o700
    socket.rmdir()


@pytest.mark.parametrize("name", ["城市 大脑", "a, b", "per%cent"])
def test_a_folder_may_have_any_name(folder: Path, name: str) -> None:
    with EmbeddedServer(folder / name) as server, psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        socket = Path(unquote(server.url.partition("host=")[2]))
    if folder not in socket.parents:
        socket.rmdir()


def test_data_of_another_version_is_refused_before_anything_is_touched(server: EmbeddedServer, folder: Path) -> None:
    server.stop()
    with pytest.raises(WrongUse, match="kernel.data_of_other_version"):
        EmbeddedServer(folder, major=16).start()


def test_a_version_the_wheel_does_not_carry_is_refused(folder: Path) -> None:
    with pytest.raises(WrongUse, match="kernel.no_such_postgresql"):
        EmbeddedServer(folder, major=9).start()


def test_the_logs_hold_no_value_of_a_row(server: EmbeddedServer, folder: Path) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (id text PRIMARY KEY)")
        connection.execute("INSERT INTO person VALUES ('330106199001011234')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES ('330106199001011234')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES (%s)", ["330106199001011234"])
    server.stop()
    logs = [path.read_text(encoding="utf-8") for path in (folder / "log").iterdir()]
    assert any("duplicate key" in text for text in logs)
    assert not any("330106199001011234" in text for text in logs)


@as_root
def test_root_runs_it_as_a_user_without_rights(server: EmbeddedServer) -> None:
    assert psutil.Process(server.pid).uids().real != 0


@as_root
def test_root_is_told_when_its_folder_cannot_be_reached_and_nothing_is_opened_up(folder: Path) -> None:
    folder.parent.chmod(0o700)
    with pytest.raises(WrongUse, match="kernel.data_folder_unreachable") as caught:
        EmbeddedServer(folder).start()
    assert caught.value.params["parent"] == str(folder.parent)
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def _interpreter_for(user: pwd.struct_passwd) -> str:
    """Find an interpreter of this version that the user may run; this one may stand in root's home."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for interpreter in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        try:
            subprocess.run([interpreter, "-c", ""], user=user.pw_uid, cwd="/", env={}, check=True, capture_output=True)
        except (OSError, subprocess.SubprocessError):
            continue
        return interpreter
    pytest.skip(f"an ordinary user cannot run any {name} on this machine")


@as_root
def test_an_ordinary_user_runs_it_and_is_refused_the_folder_of_another(server: EmbeddedServer, folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    own = folder.parent / "own"
    own.mkdir()
    os.chown(own, nobody.pw_uid, nobody.pw_gid)
    code = """
import sys
from pathlib import Path
from citybrain.kernel.embedded import EmbeddedServer
from citybrain.kernel.errors import WrongUse
with EmbeddedServer(Path(sys.argv[1])) as server:
    print("serves", server.pid is not None)
try:
    EmbeddedServer(Path(sys.argv[2])).start()
except WrongUse as error:
    print(error.code)
"""
    said = subprocess.run(
        [_interpreter_for(nobody), "-c", code, str(own / "postgres"), str(folder)],
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "serves True" in said.stdout, said.stderr
    assert "kernel.data_folder_of_another_user" in said.stdout
