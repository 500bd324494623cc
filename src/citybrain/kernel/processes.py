"""A small supervisor: named programs started in order, restarted when they die, stopped in reverse."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

from citybrain.kernel.clock import Clock
from citybrain.kernel.errors import Unavailable
from citybrain.kernel.tether import tied_to_parent

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running.

    Attributes:
        name: Unique; also the name of its log file.
        argv: Program and arguments.
        env: Variables added to the supervisor's own.
        ready: Says whether it serves; those after it are started only then. Without it, being alive is enough.
        ready_within_s: How long the first start may take, in seconds.
        grace_s: How long it may take to stop before it is killed, in seconds.

    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    ready_within_s: float = 60.0
    grace_s: float = 10.0


@dataclass(frozen=True, slots=True)
class State:
    """How a program stands.

    Attributes:
        name: Which one.
        pid: Its process id while it runs.
        restarts: How often it had to be started again.
        last_exit: Exit status of its last end: negative for a signal, nothing before the first.

    """

    name: str
    pid: int | None
    restarts: int
    last_exit: int | None


@dataclass(slots=True)
class _Kept:
    program: Program
    child: "subprocess.Popen[bytes] | None" = None
    restarts: int = 0
    last_exit: int | None = None
    started_s: float = 0.0
    due_s: float = 0.0
    quick_deaths: int = 0


class Supervisor:
    """Keeps programs running until it is told to stop; they die with it even when it is killed (Linux)."""

    def __init__(
        self,
        programs: Sequence[Program],
        log_folder: Path,
        clock: Clock,
        *,
        each_second: Sequence[Callable[[], object]] = (),
        longest_pause_s: float = 30.0,
        steady_after_s: float = 60.0,
        log_bytes: int = 20_000_000,
    ) -> None:
        """Describe what is to run; nothing is started yet.

        Args:
            programs: In the order of their start.
            log_folder: Both outputs of each go to ``<name>.log`` here, as they are; the supervisor's own events to
                ``supervisor.log``, one JSON object a line.
            clock: Dates the events.
            each_second: Called about once a second, such as the embedded server's ``ensure_running``; a failure is
                logged and the call made again.
            longest_pause_s: Longest wait before a restart, in seconds; the first is half a second.
            steady_after_s: A program that ran so long starts again without a wait, in seconds.
            log_bytes: A log larger than this is moved to ``<name>.log.1``, in bytes.

        """
        self._kept = [_Kept(program) for program in programs]
        self._folder = log_folder
        self._clock = clock
        self._each_second = tuple(each_second)
        self._longest_pause_s = longest_pause_s
        self._steady_after_s = steady_after_s
        self._log_bytes = log_bytes
        self._stopping = False  # a plain mark: a lock would be taken twice when the signal finds the loop holding it
        self._hurry = False
        self._called_s = float("-inf")

    def run(self, on_ready: Callable[[], None] | None = None) -> None:
        """Start everything, keep it running until a signal (or :meth:`ask_to_stop`) comes, stop everything.

        Must be called on the main thread: it handles SIGTERM, SIGINT and SIGHUP meanwhile; a second signal stops
        without grace.

        Args:
            on_ready: Called once, when all programs serve.

        Raises:
            Unavailable: A program did not become ready; everything was stopped again, its log says why.

        """
        with self._listening():
            try:
                self.start()
                if on_ready is not None and not self._stopping:
                    on_ready()
                while not self._stopping:
                    self.tend()
                    time.sleep(0.2)
            finally:
                self.stop()

    def start(self) -> None:
        """Start all programs in order, each one ready before the next.

        Raises:
            Unavailable: A program did not become ready in time.

        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for kept in self._kept:
            self._launch(kept)
            self._await_ready(kept)

    def tend(self) -> None:
        """Look after everything once: restart what died and is due, shorten logs, make the calls of each second."""
        for kept in self._kept:
            self._look(kept)
            if kept.child is None and time.monotonic() >= kept.due_s:
                kept.restarts += 1
                self._launch(kept)
        if time.monotonic() - self._called_s >= 1.0:
            self._called_s = time.monotonic()
            self._every_second()

    def stop(self) -> None:
        """Stop all programs in reverse order: asked first, killed after their grace."""
        for kept in reversed(self._kept):
            child = kept.child
            if child is None:
                continue
            deadline = time.monotonic() + (0.0 if self._hurry else kept.program.grace_s)
            with suppress(ProcessLookupError):
                child.terminate()
            while child.poll() is None and time.monotonic() < deadline and not self._hurry:
                time.sleep(0.02)
            _kill_group(child.pid)
            kept.last_exit = child.wait()
            kept.child = None
            self._note("stopped", kept, exit=kept.last_exit)

    def ask_to_stop(self) -> None:
        """Make :meth:`run` end soon; may be called from any thread."""
        self._stopping = True

    def states(self) -> tuple[State, ...]:
        """Say how each program stands.

        Returns:
            In the order of their start.

        """
        return tuple(
            State(kept.program.name, kept.child.pid if kept.child else None, kept.restarts, kept.last_exit)
            for kept in self._kept
        )

    def _launch(self, kept: _Kept) -> None:
        program = kept.program
        log = self._folder / f"{program.name}.log"
        self._shorten(log)
        with log.open("ab") as output:
            kept.child = subprocess.Popen(  # noqa: S603 - argv comes from our own code, no shell
                list(program.argv),
                env={**os.environ, **program.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C at the terminal reaches the supervisor only
                preexec_fn=tied_to_parent(signal.SIGTERM),  # noqa: PLW1509 - two system calls
            )
        kept.started_s = time.monotonic()
        self._note("started", kept, pid=kept.child.pid)

    def _await_ready(self, kept: _Kept) -> None:
        program = kept.program
        deadline = time.monotonic() + program.ready_within_s
        while not self._stopping:
            self._look(kept)
            if kept.child is not None and (program.ready is None or program.ready()):
                return
            if kept.child is None and time.monotonic() >= kept.due_s:
                kept.restarts += 1
                self._launch(kept)
            if time.monotonic() > deadline:
                log = str(self._folder / f"{program.name}.log")
                raise Unavailable("kernel.program_not_ready", name=program.name, log=log, last_exit=kept.last_exit)
            time.sleep(0.05)

    def _look(self, kept: _Kept) -> None:
        """Notice a death: end what it left behind and say when to try again."""
        if kept.child is None or kept.child.poll() is None:
            return
        lived_s = time.monotonic() - kept.started_s
        kept.quick_deaths = 0 if lived_s >= self._steady_after_s else kept.quick_deaths + 1
        pause_s = min(0.5 * 2 ** (kept.quick_deaths - 1), self._longest_pause_s) if kept.quick_deaths else 0.0
        kept.last_exit = kept.child.returncode
        kept.due_s = time.monotonic() + pause_s
        _kill_group(kept.child.pid)
        kept.child = None
        self._note("died", kept, exit=kept.last_exit, lived_s=round(lived_s, 1), again_in_s=pause_s)

    def _every_second(self) -> None:
        for call in self._each_second:
            try:
                call()
            except Exception as error:
                self._note("call_failed", None, error=str(error) if hasattr(error, "code") else type(error).__name__)
        for kept in self._kept:
            self._shorten(self._folder / f"{kept.program.name}.log")

    def _shorten(self, log: Path) -> None:
        """Move a large log aside while its writer keeps appending (both outputs are opened for appending)."""
        if log.exists() and log.stat().st_size > self._log_bytes:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)

    def _note(self, what: str, kept: _Kept | None, **fields: Any) -> None:
        name = {"program": kept.program.name} if kept else {}
        line = {"timestamp": self._clock.now().isoformat(), "event": f"kernel.program_{what}", **name, **fields}
        with (self._folder / "supervisor.log").open("a", encoding="utf-8") as output:
            output.write(json.dumps(line, ensure_ascii=False) + "\n")

    @contextmanager
    def _listening(self) -> Iterator[None]:
        def heard(_: int, __: FrameType | None) -> None:
            self._hurry = self._stopping
            self._stopping = True

        before = {which: signal.signal(which, heard) for which in _SIGNALS}
        try:
            yield
        finally:
            for which, handler in before.items():
                signal.signal(which, handler)


def _kill_group(leader: int) -> None:
    """End what a program leaves behind, such as its own workers, which would hold its port."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
