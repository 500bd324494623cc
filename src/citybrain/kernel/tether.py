"""Child processes that do not outlive who started them, and folders with one owner at a time."""

import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

_SET_PARENT_DEATH_SIGNAL = 1


def tied_to_parent(wish: signal.Signals) -> Callable[[], None]:
    """Make what a child runs between fork and exec, so that the kernel of the machine ends it with its parent.

    Linux sends the signal even when the parent is killed with ``SIGKILL``. Elsewhere nothing happens and the
    next owner finds the orphan by its pid file. Start such children from a thread that lives as long as the
    process: Linux counts the starting *thread* as the parent.

    Args:
        wish: The signal the orphan gets; one that lets it stop cleanly.

    Returns:
        A function for ``subprocess.Popen(preexec_fn=...)``; it only makes two system calls.

    """
    if not sys.platform.startswith("linux"):
        return _nothing
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def tie() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, int(wish), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the tie held
            os.kill(os.getpid(), wish)

    return tie


def _nothing() -> None:
    return


class Ownership:
    """A lock file that at most one living process holds; the machine frees it when that process dies."""

    def __init__(self, path: Path) -> None:
        """Name the lock file.

        Args:
            path: Its folder must exist.

        """
        self._path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Say whether this object holds the lock."""
        return self._file is not None

    def take(self, *, wait: bool = False) -> bool:
        """Take the lock.

        Args:
            wait: Wait until it is free instead of giving up at once.

        Returns:
            Whether the lock is held now.

        """
        if self._file is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file
        return True

    def leave(self) -> None:
        """Free the lock; harmless when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> "Ownership":
        """Take the lock, waiting for it."""
        self.take(wait=True)
        return self

    def __exit__(self, *_: object) -> None:
        """Free the lock."""
        self.leave()
