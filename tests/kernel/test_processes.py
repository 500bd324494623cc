"""What the supervisor starts stays up, stops in order and never outlives it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from citybrain.kernel.clock import SetClock
from citybrain.kernel.errors import Unavailable
from citybrain.kernel.processes import Program, Supervisor

_SLEEP = 'import time; print(\'{"event": "up"}\', flush=True); time.sleep(600)'
_STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
_PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def _python(name: str, code: str, **more: object) -> Program:
    return Program(name, (sys.executable, "-u", "-c", code), **more)  # type: ignore[arg-type]  # names are Program's own


def _until(holds: Callable[[], object], within_s: float = 15.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def _alive(pid: int | None) -> bool:
    return pid is not None and psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _events(folder: Path) -> list[tuple[str, str]]:
    lines = (folder / "supervisor.log").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [(line["event"].removeprefix("kernel.program_"), line.get("program", "")) for line in found]


def test_programs_start_in_order_each_ready_before_the_next_and_stop_in_reverse(
    tmp_path: Path, clock: SetClock
) -> None:
    first_log = tmp_path / "first.log"
    programs = [
        _python("first", _SLEEP, ready=lambda: "up" in first_log.read_text(encoding="utf-8")),
        _python("second", _SLEEP),
    ]
    supervisor = Supervisor(programs, tmp_path, clock)
    supervisor.start()
    assert all(_alive(state.pid) for state in supervisor.states())
    assert json.loads(first_log.read_text(encoding="utf-8")) == {"event": "up"}, "lines are logged as they are"
    supervisor.stop()
    assert [state.pid for state in supervisor.states()] == [None, None]
    assert [state.last_exit for state in supervisor.states()] == [-signal.SIGTERM] * 2
    assert _events(tmp_path) == [
        ("started", "first"),
        ("started", "second"),
        ("stopped", "second"),
        ("stopped", "first"),
    ]


@pytest.mark.fault
def test_a_killed_program_comes_back_and_its_own_children_do_not_stay(tmp_path: Path, clock: SetClock) -> None:
    supervisor = Supervisor([_python("web", _PARENT)], tmp_path, clock)
    supervisor.start()
    log = tmp_path / "web.log"
    _until(lambda: log.read_text(encoding="utf-8"))
    grandchild = int(log.read_text(encoding="utf-8"))
    (before,) = supervisor.states()
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)

    def is_back() -> bool:
        supervisor.tend()
        return supervisor.states()[0].restarts == 1

    _until(is_back)
    (after,) = supervisor.states()
    assert after.pid != before.pid
    assert after.last_exit == -signal.SIGKILL
    _until(lambda: not _alive(grandchild))
    supervisor.stop()


def test_a_program_that_keeps_dying_is_started_ever_more_slowly(tmp_path: Path, clock: SetClock) -> None:
    supervisor = Supervisor([_python("bad", "raise SystemExit(3)")], tmp_path, clock, longest_pause_s=1.0)
    supervisor.start()
    deadline = time.monotonic() + 3.2
    while time.monotonic() < deadline:
        supervisor.tend()
        time.sleep(0.02)
    supervisor.stop()
    (state,) = supervisor.states()
    assert state.last_exit == 3
    assert 2 <= state.restarts <= 4
    lines = [json.loads(line) for line in (tmp_path / "supervisor.log").read_text(encoding="utf-8").splitlines()]
    pauses = [line["again_in_s"] for line in lines if "again_in_s" in line]
    assert pauses[:3] == [0.5, 1.0, 1.0]


def test_a_program_that_never_serves_stops_the_start_and_names_its_log(tmp_path: Path, clock: SetClock) -> None:
    programs = [_python("good", _SLEEP), _python("mute", _SLEEP, ready=lambda: False, ready_within_s=0.3)]
    supervisor = Supervisor(programs, tmp_path, clock)
    with pytest.raises(Unavailable, match="kernel.program_not_ready") as caught:
        supervisor.run()
    assert caught.value.params["log"] == str(tmp_path / "mute.log")
    assert [state.pid for state in supervisor.states()] == [None, None]


def test_a_program_that_does_not_listen_is_killed_after_its_grace(tmp_path: Path, clock: SetClock) -> None:
    log = tmp_path / "stubborn.log"
    program = _python("stubborn", _STUBBORN, grace_s=0.2, ready=lambda: "up" in log.read_text(encoding="utf-8"))
    supervisor = Supervisor([program], tmp_path, clock)
    supervisor.start()
    supervisor.stop()
    assert supervisor.states()[0].last_exit == -signal.SIGKILL


def test_the_calls_of_each_second_are_made_and_their_failure_stops_nothing(tmp_path: Path, clock: SetClock) -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        raise Unavailable("test.away")

    supervisor = Supervisor([_python("a", _SLEEP)], tmp_path, clock, each_second=[call])
    supervisor.start()
    supervisor.tend()
    supervisor.tend()
    supervisor.stop()
    assert calls == [1]
    assert ("call_failed", "") in _events(tmp_path)


def test_a_long_log_is_moved_aside_while_its_writer_goes_on(tmp_path: Path, clock: SetClock) -> None:
    code = "import time\nwhile True: print('x' * 99, flush=True); time.sleep(0.001)"
    log = tmp_path / "talker.log"
    supervisor = Supervisor([_python("talker", code)], tmp_path, clock, log_bytes=2000)
    supervisor.start()
    _until(lambda: log.stat().st_size > 5000)
    supervisor.tend()
    _until(lambda: log.stat().st_size > 0)
    supervisor.stop()
    assert (tmp_path / "talker.log.1").stat().st_size > 5000
    assert b"\0" not in log.read_bytes()


_SUPERVISE = """
import sys
from pathlib import Path
from citybrain.kernel.clock import SystemClock
from citybrain.kernel.processes import Program, Supervisor
sleep = (sys.executable, "-c", "import time; time.sleep(600)")
supervisor = Supervisor([Program("a", sleep), Program("b", sleep)], Path(sys.argv[1]), SystemClock())
supervisor.run(lambda: print(*[state.pid for state in supervisor.states()], flush=True))
print("stopped", flush=True)
"""


@pytest.mark.fault
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(tmp_path: Path, how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SUPERVISE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        process.send_signal(how)
        assert process.stdout.read() == "stopped\n"
        assert process.wait(15) == 0
    assert len(pids) == 2
    assert not any(_alive(pid) for pid in pids)


@pytest.mark.fault
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends orphans by itself")
def test_a_killed_supervisor_leaves_no_program_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _SUPERVISE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2
        process.kill()
    _until(lambda: not any(_alive(pid) for pid in pids))
